#include <algorithm>
#include <cmath>
#include <numbers>

#include <trous/autograd/record.h>
#include <trous/core/error.h>
#include <trous/core/map.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/compare.h>
#include <trous/ops/pointwise.h>

namespace trous {
namespace {

// y = f(x), with the cotangent `rule` reading what it says.
template <class F, class G>
Variable pointwise(Op op, const Variable& x, F f, Reads reads, G rule) {
  visit_floating(op.kind, x.dtype(), []<class T> {});
  op.pixels = Pixels::same();
  return record(std::move(op), {x}, [f](std::span<const Tensor> in) { return map(in[0], f); },
                {Rule(reads, rule)});
}

constexpr Reads input = Reads::input(0);
constexpr Reads output = Reads::the_output();

}  // namespace

Variable exp(const Variable& x) {
  return pointwise(
      {"exp"}, x, [](auto v) { return std::exp(v); }, output,
      [](const Vjp& v) { return v.grad() * v.output(); });
}

Variable log(const Variable& x) {
  return pointwise(
      {"log"}, x, [](auto v) { return std::log(v); }, input,
      [](const Vjp& v) { return v.grad() / v.input(0); });
}

Variable sqrt(const Variable& x) {
  return pointwise(
      {"sqrt"}, x, [](auto v) { return std::sqrt(v); }, output,
      [](const Vjp& v) { return 0.5 * v.grad() / v.output(); });
}

Variable sin(const Variable& x) {
  return pointwise(
      {"sin"}, x, [](auto v) { return std::sin(v); }, input,
      [](const Vjp& v) { return v.grad() * cos(v.input(0)); });
}

Variable cos(const Variable& x) {
  return pointwise(
      {"cos"}, x, [](auto v) { return std::cos(v); }, input,
      [](const Vjp& v) { return -(v.grad() * sin(v.input(0))); });
}

Variable log1p(const Variable& x) {
  return pointwise(
      {"log1p"}, x, [](auto v) { return std::log1p(v); }, input,
      [](const Vjp& v) { return v.grad() / (1.0 + v.input(0)); });
}

Variable expm1(const Variable& x) {
  return pointwise(
      {"expm1"}, x, [](auto v) { return std::expm1(v); }, output,
      [](const Vjp& v) { return v.grad() * (v.output() + 1.0); });
}

Variable erf(const Variable& x) {
  return pointwise(
      {"erf"}, x, [](auto v) { return std::erf(v); }, input,
      [](const Vjp& v) {
        const Variable x0 = v.input(0);
        return v.grad() * (2 * std::numbers::inv_sqrtpi * exp(-(x0 * x0)));
      });
}

Variable softplus(const Variable& x) {
  const auto f = [](auto v) { return std::max(v, decltype(v)(0)) + std::log1p(std::exp(-std::abs(v))); };
  return pointwise({"softplus"}, x, f, input, [](const Vjp& v) { return v.grad() * sigmoid(v.input(0)); });
}

Variable tanh(const Variable& x) {
  return pointwise(
      {"tanh"}, x, [](auto v) { return std::tanh(v); }, output,
      [](const Vjp& v) { return v.grad() * (1.0 - v.output() * v.output()); });
}

Variable sigmoid(const Variable& x) {
  // exp of a negative number on either side, so that nothing overflows.
  const auto f = [](auto v) {
    using T = decltype(v);
    if (v >= 0) return T(1) / (T(1) + std::exp(-v));
    const T e = std::exp(v);
    return e / (T(1) + e);
  };
  return pointwise({"sigmoid"}, x, f, output,
                   [](const Vjp& v) { return v.grad() * (v.output() * (1.0 - v.output())); });
}

Variable relu(const Variable& x) {
  return pointwise(
      {"relu"}, x, [](auto v) { return v < 0 ? decltype(v)(0) : v; }, output,
      [](const Vjp& v) { return masked(v.grad(), greater(v.output(), 0)); });
}

Variable abs(const Variable& x) {
  return pointwise(
      {"abs"}, x, [](auto v) { return std::abs(v); }, input,
      [](const Vjp& v) { return v.grad() * sign(v.input(0)); });
}

Variable pow(const Variable& x, double exponent) {
  const Op op{.kind = "pow", .attributes = {{"exponent", exponent}}, .pixels = Pixels::same()};
  const auto f = [exponent](auto v) { return std::pow(v, static_cast<decltype(v)>(exponent)); };
  if (exponent == 0) {
    visit_floating("pow", x.dtype(), []<class T> {});
    return record(op, {x}, [f](std::span<const Tensor> in) { return map(in[0], f); },
                  {Rule::locally_constant()});
  }
  return pointwise(op, x, f, input, [exponent](const Vjp& v) {
    return v.grad() * (exponent * pow(v.input(0), exponent - 1));
  });
}

Variable clip(const Variable& x, double low, double high) {
  if (!(low <= high)) throw ArgumentError(text("clip: low ", low, " is above high ", high, ". Swap them."));
  const auto f = [low, high](auto v) {
    using T = decltype(v);
    return v < static_cast<T>(low)    ? static_cast<T>(low)
           : v > static_cast<T>(high) ? static_cast<T>(high)
                                      : v;
  };
  return pointwise({"clip", {{"low", low}, {"high", high}}}, x, f, input, [low, high](const Vjp& v) {
    const Variable x0 = v.input(0);
    return masked(masked(v.grad(), greater_equal(x0, low)), less_equal(x0, high));
  });
}

}  // namespace trous
