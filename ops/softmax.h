// Softmax and its logarithm.
#pragma once

#include <trous/autograd/variable.h>

namespace trous {

/// y = x - log sum exp(x) along `axis`. The maximum is taken out inside, so logits of +-1000 are harmless.
/// Gradient: g - exp(y) sum(g).
Variable log_softmax(const Variable& x, int axis = -1);

/// y = exp(log_softmax(x)): positive, and of sum 1 along `axis`.
Variable softmax(const Variable& x, int axis = -1);

}  // namespace trous
