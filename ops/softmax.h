// Softmax and its logarithm.
#pragma once

#include <trous/autograd/variable.h>

namespace trous {

/// y = x - log sum exp(x) along `axis`. The maximum is taken out inside, so logits of +-1000 are harmless.
/// Gradient: g - exp(y) sum(g).
///
/// x         float32 or float64, any shape
/// returns   x's shape and dtype
///
/// Throws ArgumentError if there is no such axis, DTypeError for integers.
Variable log_softmax(const Variable& x, int axis = -1);

/// y = exp(log_softmax(x)): positive, and of sum 1 along `axis`. Shapes, dtypes and errors as log_softmax.
Variable softmax(const Variable& x, int axis = -1);

}  // namespace trous
