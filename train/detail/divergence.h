// The first tensor of a diverging training that is NaN or infinite, in words.
#pragma once

#include <string>
#include <vector>

#include <trous/check/not_finite.h>
#include <trous/layers/sequential.h>

namespace trous::detail {

/// Names the first tensor that was not finite: a weight, an op's output or by-product, or an op's input.
std::string in_words(const NotFinite& bad, const AnyLayer& net);

/// Names the first gradient that is not finite by the path of its parameter; empty if all are.
std::string bad_gradient(const std::vector<Tensor>& gradients, const std::vector<std::string>& paths);

/// Names the first weight or running statistic that is not finite; empty if all are.
std::string bad_value(const AnyLayer& net);

}  // namespace trous::detail
