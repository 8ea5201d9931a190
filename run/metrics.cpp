#include <algorithm>
#include <span>
#include <utility>

#include <trous/core/error.h>
#include <trous/data/file.h>
#include <trous/run/detail/record_text.h>
#include <trous/run/metrics.h>

namespace trous {
namespace {

using namespace detail;

constexpr std::int64_t max_step = std::int64_t{1} << 53;

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t comma = line.find(','); comma != std::string_view::npos; comma = line.find(',')) {
    words.push_back(line.substr(0, comma));
    line.remove_prefix(comma + 1);
  }
  words.push_back(line);
  return words;
}

// One line of metrics.csv, whose cells are found by the names in the header.
class CsvRow {
 public:
  CsvRow(const std::vector<std::string_view>& header, std::string_view line, std::string place)
      : header_(header), cells_(split(line)), place_(std::move(place)) {
    if (cells_.size() != header.size()) {
      refuse_record(place_, text("has ", cells_.size(), " cells, but the header names ", header.size()));
    }
  }

  std::string_view cell(std::string_view name) const {
    const auto column = std::find(header_.begin(), header_.end(), name);
    if (column == header_.end()) refuse_record(place_, text("has no column ", name));
    return cells_[static_cast<std::size_t>(column - header_.begin())];
  }

  template <class T>
  T get(std::string_view name) const {
    const auto number = parsed_number<T>(cell(name));
    if (!number) {
      refuse_record(place_, text("has \"", cell(name).substr(0, 40), "\" in column ", name,
                                 ", where a number belongs"));
    }
    return *number;
  }

  // What was absent is an empty cell.
  std::optional<double> unless_empty(std::string_view name) const {
    return cell(name).empty() ? std::nullopt : std::optional(get<double>(name));
  }

  std::int64_t step(std::int64_t after) const {
    const auto number = get<std::int64_t>("step");
    if (number < 0 || number > max_step || number <= after) {
      refuse_record(place_, text("has step ", number, " after step ", after));
    }
    return number;
  }

 private:
  const std::vector<std::string_view>& header_;
  std::vector<std::string_view> cells_;
  std::string place_;
};

// The columns between validation_loss and learning_rate.
std::span<const std::string_view> score_columns(const std::vector<std::string_view>& header) {
  const auto from = std::find(header.begin(), header.end(), "validation_loss");
  const auto to = std::find(from, header.end(), "learning_rate");
  if (from == header.end() || to == header.end()) return {};
  return {from + 1, to};
}

}  // namespace

std::string metrics_header(const std::vector<std::string>& score_names) {
  std::string line = "step,train_loss,validation_loss";
  for (const std::string& name : score_names) line += ',' + name;
  return line + ",learning_rate,seconds,images_per_second,best";
}

std::string to_csv(const MetricsRow& row) {
  std::string line = std::to_string(row.step);
  const auto add = [&](const std::optional<double>& value) {
    line += ',' + (value ? shortest_digits(*value) : std::string());
  };
  add(row.train_loss);
  add(row.validation_loss);
  for (const Score& score : row.scores) add(score.value);
  add(row.learning_rate);
  add(row.seconds);
  add(row.images_per_second);
  return line + (row.best ? ",1\n" : ",0\n");
}

std::vector<MetricsRow> read_metrics(const std::string& path) {
  if (!exists(path)) return {};
  const std::string all = read_text(path);
  const std::vector<std::string_view> lines = finished_lines(all);
  if (lines.empty()) return {};
  const std::vector<std::string_view> header = split(lines[0]);
  std::vector<MetricsRow> rows;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const CsvRow row(header, lines[i], line_name(path, i));
    rows.push_back({.step = row.step(rows.empty() ? -1 : rows.back().step),
                    .train_loss = row.get<double>("train_loss"),
                    .validation_loss = row.unless_empty("validation_loss"),
                    .scores = {},
                    .learning_rate = row.get<double>("learning_rate"),
                    .seconds = row.get<double>("seconds"),
                    .images_per_second = row.get<double>("images_per_second"),
                    .best = row.get<int>("best") != 0});
    for (const std::string_view name : score_columns(header))
      rows.back().scores.push_back({std::string(name), row.unless_empty(name)});
  }
  return rows;
}

std::optional<std::string> metrics_until(std::string_view contents, std::string_view header,
                                         std::int64_t step) {
  const std::vector<std::string_view> lines = finished_lines(contents);
  if (lines.empty() || lines[0] != header) return std::nullopt;
  std::string kept;
  for (const std::string_view line : lines) {
    const auto row = parsed_number<std::int64_t>(line.substr(0, line.find(',')));
    if (kept.empty() || (row && *row <= step)) kept.append(line) += '\n';
  }
  return kept;
}

}  // namespace trous
