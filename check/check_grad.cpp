#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include <trous/autograd/recording.h>
#include <trous/check/check_grad.h>
#include <trous/check/detail/checked_function.h>
#include <trous/check/detail/column.h>
#include <trous/check/detail/explanation.h>
#include <trous/check/detail/kinks.h>
#include <trous/check/detail/round_off.h>
#include <trous/core/error.h>
#include <trous/core/map.h>

namespace trous {
namespace {

using detail::CheckedFunction;
using detail::Column;
using detail::error_multiple;
using detail::Estimate;
using detail::Order;
using detail::RoundOff;
using detail::SmoothPart;

constexpr double infinity = std::numeric_limits<double>::infinity();
// A difference that is not sharp shows a rule to be wrong only if they differ by this many times the gap that
// a sharp difference allows: across kinks, estimates may converge by accident.
constexpr double blurred_multiple = 100;

// The outcome of comparing a rule with a difference, from the best to the worst.
enum class Outcome { agrees, undecided, disagrees };

// The comparison that fits worst: of number `number` in column `column`.
struct Comparison {
  std::size_t column = 0, number = 0;
  std::pair<Outcome, double> outcome = {Outcome::agrees, -1};  // and the misfit, to rank equal outcomes
};

// A verdict and, unless it is a pass, its explanation.
struct Finding {
  Verdict verdict;
  std::string explanation = {};
};

double share(double part, double whole) { return whole > 0 ? part / whole : part > 0 ? infinity : 0; }

// The largest derivative in these columns, by rule or difference.
double largest_of(const std::vector<Column>& columns) {
  double largest = 0;
  for (const Column& c : columns) {
    if (c.on_kink) continue;
    for (std::size_t p = 0; p < c.rule.size(); ++p) {
      const double size = std::max(std::abs(c.rule[p]), std::abs(c.difference[p].value));
      if (std::isfinite(size)) largest = std::max(largest, size);
    }
  }
  return largest;
}

bool same_number(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

std::string two_results(const char* what, double a, double b) {
  const auto [one, other] = distinct_digits(a, b);
  return text("Two ", what, " with the same inputs gave ", one, " and ", other,
              ". Let what is random take a key or a seed that stays the same.");
}

// Three steps make a row of the report: measuring (columns), comparing (an outcome and numbers), explaining
// (a finding). Only the first takes differences, and only the last looks for causes.
class Checker {
 public:
  Checker(CheckedFunction f, const GradCheckOptions& options) : f_(std::move(f)), options_(options) {}

  std::vector<GradCheckRow> rows(int order) const;

 private:
  std::vector<Column> measured(const Order& order, int input) const;
  bool measure_closer(Column& column, const Order& order, const GradCheckRow& row, std::size_t p) const;
  RoundOff round_off_within(const Column& column, double radius) const;

  double negligible(int input) const {
    return options_.negligible.empty() ? 0 : options_.negligible[static_cast<std::size_t>(input)];
  }
  bool vanish(const std::vector<Column>& columns) const;
  std::pair<Outcome, double> outcome(const Column& column, std::size_t p, double largest) const;
  Comparison worst_of(const std::vector<Column>& columns, double largest) const;
  GradCheckRow compared(const std::vector<Column>& columns, const Comparison& worst, double largest) const;

  Finding explained(const GradCheckRow& row, const Order& order, const std::vector<Column>& columns,
                    const Comparison& worst) const;
  std::string place_of(const GradCheckRow& row, const Column& column, std::size_t p) const;

  GradCheckRow row(const Order& order, int input) const;
  std::optional<GradCheckRow> not_deterministic(int order, const CheckedFunction::Gradients& gradients) const;

  CheckedFunction f_;
  const GradCheckOptions& options_;
};

// Measuring.

std::vector<Column> Checker::measured(const Order& order, int input) const {
  const std::int64_t count = std::min(f_.input(input).elements(), options_.max_coordinates);
  std::vector<Column> columns;
  for (std::int64_t which = 0; which < count; ++which)
    columns.push_back(detail::column(f_, options_, order, input, which));
  return columns;
}

// Round-off, measured along the line of a column within a radius: between kinks it may be less than around
// the inputs.
RoundOff Checker::round_off_within(const Column& column, double radius) const {
  double t = std::min(detail::noise_step, radius / 4);
  for (const Estimate& e : column.difference) {
    if (std::isfinite(e.error())) t = std::min(t, e.step / 64);
  }
  return detail::round_off(f_, column.line.order, t, [&](int noise_line, double place) {
    return column.line.at((noise_line + 1) * place / detail::noise_lines);
  });
}

// Repeats the differences of a column that did not pass. The first call looks for the smooth part around the
// inputs, and measures inside it where that helps; the second measures below the steps at which differences
// grow, if they do. Returns false when both have been done.
bool Checker::measure_closer(Column& column, const Order& order, const GradCheckRow& row,
                             std::size_t p) const {
  if (!column.smooth) {
    const double largest = detail::largest_step(column.line, options_);
    column.smooth = detail::smooth_part(column.line, largest);
    if (!column.smooth->has_derivative()) return false;
    const double radius = column.smooth->radius;
    if (radius < largest || row.verdict == Verdict::ill_conditioned)
      detail::differentiate(column, options_, round_off_within(column, radius), radius);
    return true;
  }
  return !column.steep.contains(p) && detail::approach_pole(column, options_, order, p);
}

// Comparing.

// Whether the derivative is zero: rules and differences are no larger than their round-off, which is small
// itself.
bool Checker::vanish(const std::vector<Column>& columns) const {
  for (const Column& c : columns) {
    if (c.on_kink) continue;
    for (std::size_t p = 0; p < c.rule.size(); ++p) {
      const double bound = error_multiple * c.error(p);
      const bool zero = std::abs(c.difference[p].value) <= bound && bound <= options_.sharpness &&
                        std::abs(c.rule[p]) <= error_multiple * (c.rule_round_off[p] + c.unseen(p));
      if (!zero) return false;
    }
  }
  return true;
}

std::pair<Outcome, double> Checker::outcome(const Column& c, std::size_t p, double largest) const {
  const double bound = error_multiple * c.error(p), small = negligible(c.line.input);
  const bool blurred = !(bound <= std::max(options_.sharpness * largest, small));
  const double allowed = options_.tolerance * std::max(std::abs(c.rule[p]), std::abs(c.difference[p].value)) +
                         options_.tolerance_of_largest * largest + small + bound;
  const bool known = std::isfinite(c.difference[p].error()), finite = std::isfinite(c.rule[p]);
  // A difference whose error exceeds it shows nothing.
  const bool shows_nothing = blurred && !(c.error(p) < std::abs(c.difference[p].value));
  // A rule that is not finite disagrees wherever f is finite on both sides.
  const bool far =
      finite ? !shows_nothing && c.gap(p) > (blurred ? blurred_multiple : 1) * allowed : !c.at_edge();
  if (known && far && !c.agrees_at_small_steps(p)) return {Outcome::disagrees, share(c.gap(p), largest)};
  if (blurred || far || !finite) return {Outcome::undecided, share(c.error(p), largest)};
  return {Outcome::agrees, share(c.gap(p), allowed)};
}

Comparison Checker::worst_of(const std::vector<Column>& columns, double largest) const {
  Comparison worst;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].on_kink) continue;
    for (std::size_t p = 0; p < columns[i].rule.size(); ++p) {
      const auto here = outcome(columns[i], p, largest);
      if (here > worst.outcome) worst = {i, p, here};
    }
  }
  return worst;
}

