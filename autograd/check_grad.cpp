#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include <trous/autograd/check_grad.h>
#include <trous/autograd/detail/diagnosis.h>
#include <trous/autograd/detail/differences.h>
#include <trous/autograd/detail/kinks.h>
#include <trous/autograd/detail/phi.h>
#include <trous/autograd/detail/round_off.h>
#include <trous/autograd/recording.h>
#include <trous/core/error.h>
#include <trous/core/map.h>
#include <trous/core/random.h>

namespace trous {
namespace {

using detail::Estimate;
using detail::Phi;
using detail::RoundOff;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double unsure = 100;              // times what a sharp difference allows, is what another one does
constexpr std::int64_t most_guessed = 512;  // elements of an input whose gradient is made to find a cause

// One order: what the rules say.
struct Order {
  int number;
  Phi::Gradients gradients;
  RoundOff round_off;
};

// All numbers of one order, differentiated along one direction of one input.
struct Column {
  Tensor u;
  std::int64_t which;
  std::vector<double> rule, rule_round_off, noise;
  std::vector<Estimate> difference;
  bool confined = false;  // to the smooth part around the inputs
  std::string kink = {};  // at the end of that part

  // Whether f is not finite on some side of the inputs.
  bool at_edge() const {
    return std::any_of(difference.begin(), difference.end(),
                       [](const Estimate& e) { return !std::isfinite(e.error()); });
  }
  double error(std::size_t p) const {
    const double sum = difference[p].error() + rule_round_off[p];
    return std::isfinite(sum) ? sum : infinity;
  }
  double gap(std::size_t p) const {
    return std::isfinite(rule[p]) ? std::abs(rule[p] - difference[p].value) : infinity;
  }
};

// What a comparison shows: what is wrong comes before what cannot be told, and that before the rest.
enum class Sight { right, blurred, wrong };

struct Worst {
  std::size_t column = 0, number = 0;
  std::pair<Sight, double> how = {Sight::right, -1};  // and how badly, among those of one sight
};

double share(double part, double whole) { return whole > 0 ? part / whole : part > 0 ? infinity : 0; }

// The largest derivative in these columns, by rule or difference.
double largest_of(const std::vector<Column>& columns) {
  double largest = 0;
  for (const Column& c : columns) {
    for (std::size_t p = 0; p < c.rule.size(); ++p) {
      const double size = std::max(std::abs(c.rule[p]), std::abs(c.difference[p].value));
      if (std::isfinite(size)) largest = std::max(largest, size);
    }
  }
  return largest;
}

class Check {
 public:
  Check(Phi phi, const GradCheckOptions& options) : phi_(std::move(phi)), options_(options) {}

  std::vector<GradCheckRow> rows(int order) const;

 private:
  GradCheckRow row(const Order& order, int input) const;
  Column column(const Order& order, int input, std::int64_t which) const;
  void differentiate(Column& column, int order, int input, const RoundOff& round_off, double widest) const;
  std::vector<Estimate> differences(int order, int input, const Tensor& u, const std::vector<double>& noise,
                                    double widest) const;
  Tensor direction(int order, int input, std::int64_t which) const;
  double widest_step(int input, const Tensor& u) const { return options_.step * phi_.scale(input, u); }
  bool by_coordinates(int input) const { return elements(input) <= options_.max_coordinates; }
  std::int64_t elements(int input) const { return phi_.inputs()[static_cast<std::size_t>(input)].elements(); }

  bool vanish(const std::vector<Column>& columns) const;
  std::pair<Sight, double> compare(double largest, const Column& column, std::size_t p) const;
  Worst judge(GradCheckRow& row, const std::vector<Column>& columns) const;
  bool confine(GradCheckRow& row, Column& column) const;
  void explain(GradCheckRow& row, const Order& order, const std::vector<Column>& columns,
               const Worst& worst) const;
  std::string doubt(const GradCheckRow& row, const std::string& nearest_kink) const;
  std::string cause(const GradCheckRow& row, const Order& order, const std::vector<Column>& columns) const;
  std::vector<Tensor> full_difference(const GradCheckRow& row, const std::vector<Column>& columns) const;
  std::optional<GradCheckRow> unsteady(int order, const Phi::Gradients& gradients) const;

