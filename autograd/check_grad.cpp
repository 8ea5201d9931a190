#include <algorithm>
#include <cmath>
#include <iomanip>
#include <limits>
#include <memory>
#include <optional>
#include <sstream>
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
constexpr double unsure = 1000;             // errors of a difference that is not sharp that a rule may be off
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

  double error(std::size_t p) const { return difference[p].error() + rule_round_off[p]; }
  double gap(std::size_t p) const {
    return std::isfinite(rule[p]) ? std::abs(rule[p] - difference[p].value) : infinity;
  }
};

struct Worst {
  std::size_t column = 0, number = 0;
  double badness = -1;
};

class Check {
 public:
  Check(Phi phi, const GradCheckOptions& options) : phi_(std::move(phi)), options_(options) {}

  std::vector<GradCheckRow> rows(int order) const;

 private:
  GradCheckRow row(const Order& order, int input) const;
  Column column(const Order& order, int input, std::int64_t which) const;
  void differentiate(Column& column, int order, int input, const RoundOff& round_off, double h) const;
  Tensor direction(int order, int input, std::int64_t which) const;
  bool by_coordinates(int input) const { return elements(input) <= options_.max_coordinates; }
  std::int64_t elements(int input) const { return phi_.inputs()[static_cast<std::size_t>(input)].elements(); }

  double allowed(const GradCheckRow& row, const Column& column, std::size_t p) const;
  Worst judge(GradCheckRow& row, const std::vector<Column>& columns) const;
  bool confine(GradCheckRow& row, Column& column) const;
  void explain(GradCheckRow& row, const Order& order, const std::vector<Column>& columns,
               const Worst& worst) const;
  std::string doubt(const GradCheckRow& row, const std::string& nearest_kink) const;
  std::string cause(const GradCheckRow& row, const Order& order, const std::vector<Column>& columns) const;
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
  const Tensor random = normal(shape, DType::float64, key);
  const double length = std::sqrt(dot(random, random));
  return map(random, [length](double v) { return v / length; });
}

Column Check::column(const Order& order, int input, std::int64_t which) const {
  Column column{direction(order.number, input, which), which, {}, {}, {}, {}};
  for (const std::vector<Tensor>& gradient : order.gradients)
    column.rule.push_back(dot(gradient[static_cast<std::size_t>(input)], column.u));
  differentiate(column, order.number, input, order.round_off, options_.step);
  return column;
}

void Check::differentiate(Column& column, int order, int input, const RoundOff& round_off, double h) const {
  column.rule_round_off.clear();
  for (std::size_t p = 0; p < column.rule.size(); ++p)
    column.rule_round_off.push_back(round_off.of_rule(p, input, column.u));
  column.noise = round_off.values;
  column.difference = detail::differences(phi_, order, input, column.u, column.noise, h, options_.sharpness);
}

double Check::allowed(const GradCheckRow& row, const Column& c, std::size_t p) const {
  return options_.tolerance * std::max(std::abs(c.rule[p]), std::abs(c.difference[p].value)) +
         options_.tolerance_of_largest * row.largest + detail::sure * c.error(p);
}

// Fills in the numbers of the row and its verdict so far; returns the comparison that fits worst.
Worst Check::judge(GradCheckRow& row, const std::vector<Column>& columns) const {
  row.largest = 0;
  bool vanishes = true;
  for (const Column& c : columns) {
    for (std::size_t p = 0; p < c.rule.size(); ++p) {
      const double size = std::max(std::abs(c.rule[p]), std::abs(c.difference[p].value));
      if (std::isfinite(size)) row.largest = std::max(row.largest, size);
      // Where the derivative is zero, all that is left is round-off, which must be small itself.
      const double blur = detail::sure * c.error(p);
      vanishes = vanishes && size <= blur && blur <= options_.sharpness;
    }
  }
  Worst worst;
  bool wrong = false, blurred = false;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Column& c = columns[i];
    for (std::size_t p = 0; p < c.rule.size(); ++p) {
      const bool dull = !(detail::sure * c.error(p) <= options_.sharpness * row.largest);
      // Across kinks differences settle by accident, so one that is not sharp condemns only what is far off.
      const bool off = !(c.gap(p) <= (dull ? unsure / detail::sure : 1) * allowed(row, c, p));
      wrong = wrong || off;
      blurred = blurred || dull;
      // What is wrong comes before what cannot be told, and that before the rest.
      const auto grade = [](int rank, double x) { return rank + 1 - 1 / (1 + x); };
      const double badness = off    ? grade(2, c.gap(p) / row.largest)
                             : dull ? grade(1, c.error(p) / row.largest)
                                    : grade(0, c.gap(p) / std::max(allowed(row, c, p), 1e-300));
      if (badness > worst.badness) worst = {i, p, badness};
    }
  }
  row.verdict = vanishes  ? Verdict::pass
                : wrong   ? Verdict::wrong
                : blurred ? Verdict::ill_conditioned
                          : Verdict::pass;
  const Column& column = columns[worst.column];
  const Estimate& difference = column.difference[worst.number];
  row.rule = column.rule[worst.number];
  row.rule_round_off = column.rule_round_off[worst.number];
  row.difference = difference.value;
  row.truncation = difference.truncation;
  row.round_off = difference.round_off;
  row.step = difference.step;
  const double gap = column.gap(worst.number);
  row.error = vanishes || gap == 0 ? 0 : gap / row.largest;
  return worst;
}

