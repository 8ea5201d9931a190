// Repeating along axes, and summing along them: each is the transpose of the other. Broadcasting is its own
// op on the tape, so no binary rule ever un-broadcasts.
#pragma once

#include <trous/autograd/variable.h>

namespace trous {

/// x repeated to `shape`: axes are aligned at the end, missing ones are added in front, and an extent of 1
/// is repeated. Transpose: sum_to. Throws ShapeError if an extent is neither 1 nor the wanted one.
Variable broadcast_to(const Variable& x, const Shape& shape);

/// x summed down to `shape`, the transpose of broadcast_to. float32 is added in float64 and rounded once.
/// Throws ShapeError unless `shape` can be broadcast to x's.
Variable sum_to(const Variable& x, const Shape& shape);

/// The shape that both broadcast to. Throws ShapeError naming `op` if there is none.
Shape broadcast_shape(std::string_view op, const Shape& a, const Shape& b);

}  // namespace trous