// A row with the numbers of the comparison that fits worst, and its verdict so far.
GradCheckRow Checker::compared(const std::vector<Column>& columns, const Comparison& worst,
                               double largest) const {
  const Column& column = columns[worst.column];
  const Estimate& difference = column.difference[worst.number];
  const double rule = column.rule[worst.number];
  const bool zero = vanish(columns);
  const Outcome outcome = zero ? Outcome::agrees : worst.outcome.first;
  GradCheckRow row{.order = column.line.order, .input = column.line.input};
  row.checked = static_cast<std::int64_t>(columns.size() * column.rule.size());
  row.rule = std::isnan(rule) ? std::abs(rule) : rule;  // the NaN of 0 times infinity has a sign
  row.difference = difference.value;
  row.truncation = difference.truncation;
  row.round_off = difference.round_off + column.unseen(worst.number);
  row.rule_round_off = column.rule_round_off[worst.number];
  row.step = difference.step;
  row.largest = largest;
  row.error = zero || largest <= negligible(row.input) ? 0 : share(column.gap(worst.number), largest);
  row.verdict = outcome == Outcome::disagrees   ? Verdict::wrong
                : outcome == Outcome::undecided ? Verdict::ill_conditioned
                                                : Verdict::pass;
  return row;
}

// Explaining.

Finding Checker::explained(const GradCheckRow& row, const Order& order, const std::vector<Column>& columns,
                           const Comparison& worst) const {
  const Column& column = columns[worst.column];
  const SmoothPart& smooth = *column.smooth;
  if (smooth.moves) {
    return {Verdict::wrong, text("It is declared locally constant, and its value moves with the input: ",
                                 smooth.kink, ". Such an op has a derivative: give it a rule.")};
  }
  if (smooth.radius == 0) {
    return {
        Verdict::non_smooth,
        text("The inputs lie on a kink of ", smooth.kink, ". Move them off it, by another seed for example.",
             std::isfinite(row.rule) ? "" : detail::not_finite_explanation(f_, row.order))};
  }
  const std::string slopes =
      detail::one_sided_slopes(column.line, worst.number, row.step, column.noise[worst.number]);
  if (!slopes.empty()) {
    return {Verdict::non_smooth,
            slopes + ". Move the inputs off the kink; no op on the tape tells which one it is."};
  }
  if (row.verdict == Verdict::ill_conditioned)
    return {row.verdict, detail::undecided_explanation(row, column, worst.number, options_)};
  return {row.verdict,
          text(detail::wrong_explanation(row, order, columns, options_), " The difference may be off by ",
               scientific(row.truncation + row.round_off), '.')};
}

