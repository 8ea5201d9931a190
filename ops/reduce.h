// Sums, means and extremes along axes.
//
// `axes` may be negative, counted from the end. With `keep_axes` a reduced axis stays with extent 1,
// otherwise it goes. They throw ArgumentError for an axis that does not exist or is named twice.
#pragma once

#include <concepts>
#include <vector>

#include <trous/autograd/variable.h>

namespace trous {

/// y = sum of x over all axes (rank 0), or over `axes`. x is float32 or float64; float32 is added in float64
/// and rounded once. Gradient: the cotangent, repeated.
Variable sum(const Variable& x);
Variable sum(const Variable& x, const std::vector<int>& axes, bool keep_axes = false);
template <std::same_as<int> Axis>
Variable sum(const Variable& x, Axis axis, bool keep_axis = false) {
  return sum(x, std::vector<int>{axis}, keep_axis);
}

/// y = sum / number of summed elements. x is float32 or float64. Throws ShapeError where there is nothing to
/// average.
Variable mean(const Variable& x);
Variable mean(const Variable& x, const std::vector<int>& axes, bool keep_axes = false);
template <std::same_as<int> Axis>
Variable mean(const Variable& x, Axis axis, bool keep_axis = false) {
  return mean(x, std::vector<int>{axis}, keep_axis);
}

/// The largest and smallest element, of all or along one axis. x is float32 or float64. The gradient goes to
/// the winner, the first one where several tie; NaN wins. Throws ShapeError where there is nothing to choose.
Variable max(const Variable& x);
Variable max(const Variable& x, int axis, bool keep_axis = false);
Variable min(const Variable& x);
Variable min(const Variable& x, int axis, bool keep_axis = false);

/// int32 place of the largest element along `axis`, the first where several tie; NaN wins. x is of any dtype.
/// Locally constant. Throws ShapeError if the axis is empty or longer than 2^31 - 1.
Variable argmax(const Variable& x, int axis, bool keep_axis = false);

}  // namespace trous
