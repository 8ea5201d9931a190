#include <cmath>
#include <numbers>

#include <trous/core/error.h>
#include <trous/ops/activations.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/compare.h>
#include <trous/ops/pointwise.h>

namespace trous {

Variable leaky_relu(const Variable& x, double slope) { return where(greater(x, 0), x, slope * x); }

Variable prelu(const Variable& x, const Variable& slope, std::string_view name) {
  visit_floating("prelu", x.dtype(), []<class T> {});
  const Shape& shape = x.shape();
  const bool fits =
      slope.shape() == Shape{} || (shape.rank() > 0 && slope.shape() == Shape{shape[shape.rank() - 1]});
  if (!fits) {
    throw ShapeError(text("prelu: slope ", slope.shape(), " does not fit x ", shape,
                          ". Give a scalar, or one slope for each element of the last axis."));
  }
  if (slope.dtype() != x.dtype()) {
    throw DTypeError(text("prelu: x is ", x.dtype(), ", slope ", slope.dtype(), ". Cast one of them."));
  }
  const Variable above = greater(x, 0);
  // The slope's gradient multiplies by what is below alone: 0 times an infinite x above would be NaN.
  return where(above, x, mul(where(above, 0, x), slope, name));
}

Variable elu(const Variable& x, double alpha) {
  const Variable above = greater(x, 0);
  // exp of what is not taken could overflow, and 0 times infinity is NaN.
  return where(above, x, alpha * expm1(where(above, 0, x)));
}

Variable silu(const Variable& x) { return x * sigmoid(x); }

Variable gelu(const Variable& x, Gelu form) {
  if (form == Gelu::erf) return 0.5 * x * (1.0 + erf(x / std::numbers::sqrt2));
  return 0.5 * x * (1.0 + tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * pow(x, 3))));
}

Variable hardswish(const Variable& x) { return x * clip(x + 3.0, 0, 6) / 6; }

}  // namespace trous
