// Several tensors as one.
#pragma once

#include <vector>

#include <trous/autograd/variable.h>

namespace trous {

/// The xs one behind the other along `axis` (negative: from the end); all other extents and the dtypes
/// agree. Gradient of each: its slice. Throws ArgumentError if xs is empty, ShapeError or DTypeError if
/// they do not fit.
Variable concat(const std::vector<Variable>& xs, int axis);

/// The xs, all of one shape and dtype, along a new axis of extent xs.size() inserted at `axis` (negative:
/// from the end of the result). Gradient of each: its slice. Throws as concat.
Variable stack(const std::vector<Variable>& xs, int axis);

}  // namespace trous
