// Log sum exp, variance and Euclidean norm along axes.
//
// `axes` may be negative, counted from the end; x is float32 or float64. They throw ArgumentError for an axis
// that does not exist or is named twice, ShapeError where there is nothing to reduce.
#pragma once

#include <cstdint>
#include <vector>

#include <trous/autograd/variable.h>

namespace trous {

/// y = log sum exp(x) over `axes`. The maximum is taken out inside, so numbers of +-1000 are harmless;
/// float32 is added in float64. Gradient: g exp(x - y), the softmax; where y is infinite it is NaN.
Variable logsumexp(const Variable& x, const std::vector<int>& axes, bool keep_axes = false);

struct VarOptions {
  /// What is subtracted from the number of elements: 1 estimates the variance of what was sampled, without
  /// bias, as PyTorch does by default; 0 is the mean of the squares, as in TensorFlow and in batch norm.
  std::int64_t correction = 1;
  bool keep_axes = false;
};

/// y = sum (x - mean(x))^2 / (n - correction) over `axes`, n being the number of elements in each sum. Throws
/// ShapeError unless n is above `correction`, ArgumentError if that is negative.
Variable var(const Variable& x, const std::vector<int>& axes, const VarOptions& options = {});

/// y = sqrt(sum x^2) over `axes`, the Euclidean norm. The squares neither overflow nor vanish. Gradient:
/// g x / y. Where y is 0 the norm has a kink, and its derivatives of all orders are 0 here.
Variable norm(const Variable& x, const std::vector<int>& axes, bool keep_axes = false);

}  // namespace trous
