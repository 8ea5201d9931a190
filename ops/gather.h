// Picks elements by index, and the transpose: adds elements at indices.
#pragma once

#include <trous/autograd/variable.h>

namespace trous {

/// y[.., k, ..] = x[.., indices[.., k, ..], ..] along `axis`; every other index is kept.
///
/// x         float32, float64 or integer
/// indices   int32, x's rank, and x's extents but for `axis`
/// returns   indices' shape, x's dtype
///
/// Transpose: scatter_add. Throws ShapeError if the extents disagree, DTypeError unless indices are
/// int32, ArgumentError naming the first index that is not in 0 .. extent - 1.
Variable gather(const Variable& x, const Variable& indices, int axis);

/// y[.., indices[.., k, ..], ..] += x[.., k, ..] into zeros with `extent` elements along `axis`: the
/// transpose of gather.
///
/// x         float32 or float64
/// indices   int32, x's shape
/// returns   x's shape with `extent` along `axis`
///
/// Throws ShapeError, DTypeError or ArgumentError as gather.
Variable scatter_add(const Variable& x, const Variable& indices, int axis, std::int64_t extent);

}  // namespace trous