// Takes the differences again inside the smooth part around the inputs; false, and a verdict, where there is
// none.
bool Check::confine(GradCheckRow& row, Column& column) const {
  const detail::SmoothPart smooth = detail::smooth_part(phi_, row.order, row.input, column.u, options_.step);
  column.confined = true;
  column.kink = smooth.kink;
  if (smooth.radius == 0) {
    row.verdict = Verdict::non_smooth;
    row.why =
        text("The inputs lie on a kink of ", smooth.kink, ". Move them off it, by another seed for example.");
    return false;
  }
  // Round-off, too, was looked at where kinks may be: between them it may be less.
  if (smooth.radius < options_.step || row.verdict == Verdict::ill_conditioned) {
    const double t = std::min(detail::noise_step, smooth.radius / 4) / detail::noise_lines;
    const RoundOff inside = detail::round_off(phi_, row.order, [&](int line, double place) {
      return phi_.moved(row.input, column.u, (line + 1) * t * place);
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
  if (row.verdict == Verdict::non_smooth) return;
  const std::string kink = detail::one_sided(phi_, row.order, row.input, column.u, row.step, worst.number,
                                             column.noise[worst.number]);
  if (!kink.empty()) {
    row.verdict = Verdict::non_smooth;
    row.why = kink + ". Move the inputs off the kink; no op on the tape tells which one it is.";
  } else if (row.verdict == Verdict::ill_conditioned) {
    row.why = doubt(row, column.kink);
  } else {
    std::ostringstream error;
    error << std::scientific << std::setprecision(1) << row.truncation + row.round_off;
    row.why = text(cause(row, order, columns), " The difference may be off by ", error.str(), '.');
  }
}

// Why a difference cannot decide, and what would.
std::string Check::doubt(const GradCheckRow& row, const std::string& nearest_kink) const {
  if (!std::isfinite(row.truncation)) {
    return "The values are not finite at the inputs, or right beside them. Move the inputs into the domain.";
  }
  std::string why = text("The difference may be off by ", row.truncation, " by truncation and ",
                         row.round_off, " by round-off, the rule by ", row.rule_round_off,
                         "; the largest derivative is ", row.largest, ". ");
  if (!nearest_kink.empty())
    return text(why, "The nearest kink is that of ", nearest_kink,
                ": move the inputs, or take another seed.");
  if (row.truncation < std::max(row.round_off, row.rule_round_off))
    return why + "Leave out of f what cancels or does not depend on this input, or take a lower sharpness.";
  return text(why, "Take a step below ", options_.step, ", or a lower sharpness.");
}

// The gradient of the wrong input in full, as the rules and as differences give it, and what it is like.
std::string Check::cause(const GradCheckRow& row, const Order& order,
                         const std::vector<Column>& columns) const {
  const auto slot = static_cast<std::size_t>(row.input);
  const Tensor& x = phi_.inputs()[slot];
  if (x.elements() > most_guessed)
    return text("The input has ", x.elements(), " elements: check a smaller one to learn more.");
  detail::WrongGradient wrong;
  const auto of_input = [](const Phi::Gradients& all, std::size_t i) {
    std::vector<Tensor> picked;
    for (const std::vector<Tensor>& gradient : all) picked.push_back(gradient[i]);
    return picked;
  };
  wrong.rule = of_input(order.gradients, slot);
  for (std::size_t p = 0; p < order.gradients.size(); ++p)
    wrong.difference.push_back(Tensor::zeros(x.shape(), DType::float64));
  for (std::int64_t i = 0; i < x.elements(); ++i) {
    const std::vector<Estimate> column =
        by_coordinates(row.input)
            ? columns[static_cast<std::size_t>(i)].difference
            : detail::differences(phi_, row.order, row.input, detail::unit(x.shape(), i), columns[0].noise,
                                  options_.step, options_.sharpness);
    for (std::size_t p = 0; p < column.size(); ++p)
      wrong.difference[p].mutable_values<double>()[static_cast<std::size_t>(i)] = column[p].value;
  }
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
  return detail::diagnosis(wrong);
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
  const Order prepared{order, gradients, detail::round_off(phi_, order, [&](int line, double place) {
                         return phi_.beside(line, detail::noise_step * place);
                       })};
  std::vector<GradCheckRow> rows;
  for (int input = 0; input < static_cast<int>(phi_.inputs().size()); ++input)
    rows.push_back(row(prepared, input));
  return rows;
}

void check_arguments(std::string_view name, const Function& f, const std::vector<Tensor>& inputs,
                     const GradCheckOptions& options) {
  if (options.order < 1 || options.max_coordinates < 1 || !(options.step > 0) || !(options.tolerance >= 0) ||
      !(options.tolerance_of_largest >= 0) || !(options.sharpness > 0)) {
    throw ArgumentError(text("check_grad: ", name, ": order ", options.order, ", max_coordinates ",
                             options.max_coordinates, ", step ", options.step, ", tolerance ",
                             options.tolerance, ", sharpness ", options.sharpness,
                             ". Orders and coordinates count from 1, step and sharpness are above 0, the "
                             "tolerance is 0 or more."));
  }
  if (!f)
    throw ArgumentError(text("check_grad: ", name, " is an empty function. Give one that can be called."));
  if (inputs.empty()) throw ArgumentError(text("check_grad: ", name, " has no inputs. Give at least one."));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].dtype() != DType::float64) {
      throw DTypeError(text("check_grad: ", name, ", input ", i, " is ", inputs[i].dtype(),
                            ". Differences need float64: cast it."));
    }
    if (inputs[i].elements() == 0) {
      throw ShapeError(text("check_grad: ", name, ", input ", i, " is ", inputs[i].shape(),
                            ", which has no element to vary. Give a batch of 1 or more."));
    }
  }
}

}  // namespace

GradReport check_grad(std::string_view name, const Function& f, const std::vector<Tensor>& inputs,
                      const GradCheckOptions& options) {
  check_arguments(name, f, inputs, options);
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
