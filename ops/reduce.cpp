#include <limits>
#include <numeric>

#include <trous/autograd/record.h>
#include <trous/core/error.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/broadcast.h>
#include <trous/ops/gather.h>
#include <trous/ops/kernels/reduce.h>
#include <trous/ops/reduce.h>
#include <trous/ops/reshape.h>

namespace trous {
namespace {

std::vector<int> all_axes(const Variable& x) {
  std::vector<int> axes(static_cast<std::size_t>(x.shape().rank()));
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

// x's shape with the reduced axes at 1, and without them.
struct Reduced {
  Shape kept;
  std::vector<std::int64_t> dropped;
  std::int64_t count = 1;  // elements per result
};

Reduced reduced(const char* op, const Variable& x, const std::vector<int>& axes) {
  std::vector<bool> gone(static_cast<std::size_t>(x.shape().rank()), false);
  for (const int axis : axes) {
    const auto at = static_cast<std::size_t>(normalize_axis(op, x.shape(), axis));
    if (gone[at])
      throw ArgumentError(
          text(op, ": axis ", axis, " of x ", x.shape(), " is named twice. Name each axis once."));
    gone[at] = true;
  }
  Reduced result{.kept = x.shape(), .dropped = {}};
  for (int axis = 0; axis < x.shape().rank(); ++axis) {
    if (gone[static_cast<std::size_t>(axis)]) {
      result.count *= x.shape()[axis];
      result.kept[axis] = 1;
    } else {
      result.dropped.push_back(x.shape()[axis]);
    }
  }
  return result;
}

Variable without_axis(const Variable& x, int axis) {
  std::vector<std::int64_t> extents(x.shape().begin(), x.shape().end());
  extents.erase(extents.begin() + axis);
  return reshape(x, extents);
}

void check_not_empty(const char* op, const Variable& x, std::int64_t count) {
  if (count == 0)
    throw ShapeError(text(op, ": x ", x.shape(), " has no elements to reduce. Skip empty batches."));
}

}  // namespace

Variable sum(const Variable& x) { return sum(x, all_axes(x)); }

Variable sum(const Variable& x, const std::vector<int>& axes, bool keep_axes) {
  visit_floating("sum", x.dtype(), []<class T> {});
  const Reduced r = reduced("sum", x, axes);
  const Variable total = sum_to(x, r.kept);
  return keep_axes ? total : reshape(total, r.dropped);
}

Variable mean(const Variable& x) { return mean(x, all_axes(x)); }

Variable mean(const Variable& x, const std::vector<int>& axes, bool keep_axes) {
  visit_floating("mean", x.dtype(), []<class T> {});
  const std::int64_t count = reduced("mean", x, axes).count;
  check_not_empty("mean", x, count);
  return scale(sum(x, axes, keep_axes), 1.0 / static_cast<double>(count));
}

Variable max(const Variable& x) {
  check_not_empty("max", x, x.value().elements());
  return reshape(max(reshape(x, {x.value().elements()}), 0), {});
}

Variable max(const Variable& x, int axis, bool keep_axis) {
  const int along = normalize_axis("max", x.shape(), axis);
  check_not_empty("max", x, x.shape()[along]);
  const Variable winners = gather(x, argmax(x, along, true), along);
  return keep_axis ? winners : without_axis(winners, along);
}

Variable min(const Variable& x) {
  visit_floating("min", x.dtype(), []<class T> {});
  check_not_empty("min", x, x.value().elements());
  return -max(-x);
}

Variable min(const Variable& x, int axis, bool keep_axis) {
  visit_floating("min", x.dtype(), []<class T> {});
  check_not_empty("min", x, x.shape()[normalize_axis("min", x.shape(), axis)]);
  return -max(-x, axis, keep_axis);
}

Variable argmax(const Variable& x, int axis, bool keep_axis) {
  const int along = normalize_axis("argmax", x.shape(), axis);
  check_not_empty("argmax", x, x.shape()[along]);
  if (x.shape()[along] > std::numeric_limits<std::int32_t>::max()) {
    throw ShapeError(text("argmax: axis ", along, " of x ", x.shape(),
                          " has more than 2^31 - 1 elements, which int32 cannot ",
                          "number. Reduce parts of it."));
  }
  const Variable winners =
      record({.kind = "argmax",
              .attributes = {{"axis", std::int64_t{along}}},
              .pixels = Pixels::along(along, x.shape())},
             {x}, [along](std::span<const Tensor> in) { return kernels::argmax(in[0], along); },
             {Rule::locally_constant()});
  return keep_axis ? winners : without_axis(winners, along);
}

}  // namespace trous
