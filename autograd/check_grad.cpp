#include <algorithm>
#include <cmath>
#include <iomanip>
#include <limits>
#include <ostream>

#include <trous/autograd/check_grad.h>
#include <trous/autograd/grad.h>
#include <trous/autograd/recording.h>
#include <trous/core/error.h>
#include <trous/core/map.h>
#include <trous/core/random.h>

namespace trous {
namespace {

using Function = std::function<Variable(const std::vector<Variable>&)>;

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr double infinity = std::numeric_limits<double>::infinity();

std::vector<Variable> tracked(const std::vector<Tensor>& tensors) {
  std::vector<Variable> variables;
  for (const Tensor& tensor : tensors) variables.push_back(track(tensor));
  return variables;
}

// Whether the round-off leaves the difference enough digits to judge the rule by.
bool decides(const GradCheckRow& row, double tolerance) {
  return row.round_off <= 100 * tolerance * row.largest;
}

class Check {
 public:
  Check(const Function& f, const std::vector<Tensor>& inputs, const GradCheckOptions& options)
      : f_(f), inputs_(inputs), options_(options) {}

  GradCheckRow row(int order, int input);

 private:
  struct Phi {
    double value;
    double squares;  // of its terms, summed: their root times epsilon is the scale of the round-off
  };

  // What phi_order is a weighted sum of: f itself, or the gradients of phi_(order - 1).
  std::vector<Variable> outputs(int order, const std::vector<Variable>& xs) const;
  std::vector<Variable> seeds(int order, const std::vector<Variable>& outputs) const;
  std::vector<Tensor> gradient(int order) const;
  Phi phi(int order, const std::vector<Tensor>& at) const;
  Tensor direction(int order, int input, std::int64_t which, bool coordinates) const;

  const Function& f_;
  const std::vector<Tensor>& inputs_;
  const GradCheckOptions& options_;
};

std::vector<Variable> Check::seeds(int order, const std::vector<Variable>& outputs) const {
  std::vector<Variable> result;
  const Key key = fold_in(Key{options_.seed}, static_cast<std::uint64_t>(order));
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    result.emplace_back(uniform(outputs[i].shape(), DType::float64, fold_in(key, i), -1, 1));
  }
  return result;
}

std::vector<Variable> Check::outputs(int order, const std::vector<Variable>& xs) const {
  std::vector<Variable> result{f_(xs)};
  for (int n = 1; n < order; ++n) {
    std::vector<Variable> weights = seeds(n, result);
    result = vjp(std::move(result), xs, std::move(weights), Graph::keep);
  }
  return result;
}

std::vector<Tensor> Check::gradient(int order) const {
  const std::vector<Variable> xs = tracked(inputs_);
  std::vector<Variable> ys = outputs(order, xs);
  std::vector<Variable> weights = seeds(order, ys);
  std::vector<Tensor> result;
  for (const Variable& g : vjp(std::move(ys), xs, std::move(weights))) result.push_back(g.value());
  return result;
}

Check::Phi Check::phi(int order, const std::vector<Tensor>& at) const {
  const std::vector<Variable> ys = outputs(order, tracked(at));
  const std::vector<Variable> weights = seeds(order, ys);
  Phi result{0, 0};
  for (std::size_t i = 0; i < ys.size(); ++i) {
    result.value += dot(ys[i].value(), weights[i].value());
    const Tensor terms = zip(ys[i].value(), weights[i].value(), [](double y, double w) { return y * w; });
    result.squares += dot(terms, terms);
  }
  return result;
}

// A unit vector: coordinate `which`, or a random direction.
Tensor Check::direction(int order, int input, std::int64_t which, bool coordinates) const {
  const Shape& shape = inputs_[static_cast<std::size_t>(input)].shape();
  if (coordinates) {
    Tensor unit = Tensor::zeros(shape, DType::float64);
    unit.mutable_values<double>()[static_cast<std::size_t>(which)] = 1;
    return unit;
  }
  const auto label = static_cast<std::uint64_t>(which) * 64 + static_cast<std::uint64_t>(order) * 8;
  const Key key = fold_in(fold_in(Key{options_.seed + 1}, label), static_cast<std::uint64_t>(input));
  const Tensor random = normal(shape, DType::float64, key);
  const double length = std::sqrt(dot(random, random));
  return map(random, [length](double v) { return v / length; });
}

GradCheckRow Check::row(int order, int input) {
  const auto slot = static_cast<std::size_t>(input);
  const Tensor by_rule = gradient(order)[slot];
  const std::int64_t elements = by_rule.elements();
  const bool coordinates = elements <= options_.max_coordinates;
  const double h = options_.step;
  GradCheckRow row{.order = order,
                   .input = input,
                   .checked = coordinates ? elements : options_.max_coordinates,
                   .worst = 0,
                   .rule = 0,
                   .difference = 0,
                   .largest = 0,
                   .round_off = 0,
                   .error = 0,
                   .passed = true};
  double worst = -1;
  for (std::int64_t which = 0; which < row.checked; ++which) {
    const Tensor u = direction(order, input, which, coordinates);
    std::vector<Tensor> above = inputs_, below = inputs_;
    above[slot] = zip(inputs_[slot], u, [h](double x, double d) { return x + h * d; });
    below[slot] = zip(inputs_[slot], u, [h](double x, double d) { return x - h * d; });
    const Phi up = phi(order, above), down = phi(order, below);
    const double rule = dot(by_rule, u), difference = (up.value - down.value) / (2 * h);
    row.round_off = std::max(row.round_off, 10 * epsilon * std::sqrt(std::max(up.squares, down.squares)) / h);
    row.largest = std::max({row.largest, std::abs(rule), std::abs(difference)});
    // A NaN is worse than any number.
    const double gap = std::isfinite(rule - difference) ? std::abs(rule - difference) : infinity;
    if (gap > worst) {
      worst = gap;
      row.worst = which;
      row.rule = rule;
      row.difference = difference;
    }
  }
  // Where the derivative is zero, all that is left is round-off, which must be small itself.
  const double tolerance = options_.tolerance, allowed = tolerance * row.largest + row.round_off;
  const bool vanishes = std::max(worst, row.largest) <= row.round_off && row.round_off <= tolerance;
  row.error = vanishes || worst == 0 ? 0 : worst / row.largest;
  row.passed = vanishes || (worst <= allowed && decides(row, tolerance));
  return row;
}

}  // namespace

