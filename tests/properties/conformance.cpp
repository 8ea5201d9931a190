#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <properties/conformance.h>
#include <properties/conformance_text.h>
#include <regex>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include <trous/core/build_info.h>
#include <trous/core/error.h>
#include <trous/ops/kernel_set.h>

namespace trous::conformance {
namespace {

constexpr const char* end_of_first_part = "## Mutants by slip";

using catalogue::Doubled;
using catalogue::Line;
using catalogue::lines;
using LineKind = catalogue::Kind;

struct Column {
  Property property;
  const char* title;
};
using Columns = std::vector<Column>;

const Columns& derivative_columns() {
  using enum Property;
  static const Columns columns{
      {order_1, "order 1"},   {order_2, "order 2"},     {order_3, "order 3"},      {jvp, "jvp"},
      {dot_test, "dot test"}, {three_way, "three-way"}, {additivity, "additivity"}};
  return columns;
}

const Columns& value_columns() {
  using enum Property;
  static const Columns columns{{value, "value, fast"},         {value_reference, "value, reference"},
                               {kernels, "gradients"},         {float32, "float32"},
                               {homogeneity, "homogeneity"},   {replication, "replication"},
                               {size_one, "size one"},         {batch_0, "batch 0"},
                               {threads, "threads"},           {determinism, "determinism"},
                               {unchanged, "inputs unchanged"}};
  return columns;
}

bool linear(const Line& line) { return line.kind == LineKind::linear || line.kind == LineKind::trilinear; }

// Whether the property is one of lines like this. A cell is empty where it is of no line of the op.
bool applies(Property property, const Line& line) {
  const bool constant = line.kind == LineKind::locally_constant;
  switch (property) {
    case Property::order_1:
      return !catalogue::differentiable(line).empty();  // or exactly zero
    case Property::order_2:
    case Property::order_3:
    case Property::jvp:
    case Property::kernels:
    case Property::float32:
      return !constant;
    case Property::dot_test:
    case Property::additivity:
      return linear(line);
    case Property::three_way:
      return line.kind == LineKind::trilinear;
    case Property::homogeneity:
      return !line.scalings.empty() || line.shift_free;
    case Property::replication: {
      const auto batched = [](const catalogue::Input& x) { return x.batched; };
      return std::any_of(line.inputs.begin(), line.inputs.end(), batched) && line.doubled != Doubled::mixes;
    }
    default:
      return true;
  }
}

std::vector<std::string> ops() {
  std::vector<std::string> found;
  for (const Line& line : lines()) {
    if (std::find(found.begin(), found.end(), line.op) == found.end()) found.push_back(line.op);
  }
  return found;
}

bool any_line(const std::string& op, const std::vector<Line>& all,
              const std::function<bool(const Line&)>& is) {
  return std::any_of(all.begin(), all.end(), [&](const Line& line) { return line.op == op && is(line); });
}
bool applies(Property property, const std::string& op) {
  return any_line(op, lines(), [property](const Line& line) { return applies(property, line); });
}
bool has_mutants(int order, const std::string& op) {
  const auto all = order == 1 ? catalogue::differentiable_lines() : mutation::order_2_lines();
  return any_line(op, all, [](const Line&) { return true; });
}

struct Figure {
  double error = 0;
  std::int64_t cases = 0;

  void add(double e, std::int64_t n) {
    error = std::max(error, std::isnan(e) ? HUGE_VAL : e);
    cases += n;
  }
};

struct Count {
  std::int64_t killed = 0, hidden = 0, equivalent = 0;

