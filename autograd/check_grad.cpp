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

double magnitude(const Tensor& a, const Tensor& b) {
  const auto absolute = [](const Tensor& x) { return map(x, [](double v) { return std::abs(v); }); };
  return dot(absolute(a), absolute(b));
}

class Check {
 public:
  Check(const Function& f, const std::vector<Tensor>& inputs, const GradCheckOptions& options)
      : f_(f), inputs_(inputs), options_(options) {}

  GradCheckRow row(int order, int input);

 private:
  struct Phi {
    double value;
    double magnitude;  // sum of the absolute terms, whose epsilon is the round-off of `value`
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
    result.magnitude += magnitude(ys[i].value(), weights[i].value());
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
                   .error = 0,
                   .passed = true};
  // What is worst lies furthest beyond the round-off of its difference; a NaN is worse than any number.
  std::pair<double, double> worst{-1, -1};  // that excess, and the whole gap
  for (std::int64_t which = 0; which < row.checked; ++which) {
    const Tensor u = direction(order, input, which, coordinates);
    std::vector<Tensor> above = inputs_, below = inputs_;
    above[slot] = zip(inputs_[slot], u, [h](double x, double d) { return x + h * d; });
    below[slot] = zip(inputs_[slot], u, [h](double x, double d) { return x - h * d; });
    const Phi up = phi(order, above), down = phi(order, below);
    const double rule = dot(by_rule, u), difference = (up.value - down.value) / (2 * h);
    const double round_off = 8 * epsilon * (up.magnitude + down.magnitude) / (2 * h);
    const bool finite = std::isfinite(rule - difference);
    const double gap = finite ? std::abs(rule - difference) : infinity;
    const double excess = finite ? std::max(0.0, gap - round_off) : infinity;  // round_off may be NaN too
    row.largest = std::max({row.largest, std::abs(rule), std::abs(difference)});
    if (const std::pair candidate{excess, gap}; candidate > worst) {
      worst = candidate;
      row.worst = which;
      row.rule = rule;
      row.difference = difference;
    }
  }
  const double scale = std::max(row.largest, std::numeric_limits<double>::min());
  row.passed = std::isfinite(worst.first) && std::max(0.0, worst.first) / scale <= options_.tolerance;
  row.error = std::isfinite(worst.second) ? std::max(0.0, worst.second) / scale : infinity;
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
           << std::setprecision(6) << row.rule << ", central difference " << row.difference
           << ", relative error " << std::scientific << std::setprecision(1) << row.error << std::defaultfloat
           << std::setprecision(6) << " > " << options.tolerance << ". float64, step " << options.step
           << ", seed " << options.seed << ".\n";
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
          << std::setprecision(6) << (row.passed ? "  pass" : "  FAIL") << '\n';
  }
  return stream << table.str() << report.failures();
}

GradReport check_grad(std::string_view name, const Function& f, const std::vector<Tensor>& inputs,
                      const GradCheckOptions& options) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].dtype() != DType::float64) {
      throw DTypeError(text("check_grad: ", name, ", input ", i, " is ", inputs[i].dtype(),
                            ". Differences need float64: cast it."));
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
