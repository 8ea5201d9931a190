#include <numeric>

#include <trous/core/error.h>
#include <trous/ops/detail/reduced_shape.h>

namespace trous::detail {

ReducedShape reduced_shape(const char* op, const Shape& x, const std::vector<int>& axes) {
  std::vector<bool> gone(static_cast<std::size_t>(x.rank()), false);
  for (const int axis : axes) {
    const auto at = static_cast<std::size_t>(normalize_axis(op, x, axis));
    if (gone[at]) {
      throw ArgumentError(text(op, ": axis ", axis, " of x ", x, " is named twice. Name each axis once."));
    }
    gone[at] = true;
  }
  ReducedShape result{.kept = x, .dropped = {}, .order = {}};
  for (const bool reduced : {false, true}) {
    for (int axis = 0; axis < x.rank(); ++axis) {
      if (gone[static_cast<std::size_t>(axis)] != reduced) continue;
      result.order.push_back(axis);
      if (!reduced) {
        result.dropped.push_back(x[axis]);
        continue;
      }
      result.count *= x[axis];
      result.kept[axis] = 1;
      result.only_last = result.only_last && axis == x.rank() - 1;
    }
  }
  return result;
}

void check_not_empty(const char* op, const Shape& x, std::int64_t count) {
  if (count == 0) throw ShapeError(text(op, ": x ", x, " has no elements to reduce. Skip empty batches."));
}

std::vector<int> all_axes(const Shape& x) {
  std::vector<int> axes(static_cast<std::size_t>(x.rank()));
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

}  // namespace trous::detail
