#include <string>

#include <trous/autograd/add.h>
#include <trous/autograd/record.h>
#include <trous/autograd/trilinear_form.h>
#include <trous/core/map.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/broadcast.h>

namespace trous {
namespace {

struct Operands {
  Variable a, b;
};

// Both operands at their common shape.
Operands matched(std::string_view op, const Variable& a, const Variable& b) {
  for (const Variable& x : {a, b}) visit_floating(op, x.dtype(), []<class T> {});
  if (a.dtype() != b.dtype()) {
    throw DTypeError(text(op, ": ", a.dtype(), " and ", b.dtype(),
                          " do not mix. Cast one side: cast(x, DType::", b.dtype(), ")."));
  }
  const Shape shape = broadcast_shape(op, a.shape(), b.shape());
  return {broadcast_to(a, shape), broadcast_to(b, shape)};
}

Tensor product(const Tensor& a, const Tensor& b) {
  return zip(a, b, [](auto x, auto y) { return x * y; });
}

}  // namespace

Variable add(const Variable& a, const Variable& b, std::string_view name) {
  const auto [left, right] = matched("add", a, b);
  return add_same_shape(left, right, name);
}

Variable sub(const Variable& a, const Variable& b, std::string_view name) {
  const auto [left, right] = matched("sub", a, b);
  return record(
      {"sub", {}, std::string(name), Pixels::same()}, {left, right},
      [](std::span<const Tensor> in) { return zip(in[0], in[1], [](auto x, auto y) { return x - y; }); },
      {Rule(Reads::nothing(), [](const Vjp& v) { return v.grad(); }),
       Rule(Reads::nothing(), [](const Vjp& v) { return -v.grad(); })});
}

Variable mul(const Variable& a, const Variable& b, std::string_view name) {
  const auto [left, right] = matched("mul", a, b);
  const Domain domain{left.shape(), left.dtype()};
  const TrilinearForm form{
      {"mul", "mul", "mul"}, {}, {domain, domain, domain}, {product, product, product}, Pixels::same()};
  return form({left, right, std::nullopt}, name);
}

Variable div(const Variable& a, const Variable& b, std::string_view name) {
  const auto [left, right] = matched("div", a, b);
  return record(
      {"div", {}, std::string(name), Pixels::same()}, {left, right},
      [](std::span<const Tensor> in) { return zip(in[0], in[1], [](auto x, auto y) { return x / y; }); },
      {Rule(Reads::input(1), [](const Vjp& v) { return v.grad() / v.input(1); }),
       Rule(Reads::input(1) | Reads::the_output(),
            [](const Vjp& v) { return -(v.grad() * v.output()) / v.input(1); })});
}

Variable scale(const Variable& x, double factor) {
  visit_floating("scale", x.dtype(), []<class T> {});
  const auto apply = [factor](const Tensor& t, std::span<const Tensor>) {
    return map(t, [factor](auto v) { return v * static_cast<decltype(v)>(factor); });
  };
  const Domain domain{x.shape(), x.dtype()};
  return LinearMap{"scale", "scale", {{"by", factor}}, domain, domain, apply, apply, {}, Pixels::same()}(x);
}

Variable shift(const Variable& x, double term) {
  visit_floating("shift", x.dtype(), []<class T> {});
  return record({.kind = "shift", .attributes = {{"by", term}}, .pixels = Pixels::same()}, {x},
                [term](std::span<const Tensor> in) {
                  return map(in[0], [term](auto v) { return v + static_cast<decltype(v)>(term); });
                },
                {Rule(Reads::nothing(), [](const Vjp& v) { return v.grad(); })});
}

Variable operator/(const Variable& x, double divisor) { return div(x, Tensor::scalar(divisor, x.dtype())); }
Variable operator/(double dividend, const Variable& x) { return div(Tensor::scalar(dividend, x.dtype()), x); }

}  // namespace trous
