// The same elements under another shape, or in another order of axes.
#pragma once

#include <cstdint>
#include <vector>

#include <trous/autograd/variable.h>

namespace trous {

/// x under `shape`, which has as many elements; shares memory. One extent may be -1 and is derived.
/// Throws ShapeError if the counts differ.
Variable reshape(const Variable& x, const Shape& shape);

/// x without `axes`, each of which has extent 1; they may be negative, counted from the end. Axes must be
/// named: dropping all that happen to be 1 would drop a batch of one, too. Throws ShapeError for an axis with
/// another extent, ArgumentError for one that does not exist or is named twice.
Variable squeeze(const Variable& x, const std::vector<int>& axes);

/// x with a new axis of extent 1 at `axis` (negative: from the end of the result). Throws ArgumentError if
/// the result has no such axis.
Variable unsqueeze(const Variable& x, int axis);

/// Axis k of the result is axis order[k] of x. Throws ArgumentError unless `order` names every axis once.
Variable permute(const Variable& x, const std::vector<std::int64_t>& order);

}  // namespace trous
