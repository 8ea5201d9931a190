// The checks and shapes that reductions along axes share.
#pragma once

#include <cstdint>
#include <vector>

#include <trous/autograd/variable.h>

namespace trous::detail {

/// The shapes of a reduction.
struct ReducedShape {
  Shape kept;                         ///< x's shape with the reduced axes at 1
  std::vector<std::int64_t> dropped;  ///< x's extents without the reduced axes
  std::int64_t count = 1;             ///< the number of elements in each result
  std::vector<std::int64_t> order;    ///< x's axes, the reduced ones last
  bool only_last = true;              ///< whether no axis but the last is reduced
};

/// Throws ArgumentError naming `op` for an axis that does not exist or is named twice. Axes may be negative.
ReducedShape reduced_shape(const char* op, const Shape& x, const std::vector<int>& axes);

/// Throws ShapeError naming `op` if `count` elements are none.
void check_not_empty(const char* op, const Shape& x, std::int64_t count);

/// Returns every axis of x, from 0 on.
std::vector<int> all_axes(const Shape& x);

}  // namespace trous::detail
