// Functions of one element. Each has its derivative written in ops. x is float32 or float64.
#pragma once

#include <trous/autograd/variable.h>

namespace trous {

Variable exp(const Variable& x);      ///< derivative y
Variable log(const Variable& x);      ///< derivative 1 / x
Variable sqrt(const Variable& x);     ///< derivative 1 / (2 y)
Variable sin(const Variable& x);      ///< of radians, derivative cos(x)
Variable cos(const Variable& x);      ///< of radians, derivative -sin(x)
Variable log1p(const Variable& x);    ///< log(1 + x), exact near 0; derivative 1 / (1 + x)
Variable expm1(const Variable& x);    ///< exp(x) - 1, exact near 0; derivative y + 1
Variable erf(const Variable& x);      ///< derivative 2 / sqrt(pi) exp(-x^2)
Variable tanh(const Variable& x);     ///< derivative 1 - y^2
Variable sigmoid(const Variable& x);  ///< 1 / (1 + exp(-x)), derivative y (1 - y)

/// log(1 + exp(x)), without overflow. Derivative sigmoid(x).
Variable softplus(const Variable& x);

/// max(x, 0); NaN stays. Derivative 1 where x > 0, else 0.
Variable relu(const Variable& x);

/// |x|. Derivative sign(x), 0 at 0.
Variable abs(const Variable& x);

/// x^exponent for a number `exponent`. Derivative exponent x^(exponent - 1); where the exponent has come
/// down to 0 the power is the constant 1 and the derivatives end, so integer powers are exact at x = 0.
Variable pow(const Variable& x, double exponent);

/// x limited to low .. high. Derivative 1 where low <= x <= high, else 0. Throws ArgumentError if
/// low > high.
Variable clip(const Variable& x, double low, double high);

}  // namespace trous
