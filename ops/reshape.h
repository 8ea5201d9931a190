// The same elements under another shape, or in another order of axes.
#pragma once

#include <cstdint>
#include <vector>

#include <trous/autograd/variable.h>

namespace trous {

/// x under `shape`, which has as many elements; shares memory. One extent may be -1 and is derived.
/// Throws ShapeError if the counts differ.
Variable reshape(const Variable& x, const Shape& shape);

/// Axis k of the result is axis order[k] of x. Throws ArgumentError unless `order` names every axis once.
Variable permute(const Variable& x, const std::vector<std::int64_t>& order);

}  // namespace trous