// Names the derivative that the row is about.
std::string Checker::place_of(const GradCheckRow& row, const Column& column, std::size_t p) const {
  const std::string along = detail::by_coordinates(f_, options_, row.input)
                                ? text("element ", position(column.line.u.shape(), column.which))
                                : text("direction ", column.which);
  const std::string place = row.passed() ? std::string() : f_.place(row.order, p);
  return place.empty() ? along : text(along, ", ", place);
}

GradCheckRow Checker::row(const Order& order, int input) const {
  std::vector<Column> columns = measured(order, input);
  std::optional<GradCheckRow> first_kink;  // a kink along one direction; other directions are still checked
  while (true) {
    const double largest = largest_of(columns);
    const Comparison worst = worst_of(columns, largest);
    Column& column = columns[worst.column];
    GradCheckRow row = compared(columns, worst, largest);
    if (!row.passed()) {
      if (measure_closer(column, order, row, worst.number)) continue;
      const Finding finding = explained(row, order, columns, worst);
      row.verdict = finding.verdict;
      row.explanation = finding.explanation;
    }
    row.where = place_of(row, column, worst.number);
    if (row.verdict != Verdict::non_smooth)
      return first_kink && more_severe(row.verdict, first_kink->verdict) == first_kink->verdict ? *first_kink
                                                                                                : row;
    if (!first_kink) first_kink = row;
    column.on_kink = true;
    if (std::all_of(columns.begin(), columns.end(), [](const Column& c) { return c.on_kink; }))
      return *first_kink;
  }
}

// A row if two calls with the same inputs give different bits, or two walks backwards do.
std::optional<GradCheckRow> Checker::not_deterministic(int order,
                                                       const CheckedFunction::Gradients& gradients) const {
  GradCheckRow row{.order = order, .verdict = Verdict::not_deterministic};
  const std::vector<double> first = f_.values(order, f_.inputs());
  const std::vector<double> second = f_.values(order, f_.inputs());
  const CheckedFunction::Gradients again = f_.gradients(order);
  for (std::size_t p = 0; p < first.size(); ++p) {
    if (same_number(first[p], second[p])) continue;
    row.where = f_.place(order, p);
    row.explanation = two_results("calls", first[p], second[p]);
    return row;
  }
  for (std::size_t p = 0; p < again.size(); ++p) {
    for (std::size_t i = 0; i < again[p].size(); ++i) {
      const std::span<const double> a = gradients[p][i].values<double>(), b = again[p][i].values<double>();
      const auto [one, other] = std::mismatch(a.begin(), a.end(), b.begin(), same_number);
      if (one == a.end()) continue;
      row.input = static_cast<int>(i);
      row.where = text("element ", position(again[p][i].shape(), one - a.begin()));
      row.explanation = two_results("gradients", *one, *other);
      return row;
    }
  }
  return {};
}

std::vector<GradCheckRow> Checker::rows(int order) const {
  const CheckedFunction::Gradients gradients = f_.gradients(order);
  if (const auto row = not_deterministic(order, gradients)) return {*row};
  const Order prepared{order, gradients,
                       detail::round_off(f_, order, detail::noise_step,
                                         [&](int number, double t) { return f_.perturbed(number, t); })};
  std::vector<GradCheckRow> rows;
  for (int input = 0; input < static_cast<int>(f_.inputs().size()); ++input)
    rows.push_back(row(prepared, input));
  return rows;
}

void check_options(std::string_view name, std::size_t inputs, const GradCheckOptions& options) {
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
  const std::vector<double>& negligible = options.negligible;
  if (!negligible.empty() && negligible.size() != inputs) {
    throw ArgumentError(text("check_grad: ", name, ": negligible has ", negligible.size(), " numbers for ",
                             inputs, " inputs. Give one for each, or none."));
  }
  for (const double v : negligible) {
    if (!(v >= 0)) throw ArgumentError(text("check_grad: ", name, ": negligible ", v, ". Give 0 or more."));
  }
}

}  // namespace

GradReport check_grad(std::string_view name, const Function& f, const std::vector<Tensor>& inputs,
                      const GradCheckOptions& options) {
  check_options(name, inputs.size(), options);
  const Recording scope(Recording::needed);
  GradReport report{.name = std::string(name), .tolerance = options.tolerance, .seed = options.seed};
  const Checker checker(CheckedFunction(report.name, f, inputs, options.seed, options.max_coordinates),
                        options);
  for (int order = 1; order <= options.order; ++order) {
    for (GradCheckRow& row : checker.rows(order)) report.rows.push_back(std::move(row));
    if (report.verdict() == Verdict::not_deterministic) break;
  }
  return report;
}

}  // namespace trous
