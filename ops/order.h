// Orders and running sums along an axis, which may be negative, counted from the end. They throw
// ArgumentError if there is no such axis.
#pragma once

#include <cstdint>

#include <trous/autograd/variable.h>

namespace trous {

struct CumsumOptions {
  bool exclusive = false;  ///< leaves an element out of its own sum, so that the first is 0
  bool reverse = false;    ///< sums from the end
};

/// y[.., k, ..] = sum of x[.., j, ..] over j <= k along `axis`; exclusive: over j < k; with `reverse` over
/// j >= k and j > k. x is float32 or float64; float32 is added in float64. A linear map, whose transpose runs
/// in the other direction. Source: TensorFlow tf.math.cumsum.
Variable cumsum(const Variable& x, int axis, const CumsumOptions& options = {});

enum class Sorted { ascending, descending };

/// int32 places of the elements of x in their order along `axis`. Equal elements keep their order, and NaN
/// comes last, in either direction (PyTorch takes it for the largest). x is of any dtype. Locally constant.
/// Throws ShapeError if the axis is longer than 2^31 - 1.
Variable argsort(const Variable& x, int axis = -1, Sorted order = Sorted::ascending);

/// The elements of x in the order of argsort, which is not differentiated: each gradient goes back to the
/// place that its element came from. Throws as argsort.
Variable sort(const Variable& x, int axis = -1, Sorted order = Sorted::ascending);

/// The largest elements along an axis, in descending order, and their int32 places.
struct TopK {
  Variable values, indices;
};

/// The `count` largest elements along `axis`; of equal ones the first, and NaN only after all numbers. The
/// gradient goes to the elements taken. Throws ArgumentError unless count is 1 to the extent of the axis.
TopK topk(const Variable& x, std::int64_t count, int axis = -1);

}  // namespace trous
