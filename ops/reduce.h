// Sums, means and extremes along axes.
//
// `axes` may be negative, counted from the end. With `keep_axes` a reduced axis stays with extent 1,
// otherwise it goes. Throw ArgumentError for an axis that does not exist or is named twice.
#pragma once

#include <vector>

#include <trous/autograd/variable.h>

namespace trous {

/// The sum of all elements, rank 0. float32 is added in float64 and rounded once.
Variable sum(const Variable& x);
Variable sum(const Variable& x, const std::vector<int>& axes, bool keep_axes = false);

/// The mean; throws ShapeError where there is nothing to average.
Variable mean(const Variable& x);
Variable mean(const Variable& x, const std::vector<int>& axes, bool keep_axes = false);

/// The largest and smallest element. The gradient goes to the winner, the first one where several tie.
Variable max(const Variable& x);
Variable max(const Variable& x, int axis, bool keep_axis = false);
Variable min(const Variable& x);
Variable min(const Variable& x, int axis, bool keep_axis = false);

/// int32 place of the largest element along `axis`, the first where several tie; NaN wins. Locally constant.
Variable argmax(const Variable& x, int axis, bool keep_axis = false);

}  // namespace trous