  Phi phi_;
  const GradCheckOptions& options_;
};

// A unit vector: coordinate `which`, or a random direction.
Tensor Check::direction(int order, int input, std::int64_t which) const {
  const Shape& shape = phi_.inputs()[static_cast<std::size_t>(input)].shape();
  if (by_coordinates(input)) return detail::unit(shape, which);
  const auto label = static_cast<std::uint64_t>(which) * 64 + static_cast<std::uint64_t>(order) * 8;
  const Key key = fold_in(fold_in(Key{options_.seed + 1}, label), static_cast<std::uint64_t>(input));
  return detail::random_unit(shape, key);
}

Column Check::column(const Order& order, int input, std::int64_t which) const {
  Column column{direction(order.number, input, which), which, {}, {}, {}, {}};
  for (const std::vector<Tensor>& gradient : order.gradients)
    column.rule.push_back(dot(gradient[static_cast<std::size_t>(input)], column.u));
  differentiate(column, order.number, input, order.round_off, widest_step(input, column.u));
  return column;
}

// Where large inputs drown the slope in round-off, larger steps may save it.
std::vector<Estimate> Check::differences(int order, int input, const Tensor& u,
                                         const std::vector<double>& noise, double widest) const {
  const double h = std::min(options_.step, widest);
  std::vector<Estimate> found = detail::differences(phi_, order, input, u, noise, h, options_.sharpness);
  double largest = 0;
  for (const Estimate& e : found) largest = std::max(largest, std::abs(e.value));
  const bool sharp = std::all_of(found.begin(), found.end(), [&](const Estimate& e) {
    return detail::sure * e.error() <= options_.sharpness * largest;
  });
  if (sharp || widest < 4 * h) return found;
  const std::vector<Estimate> wide =
      detail::differences(phi_, order, input, u, noise, widest, options_.sharpness);
  for (std::size_t p = 0; p < found.size(); ++p) {
    if (wide[p].error() < found[p].error()) found[p] = wide[p];
  }
  return found;
}

void Check::differentiate(Column& column, int order, int input, const RoundOff& round_off,
                          double widest) const {
  column.rule_round_off.clear();
  for (std::size_t p = 0; p < column.rule.size(); ++p)
    column.rule_round_off.push_back(round_off.of_rule(p, input, column.u));
  column.noise = round_off.values;
  column.difference = differences(order, input, column.u, column.noise, widest);
}

// Whether all that is left of either number is its round-off, which must be small itself: the derivative is
// zero.
bool Check::vanish(const std::vector<Column>& columns) const {
  for (const Column& c : columns) {
    for (std::size_t p = 0; p < c.rule.size(); ++p) {
      const double blur = detail::sure * c.error(p);
      const bool zero = std::abs(c.difference[p].value) <= blur && blur <= options_.sharpness &&
                        std::abs(c.rule[p]) <= detail::sure * c.rule_round_off[p];
      if (!zero) return false;
    }
  }
  return true;
}

std::pair<Sight, double> Check::compare(double largest, const Column& c, std::size_t p) const {
  const bool blurred = !(detail::sure * c.error(p) <= options_.sharpness * largest);
  const double allowed = options_.tolerance * std::max(std::abs(c.rule[p]), std::abs(c.difference[p].value)) +
                         options_.tolerance_of_largest * largest + detail::sure * c.error(p);
  const bool known = std::isfinite(c.difference[p].error());
  // Across kinks differences settle by accident, so one that is blurred condemns only what is far off.
  const bool finite = std::isfinite(c.rule[p]);
  const bool wrong = known && (finite ? c.gap(p) > (blurred ? unsure : 1) * allowed : !c.at_edge());
  if (wrong) return {Sight::wrong, share(c.gap(p), largest)};
  if (blurred || !finite) return {Sight::blurred, share(c.error(p), largest)};
  return {Sight::right, share(c.gap(p), allowed)};
}

// The comparison that fits worst; the row gets its numbers, and its verdict so far.
Worst Check::judge(GradCheckRow& row, const std::vector<Column>& columns) const {
  row.largest = largest_of(columns);
  Worst worst;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    for (std::size_t p = 0; p < columns[i].rule.size(); ++p) {
      const auto how = compare(row.largest, columns[i], p);
      if (how > worst.how) worst = {i, p, how};
    }
  }
  const bool zero = vanish(columns);
  const Sight sight = zero ? Sight::right : worst.how.first;
  row.verdict = sight == Sight::wrong     ? Verdict::wrong
                : sight == Sight::blurred ? Verdict::ill_conditioned
                                          : Verdict::pass;
  const Column& column = columns[worst.column];
  const Estimate& difference = column.difference[worst.number];
  const double rule = column.rule[worst.number];
  row.rule = std::isnan(rule) ? std::abs(rule) : rule;  // that of 0 times infinity has a sign
  row.rule_round_off = column.rule_round_off[worst.number];
  row.difference = difference.value;
  row.truncation = difference.truncation;
  row.round_off = difference.round_off;
  row.step = difference.step;
  row.error = zero ? 0 : share(column.gap(worst.number), row.largest);
  return worst;
}

// Takes the differences again inside the smooth part around the inputs; false, and a verdict, where there is
// none.
bool Check::confine(GradCheckRow& row, Column& column) const {
  const double widest = widest_step(row.input, column.u);
  const detail::SmoothPart smooth = detail::smooth_part(phi_, row.order, row.input, column.u, widest);
  column.confined = true;
  column.kink = smooth.kink;
  if (smooth.moves) {
    row.verdict = Verdict::wrong;
    row.why = text("It is declared locally constant, and its value moves with the input: ", smooth.kink,
                   ". Such an op has a derivative: give it a rule.");
    return false;
  }
  if (smooth.radius == 0) {
    row.verdict = Verdict::non_smooth;
    row.why =
        text("The inputs lie on a kink of ", smooth.kink, ". Move them off it, by another seed for example.");
    return false;
  }
  // Round-off, too, was looked at where kinks may be: between them it may be less.
  if (smooth.radius < widest || row.verdict == Verdict::ill_conditioned) {
    double t = std::min(detail::noise_step * phi_.scale(row.input, column.u), smooth.radius / 4);
    for (const Estimate& e : column.difference) {
      if (std::isfinite(e.error())) t = std::min(t, e.step / 64);
    }
    const RoundOff inside = detail::round_off(phi_, row.order, t, [&](int line, double place) {
      return phi_.moved(row.input, column.u, (line + 1) * place / detail::noise_lines);
    });
    differentiate(column, row.order, row.input, inside, smooth.radius);
  }
  return true;
}

GradCheckRow Check::row(const Order& order, int input) const {
  GradCheckRow row{.order = order.number, .input = input};
  std::vector<Column> columns;
  const std::int64_t count = std::min(elements(input), options_.max_coordinates);
  for (std::int64_t which = 0; which < count; ++which) columns.push_back(column(order, input, which));
  row.checked = count * static_cast<std::int64_t>(order.gradients.size());
  Worst worst = judge(row, columns);
  while (!row.passed() && !columns[worst.column].confined) {
    if (!confine(row, columns[worst.column])) break;
    worst = judge(row, columns);
  }
  const Column& column = columns[worst.column];
  row.where = by_coordinates(input) ? text("element ", position(column.u.shape(), column.which))
                                    : text("direction ", column.which);
  if (!row.passed()) explain(row, order, columns, worst);
  return row;
}

void Check::explain(GradCheckRow& row, const Order& order, const std::vector<Column>& columns,
                    const Worst& worst) const {
  const Column& column = columns[worst.column];
  const std::string number = phi_.place(row.order, worst.number);
  if (!number.empty()) row.where += text(", ", number);
  if (!row.why.empty()) return;
  const std::string kink = detail::one_sided(phi_, row.order, row.input, column.u, row.step, worst.number,
                                             column.noise[worst.number]);
  if (!kink.empty()) {
    row.verdict = Verdict::non_smooth;
    row.why = kink + ". Move the inputs off the kink; no op on the tape tells which one it is.";
  } else if (row.verdict == Verdict::ill_conditioned) {
    row.why = doubt(row, column.kink);
  } else {
    row.why = text(cause(row, order, columns), " The difference may be off by ",
                   scientific(row.truncation + row.round_off), '.');
  }
}

// Why a difference cannot decide, and what would.
std::string Check::doubt(const GradCheckRow& row, const std::string& nearest_kink) const {
  if (!std::isfinite(row.truncation) || !std::isfinite(row.rule)) {
    return "The values are not finite at the inputs, or right beside them. Move the inputs into the domain.";
  }
  std::string why = text("The difference may be off by ", row.truncation, " by truncation and ",
                         row.round_off, " by round-off, the rule by ", row.rule_round_off,
                         "; the largest derivative is ", row.largest, ". ");
  if (!nearest_kink.empty())
    return text(why, "The nearest kink is that of ", nearest_kink,
                ": move the inputs, or take another seed.");
  if (row.truncation < std::max(row.round_off, row.rule_round_off))
    return why +
           "Leave out of f what cancels or does not depend on this input, take another step, or raise the "
           "sharpness.";
  return text(why, "Take a step below ", options_.step, ", or raise the sharpness.");
}

// What the wrong gradient is like: that of a candidate, or of another input; else it is made in full, by
// differences too, and compared.
std::string Check::cause(const GradCheckRow& row, const Order& order,
                         const std::vector<Column>& columns) const {
  if (!options_.causes) return "Its cause was not looked for.";
  const auto slot = static_cast<std::size_t>(row.input);
  const Tensor& x = phi_.inputs()[slot];
  const auto of_input = [](const Phi::Gradients& all, std::size_t i) {
    std::vector<Tensor> picked;
    for (const std::vector<Tensor>& gradient : all) picked.push_back(gradient[i]);
    return picked;
  };
  detail::WrongGradient wrong;
  wrong.rule = of_input(order.gradients, slot);
  for (const GradCandidate& candidate : options_.candidates) {
    try {
      const Phi other(text(phi_.name(), ", candidate ", candidate.name), candidate.function, phi_.inputs(),
                      options_.seed, options_.max_coordinates);
      wrong.others.emplace_back("the gradient of: " + candidate.name,
                                of_input(other.gradients(row.order), slot));
    } catch (const Error&) {  // it does not go with these inputs, so it is not what happened
    }
  }
  for (std::size_t i = 0; i < phi_.inputs().size(); ++i) {
    if (i != slot) wrong.others.emplace_back(text("the gradient in input ", i), of_input(order.gradients, i));
  }
  wrong.batch = x.shape().rank() > 0 ? x.shape()[0] : 1;
  wrong.result_elements = phi_.result_elements();
  if (x.elements() <= most_guessed) wrong.difference = full_difference(row, columns);
  const std::string found = detail::diagnosis(wrong);
  return found.empty() ? text("The input has ", x.elements(), " elements: check a smaller one to learn more.")
                       : found;
}

// The gradient of each number in the row's input, by differences.
std::vector<Tensor> Check::full_difference(const GradCheckRow& row,
                                           const std::vector<Column>& columns) const {
  const Tensor& x = phi_.inputs()[static_cast<std::size_t>(row.input)];
  std::vector<Tensor> gradients;
  for (std::size_t p = 0; p < columns[0].rule.size(); ++p)
    gradients.push_back(Tensor::zeros(x.shape(), DType::float64));
  for (std::int64_t i = 0; i < x.elements(); ++i) {
    const Tensor u = detail::unit(x.shape(), i);
    const std::vector<Estimate> column =
        by_coordinates(row.input)
            ? columns[static_cast<std::size_t>(i)].difference
            : differences(row.order, row.input, u, columns[0].noise, widest_step(row.input, u));
    for (std::size_t p = 0; p < column.size(); ++p)
      gradients[p].mutable_values<double>()[static_cast<std::size_t>(i)] = column[p].value;
  }
  return gradients;
}

// Two calls with the same inputs must give the same bits, and so must two walks backwards.
std::optional<GradCheckRow> Check::unsteady(int order, const Phi::Gradients& gradients) const {
  GradCheckRow row{.order = order, .verdict = Verdict::not_deterministic};
  const auto differ = [&](double a, double b, const char* what) {
    if (a == b || (std::isnan(a) && std::isnan(b))) return false;
    row.why = text("Two ", what, " with the same inputs gave ", a, " and ", b,
                   ". Let what is random take a key or a seed that stays the same.");
    return true;
  };
  const std::vector<double> first = phi_.values(order, phi_.inputs());
  const std::vector<double> second = phi_.values(order, phi_.inputs());
  const Phi::Gradients again = phi_.gradients(order);
  for (std::size_t p = 0; p < first.size(); ++p) {
    if (!differ(first[p], second[p], "calls")) continue;
    row.where = phi_.place(order, p);
    return row;
  }
  for (std::size_t p = 0; p < again.size(); ++p) {
    for (std::size_t i = 0; i < again[p].size(); ++i) {
      const Tensor &a = gradients[p][i], &b = again[p][i];
      for (std::int64_t k = 0; k < a.elements(); ++k) {
        const auto at = static_cast<std::size_t>(k);
        if (!differ(a.values<double>()[at], b.values<double>()[at], "gradients")) continue;
        row.input = static_cast<int>(i);
        row.where = text("element ", position(a.shape(), k));
        return row;
      }
    }
  }
  return {};
}

std::vector<GradCheckRow> Check::rows(int order) const {
  const Phi::Gradients gradients = phi_.gradients(order);
  if (const auto row = unsteady(order, gradients)) return {*row};
  const Order prepared{order, gradients,
                       detail::round_off(phi_, order, detail::noise_step,
                                         [&](int line, double t) { return phi_.beside(line, t); })};
  std::vector<GradCheckRow> rows;
  for (int input = 0; input < static_cast<int>(phi_.inputs().size()); ++input)
    rows.push_back(row(prepared, input));
  return rows;
}

void check_options(std::string_view name, const GradCheckOptions& options) {
  if (options.order < 1 || options.max_coordinates < 1 || !(options.step > 0) ||
      !std::isfinite(options.step) || !(options.tolerance >= 0) || !(options.tolerance_of_largest >= 0) ||
      !(options.sharpness > 0)) {
    throw ArgumentError(text("check_grad: ", name, ": order ", options.order, ", max_coordinates ",
                             options.max_coordinates, ", step ", options.step, ", tolerance ",
                             options.tolerance, " and ", options.tolerance_of_largest,
                             " of the largest, sharpness ", options.sharpness,
                             ". Orders and coordinates count from 1, step and sharpness are above 0, "
                             "tolerances 0 or more."));
  }
}

}  // namespace

GradReport check_grad(std::string_view name, const Function& f, const std::vector<Tensor>& inputs,
                      const GradCheckOptions& options) {
  check_options(name, options);
  const Recording scope(Recording::needed);
  GradReport report{.name = std::string(name), .tolerance = options.tolerance, .seed = options.seed};
  const Check check(Phi(report.name, f, inputs, options.seed, options.max_coordinates), options);
  for (int order = 1; order <= options.order; ++order) {
    for (GradCheckRow& row : check.rows(order)) report.rows.push_back(std::move(row));
    if (report.verdict() == Verdict::not_deterministic) break;
  }
  return report;
}

}  // namespace trous