  void add(Fate fate) { ++(fate == Fate::killed ? killed : fate == Fate::hidden ? hidden : equivalent); }
  std::int64_t all() const { return killed + hidden + equivalent; }
};

// What was not killed: the slips, by rule, and on which lines.
struct Slips {
  std::vector<std::string> slips;
  std::set<std::string> lines;
};
using Survivors = std::map<std::string, Slips>;

struct Found {
  std::map<std::pair<std::string, Property>, Figure> figures;
  std::map<std::pair<std::string, int>, Count> mutants;  // by op
  std::map<std::pair<mutation::Kind, int>, Count> slips;
  std::map<std::pair<int, Fate>, Survivors> survivors;
  std::map<std::string, Figure> beyond;
};
Found& found() {
  static Found all;
  return all;
}

const char* target() { return std::getenv("TROUS_CONFORMANCE"); }

// 3e-15 or 0.31; 0 where nothing differs in a bit.
std::string worst(Property property, const Figure& figure) {
  if (figure.error == 0) return "0";
  if (property >= Property::three_way && figure.error < 0.01) return "< 0.01";
  std::array<char, 32> digits{};
  std::snprintf(digits.data(), digits.size(), property < Property::three_way ? "%.0e" : "%.2f", figure.error);
  return digits.data();
}

std::string cell(Property property, const Figure& figure) {
  if (property >= Property::batch_0) return std::to_string(figure.cases);
  return text(worst(property, figure), " (", figure.cases, ")");
}

using Cell = std::function<std::string(const std::string& op, Property property)>;
using MutantCells = std::function<std::string(const std::string& op, int order)>;

// "conv2d (3)": an op and its lines.
std::string row_name(const std::string& op) {
  const auto of_op = [&](const Line& line) { return line.op == op; };
  return text("| ", op, " (", std::count_if(lines().begin(), lines().end(), of_op), ") |");
}

std::string table(const Columns& columns, const Cell& cell_of) {
  std::string head = "| op (lines) |", rule = "|---|", rows;
  for (const Column& column : columns) {
    head += text(' ', column.title, " |");
    rule += "---|";
  }
  for (const std::string& op : ops()) {
    rows += row_name(op);
    for (const Column& column : columns)
      rows += applies(column.property, op) ? text(' ', cell_of(op, column.property), " |") : " |";
    rows += '\n';
  }
  return text(head, '\n', rule, '\n', rows);
}

std::string mutant_table(const MutantCells& cells_of) {
  std::string rows;
  for (const std::string& op : ops()) {
    if (!has_mutants(1, op)) continue;
    rows += row_name(op);
    for (const int order : {1, 2}) rows += has_mutants(order, op) ? cells_of(op, order) : " | | | |";
    rows += '\n';
  }
  return text(
      "| op (lines) | order 1 | killed | hidden | equivalent | order 2 | killed | hidden | equivalent |\n",
      "|---|---|---|---|---|---|---|---|---|\n", rows);
}

std::string cells(const Count& count) {
  return text(' ', count.all(), " | ", count.killed, " | ", count.hidden, " | ", count.equivalent, " |");
}

// What the catalogue decides.
std::string first_part(const std::string& made, const Cell& cell_of, const MutantCells& mutants_of) {
  return text("# Conformance\n\n", introduction, "\n**The catalogue has ", lines().size(), " lines of ",
              ops().size(), " ops.** Of these lines ", catalogue::differentiable_lines().size(),
              " are differentiable.\n\nMade ", made, '\n', seeds, "\n## Derivatives and linear structure\n\n",
              derivatives, '\n', table(derivative_columns(), cell_of), "\n## Values\n\n", values, '\n',
              table(value_columns(), cell_of), "\n## Mutants\n\n", mutants, '\n', mutant_table(mutants_of),
              '\n');
}

template <class Texts>
std::string joined(const Texts& texts) {
  std::string all;
  for (const std::string& one : texts) all += (all.empty() ? "" : ", ") + one;
  return all;
}

std::string second_part() {
  std::string page =
      text(end_of_first_part, "\n\n| slip | order 1 | killed | hidden | equivalent | ",
           "order 2 | killed | hidden | equivalent |\n|---|---|---|---|---|---|---|---|---|\n");
  using enum mutation::Kind;
  std::array<Count, 2> all;
  for (const mutation::Kind kind : {negate, scale, swap, drop, shift}) {
    page += text("| ", kind, " |");
    for (const int order : {1, 2}) {
      const Count count = found().slips[{kind, order}];
      page += cells(count);
      Count& sum = all[static_cast<std::size_t>(order - 1)];
      sum = {sum.killed + count.killed, sum.hidden + count.hidden, sum.equivalent + count.equivalent};
    }
    page += '\n';
  }
  page += text("| all |", cells(all[0]), cells(all[1]), "\n\n## Mutants that are not killed\n\n", survivors,
               '\n');
  for (const int order : {1, 2}) {
    for (const Fate fate : {Fate::hidden, Fate::equivalent}) {
      page += text(fate == Fate::hidden ? "Hidden" : "Equivalent", " at order ", order, ":\n\n");
      for (const auto& [rule, slips] : found().survivors[{order, fate}])
        page += text("- ", rule, ": ", joined(slips.slips), ". In ", joined(slips.lines), ".\n");
      page += '\n';
    }
  }
  page += text("## Beside the catalogue\n\n", beside, "\n| what | worst | cases |\n|---|---|---|\n");
  for (const auto& [what, figure] : found().beyond) {
    page += text("| ", what, " | ", worst(Property::value, figure), " | ", figure.cases, " |\n");
  }
  return page;
}

// What no test has looked at, a line each; and what was looked at where nothing was to be seen.
std::string faults() {
  std::string all;
  for (const std::string& op : ops()) {
    for (const Columns& columns : {derivative_columns(), value_columns()}) {
      for (const Column& column : columns) {
        if (applies(column.property, op) != found().figures.contains({op, column.property}))
          all += text("\n", op, ", ", column.title);
      }
    }
    for (const int order : {1, 2}) {
      if (has_mutants(order, op) != found().mutants.contains({op, order}))
        all += text("\n", op, ", mutants of order ", order);
    }
  }
  return all;
}

class Page : public testing::Environment {
 public:
  void TearDown() override {
    if (!target()) return;
    const std::string untold = faults();
    EXPECT_EQ(untold, "") << "cells without a figure, or figures without a cell: run all tests";
    if (testing::UnitTest::GetInstance()->Failed()) {
      std::fputs("No page was written: it tells of tests that pass.\n", stderr);
      return;
    }
    std::int64_t cases = 0;
    for (const auto& [key, figure] : found().figures) cases += figure.cases;
    const std::string made = text("on the fast kernels, ", simd_target(), ", by ", build_info().compiler,
                                  ", ", build_info().build_type, ": ", cases, " cases.");
    std::ofstream file(target(), std::ios::binary);
    file << first_part(
                made,
                [](const std::string& op, Property p) {
                  return cell(p, found().figures[{op, p}]);
                },
                [](const std::string& op, int order) {
                  return cells(found().mutants[{op, order}]);
                })
         << second_part();
    EXPECT_TRUE(file.flush()) << target() << " cannot be written";
  }
};
[[maybe_unused]] const auto* const registered = testing::AddGlobalTestEnvironment(new Page);

}  // namespace

double share(double gap, double allowed) { return gap == 0 ? 0 : gap / allowed; }

void note(const Line& line, Property property, double error, std::int64_t cases) {
  if (target()) found().figures[{line.op, property}].add(error, cases);
}

void note(const Line& line, int order, const mutation::Mutant& mutant, Fate fate) {
  if (!target()) return;
  found().mutants[{line.op, order}].add(fate);
  found().slips[{mutant.kind, order}].add(fate);
  if (fate == Fate::killed) return;
  const std::size_t colon = mutant.text.find(": ");
  Slips& rule = found().survivors[{order, fate}][mutant.text.substr(0, colon)];
  const std::string slip = mutant.text.substr(colon + 2);
  if (std::find(rule.slips.begin(), rule.slips.end(), slip) == rule.slips.end()) rule.slips.push_back(slip);
  rule.lines.insert(line.name());
}

void note(const Line& line, int order) {
  if (target()) found().mutants[{line.op, order}];
}

void note(const std::string& what, double error, std::int64_t cases) {
  if (target()) found().beyond[what].add(error, cases);
}

std::string outline() {
  return first_part(
      "#", [](const auto&, Property) { return "#"; }, [](const auto&, int) { return " # | # | # | # |"; });
}

std::string outline_of(const std::string& page) {
  static const std::regex figure(R"(\| [^ |][^|]*(?=\|))");
  std::istringstream all(page);
  std::string outline;
  for (std::string line; std::getline(all, line) && line != end_of_first_part;) {
    if (line.starts_with("Made ")) line = "Made #";
    if (line.starts_with("| ") && !line.starts_with("| op ")) {
      const std::size_t cells = line.find('|', 1);
      line = line.substr(0, cells) + std::regex_replace(line.substr(cells), figure, "| # ");
    }
    outline += line + '\n';
  }
  return outline;
}

}  // namespace trous::conformance
