// The nonlinear functions of networks that are sentences of other ops, beside relu, tanh and sigmoid of
// ops/pointwise.h. x is float32 or float64; NaN stays.
#pragma once

#include <string_view>

#include <trous/autograd/variable.h>

namespace trous {

/// x where x > 0, else slope x. Derivative 1 where x > 0, else `slope`.
/// Source: Maas, Hannun and Ng, ICML 2013.
Variable leaky_relu(const Variable& x, double slope = 0.01);

/// x where x > 0, else slope x: leaky_relu with a slope that is learned. Gradients: of x as leaky_relu; of
/// slope x where x <= 0, added over all elements that share the slope.
///
/// x         float32 or float64, [..., channels]
/// slope     x's dtype, a scalar or [channels]
/// returns   x's shape and dtype
///
/// Throws ShapeError or DTypeError unless slope is such. Source: He et al., arXiv:1502.01852.
Variable prelu(const Variable& x, const Variable& slope, std::string_view name = {});

/// x where x > 0, else alpha (exp(x) - 1). Derivative 1 where x > 0, else alpha exp(x).
/// Source: Clevert, Unterthiner and Hochreiter, arXiv:1511.07289.
Variable elu(const Variable& x, double alpha = 1);

/// x sigmoid(x), also called swish. Source: Elfwing, Uchibe and Doya, arXiv:1702.03118.
Variable silu(const Variable& x);

/// Which function is called gelu: x Phi(x) with the normal distribution Phi, or its approximation.
enum class Gelu {
  erf,  ///< x (1 + erf(x / sqrt 2)) / 2
  tanh  ///< x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2
};
/// The Gaussian error linear unit. Source: Hendrycks and Gimpel, arXiv:1606.08415.
Variable gelu(const Variable& x, Gelu form = Gelu::erf);

/// x clip(x + 3, 0, 6) / 6. Source: Howard et al., arXiv:1905.02244.
Variable hardswish(const Variable& x);

}  // namespace trous