bool GradReport::passed() const {
  return std::all_of(rows.begin(), rows.end(), [](const GradCheckRow& row) { return row.passed; });
}

std::string GradReport::failures() const {
  std::ostringstream stream;
  for (const GradCheckRow& row : rows) {
    if (row.passed) continue;
    stream << "check_grad: " << name << ", input " << row.input << ", order " << row.order << ": rule "
           << std::setprecision(6) << row.rule << ", central difference " << row.difference;
    if (decides(row, options.tolerance)) {
      stream << ", relative error " << std::scientific << std::setprecision(1) << row.error
             << std::defaultfloat << std::setprecision(6) << " > " << options.tolerance;
    } else {
      stream << ", which cannot judge it: the round-off of the difference is about " << row.round_off
             << ", the largest derivative " << row.largest << ". Take a step of " << 10 * options.step
             << ", or leave out of f what does not depend on this input";
    }
    stream << ". float64, step " << options.step << ", seed " << options.seed << '.';
    stream << '\n';
  }
  return stream.str();
}

std::ostream& operator<<(std::ostream& stream, const GradReport& report) {
  std::ostringstream table;
  table << report.name << ": rules against central differences, float64, step " << report.options.step << '\n'
        << "  order  input  checked          rule    difference       largest     error\n"
        << std::setprecision(6);
  for (const GradCheckRow& row : report.rows) {
    table << std::setw(7) << row.order << std::setw(7) << row.input << std::setw(9) << row.checked
          << std::setw(14) << row.rule << std::setw(14) << row.difference << std::setw(14) << row.largest
          << std::setw(10) << std::scientific << std::setprecision(1) << row.error << std::defaultfloat
          << std::setprecision(6) << (row.passed ? "  pass" : "  FAIL");
    if (row.passed && row.error > report.options.tolerance) table << ", within the difference's round-off";
    table << '\n';
  }
  return stream << table.str() << report.failures();
}

GradReport check_grad(std::string_view name, const Function& f, const std::vector<Tensor>& inputs,
                      const GradCheckOptions& options) {
  if (options.order < 1 || options.max_coordinates < 1 || !(options.step > 0) || !(options.tolerance > 0)) {
    throw ArgumentError(text("check_grad: ", name, ": order ", options.order, ", max_coordinates ",
                             options.max_coordinates, ", step ", options.step, ", tolerance ",
                             options.tolerance,
                             ". Orders and coordinates count from 1, step and tolerance are above 0."));
  }
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
  const Recording scope(Recording::needed);
  GradReport report{.name = std::string(name), .options = options, .rows = {}};
  Check check(f, inputs, options);
  for (int order = 1; order <= options.order; ++order) {
    for (int input = 0; input < static_cast<int>(inputs.size()); ++input)
      report.rows.push_back(check.row(order, input));
  }
  return report;
}

}  // namespace trous
