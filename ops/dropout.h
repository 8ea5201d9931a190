// Dropout.
#pragma once

#include <trous/autograd/variable.h>
#include <trous/core/random.h>

namespace trous {

/// Each element is 0 with `probability`, and x / (1 - probability) otherwise, chosen by `key` alone: a
/// linear map that is its own transpose and keeps nothing alive.
///
/// probability   of dropping, 0 <= probability < 1. Throws ArgumentError otherwise
/// Source: Srivastava et al., JMLR 15, 2014; scaled while training, as in PyTorch.
Variable dropout(const Variable& x, double probability, Key key);

}  // namespace trous
