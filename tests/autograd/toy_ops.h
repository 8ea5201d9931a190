// The ops that the tests of the tape need, made here from `record` and `LinearMap` alone: the tape needs none
// of the library's. They are closed under differentiation, so every order can be asked.
#pragma once

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include <trous/autograd/add.h>
#include <trous/autograd/grad.h>
#include <trous/autograd/linear_map.h>
#include <trous/autograd/record.h>
#include <trous/core/map.h>
#include <trous/core/random.h>

namespace trous::toy {

inline Tensor vec(const std::vector<double>& values) {
  return Tensor(Shape{static_cast<std::int64_t>(values.size())}, values);
}
inline Tensor num(double value) { return Tensor::scalar(value, DType::float64); }
/// Between 0.2 and 1: away from 0, where kinks are.
inline Tensor draw(const Shape& shape, std::uint64_t key) {
  return uniform(shape, DType::float64, Key{key}, 0.2, 1);
}
inline std::vector<double> list(const Variable& x) { return x.value().to_vector<double>(); }

/// y = k x.
inline Variable scale(const Variable& x, double k) {
  const auto apply = [k](const Tensor& v, std::span<const Tensor>) {
    return map(v, [k](auto e) { return k * e; });
  };
  const Domain same{x.shape(), x.dtype()};
  return LinearMap{.op = "scale",
                   .transpose_op = "scale",
                   .attributes = {{"by", k}},
                   .domain = same,
                   .codomain = same,
                   .forward = apply,
                   .backward = apply}(x);
}

/// The map x -> sum of x; its transpose, `spread`, repeats a scalar over `shape`.
inline LinearMap sum_of(const Shape& shape, DType dtype = DType::float64) {
  return {
      .op = "sum",
      .transpose_op = "spread",
      .attributes = {},
      .domain = {shape, dtype},
      .codomain = {Shape{}, dtype},
      .forward =
          [](const Tensor& x, std::span<const Tensor>) {
            return Tensor::scalar(dot(x, Tensor::ones(x.shape(), x.dtype())), x.dtype());
          },
      .backward = [shape](const Tensor& y,
                          std::span<const Tensor>) { return Tensor::full(shape, y.dtype(), y.to_double()); }};
}
inline Variable sum(const Variable& x, std::string_view name = {}) {
  return sum_of(x.shape(), x.dtype())(x, name);
}

/// y = a b, element by element.
inline Variable times(const Variable& a, const Variable& b, std::string_view name = {}) {
  return record(
      {.kind = "times", .name = std::string(name)}, {a, b},
      [](std::span<const Tensor> in) { return zip(in[0], in[1], [](auto u, auto v) { return u * v; }); },
      {Rule(Reads::input(1), [](const Vjp& v) { return times(v.grad(), v.input(1)); }),
       Rule(Reads::input(0), [](const Vjp& v) { return times(v.grad(), v.input(0)); })});
}

inline Variable square(const Variable& x) {
  return record({"square"}, {x},
                [](std::span<const Tensor> in) { return map(in[0], [](auto v) { return v * v; }); },
                {Rule(Reads::input(0), [](const Vjp& v) { return times(scale(v.input(0), 2), v.grad()); })});
}

/// sin(x + quarter pi / 2): its derivative is the next quarter, so the family is one op.
inline Variable sine(const Variable& x, int quarter = 0) {
  return record({"sine", {{"quarter", std::int64_t{quarter % 4}}}}, {x},
                [quarter](std::span<const Tensor> in) {
                  return map(in[0], [quarter](double v) {
                    const double wave = quarter % 2 ? std::cos(v) : std::sin(v);
                    return quarter % 4 < 2 ? wave : -wave;
                  });
                },
                {Rule(Reads::input(0),
                      [quarter](const Vjp& v) { return times(v.grad(), sine(v.input(0), quarter + 1)); })});
}

/// Reads its output and not its input.
inline Variable exponential(const Variable& x) {
  return record({"exponential"}, {x},
                [](std::span<const Tensor> in) { return map(in[0], [](auto v) { return std::exp(v); }); },
                {Rule(Reads::the_output(), [](const Vjp& v) { return times(v.grad(), v.output()); })});
}

/// The value itself; `rule` sees every cotangent that passes.
template <class F>
Variable watched(const Variable& x, F rule, std::string kind = "watched") {
  return record({std::move(kind)}, {x}, [](std::span<const Tensor> in) { return in[0]; },
                {Rule(Reads::nothing(), [rule](const Vjp& v) {
                  rule(v);
                  return v.grad();
                })});
}

/// 1 where x > 0, else 0: locally constant.
inline Variable step(const Variable& x) {
  return record({"step"}, {x},
                [](std::span<const Tensor> in) { return map(in[0], [](auto v) { return v > 0 ? 1 : 0; }); },
                {Rule::locally_constant()});
}

/// a w where `w` are weights without a derivative.
inline Variable weigh(const Variable& a, const Variable& w) {
  return record(
      {"weigh"}, {a, w},
      [](std::span<const Tensor> in) { return zip(in[0], in[1], [](auto u, auto v) { return u * v; }); },
      {Rule(Reads::input(1), [](const Vjp& v) { return weigh(v.grad(), v.input(1)); }),
       Rule::not_differentiable()});
}

/// x as int32, with a rule that must never run: integers are not tracked.
inline Variable truncated(const Variable& x) {
  return record({"truncated"}, {x}, [](std::span<const Tensor> in) { return in[0].cast(DType::int32); },
                {[](const Vjp& v) { return v.input(0); }});
}

/// y[i] = x[index[i]], index int32; its transpose adds up.
inline Variable gather(const Variable& x, const Variable& index) {
  return LinearMap{.op = "gather",
                   .transpose_op = "scatter_add",
                   .attributes = {},
                   .domain = {x.shape(), DType::float64},
                   .codomain = {index.shape(), DType::float64},
                   .forward =
                       [](const Tensor& v, std::span<const Tensor> parameters) {
                         std::vector<double> out;
                         for (const std::int32_t i : parameters[0].to_vector<std::int32_t>())
                           out.push_back(v.values<double>()[static_cast<std::size_t>(i)]);
                         return vec(out);
                       },
                   .backward =
                       [shape = x.shape()](const Tensor& v, std::span<const Tensor> parameters) {
                         Tensor out = Tensor::zeros(shape, DType::float64);
                         const auto index_values = parameters[0].to_vector<std::int32_t>();
                         for (std::size_t i = 0; i < index_values.size(); ++i)
                           out.mutable_values<double>()[static_cast<std::size_t>(index_values[i])] +=
                               v.values<double>()[i];
                         return out;
                       },
                   .parameters = {index}}(x);
}

}  // namespace trous::toy
