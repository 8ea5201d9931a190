// Several tensors as one.
#pragma once

#include <vector>

#include <trous/autograd/variable.h>

namespace trous {

/// The xs one behind the other along `axis` (negative: from the end); all other extents and the dtypes
/// agree. Gradient of each: its slice. Throws ArgumentError if xs is empty, ShapeError or DTypeError if
/// they do not fit.
Variable concat(const std::vector<Variable>& xs, int axis);

/// The xs, all of one shape, along a new axis inserted at `axis`.
Variable stack(const std::vector<Variable>& xs, int axis);

}  // namespace trous
