#include <cmath>
#include <numbers>

#include <trous/ops/activations.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/compare.h>
#include <trous/ops/pointwise.h>

namespace trous {

Variable leaky_relu(const Variable& x, double slope) { return where(greater(x, 0), x, slope * x); }

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
