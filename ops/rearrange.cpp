#include <algorithm>

#include <trous/autograd/linear_map.h>
#include <trous/core/error.h>
#include <trous/ops/broadcast.h>
#include <trous/ops/detail/reduced_shape.h>
#include <trous/ops/join.h>
#include <trous/ops/kernels/strided.h>
#include <trous/ops/rearrange.h>
#include <trous/ops/reshape.h>
#include <trous/ops/slice.h>

namespace trous {
namespace {

using AxisCounts = std::vector<std::int64_t>;

// Elements begin to begin + size - 1 along one axis.
Variable section(const Variable& x, int axis, std::int64_t begin, std::int64_t size) {
  AxisCounts from(static_cast<std::size_t>(x.shape().rank()), 0);
  AxisCounts extents(x.shape().begin(), x.shape().end());
  from[static_cast<std::size_t>(axis)] = begin;
  extents[static_cast<std::size_t>(axis)] = size;
  return slice(x, from, extents);
}

void check_one_per_axis(const char* op, const char* what, const Variable& x, const AxisCounts& counts) {
  if (static_cast<int>(counts.size()) == x.shape().rank()) return;
  throw ArgumentError(
      text(op, ": ", counts.size(), " entries of ", what, " for x ", x.shape(), ". Give one per axis."));
}

void check_border(const char* op, const Variable& x, const AxisCounts& before, const AxisCounts& after) {
  check_one_per_axis(op, "before", x, before);
  check_one_per_axis(op, "after", x, after);
  for (std::size_t k = 0; k < before.size(); ++k) {
    if (before[k] >= 0 && after[k] >= 0) continue;
    throw ArgumentError(text(op, ": ", before[k], " before and ", after[k], " after on axis ", k,
                             ": a count is negative. Use crop for the opposite."));
  }
  Shape large = x.shape();
  for (int axis = 0; axis < large.rank(); ++axis) {
    const auto k = static_cast<std::size_t>(axis);
    if (__builtin_add_overflow(large[axis], before[k], &large[axis]) ||
        __builtin_add_overflow(large[axis], after[k], &large[axis])) {
      throw ShapeError(
          text(op, ": the extent on axis ", axis, " of x ", x.shape(), " exceeds 2^63 - 1. Pad less."));
    }
  }
  check_tensor_shape(large, size_of(x.dtype()));
}

// Joins to x, along each axis in turn, what `border` makes of it: border(x, axis, count, behind).
template <class Border>
Variable bordered(const Variable& x, const AxisCounts& before, const AxisCounts& after,
                  const Border& border) {
  Variable y = x;
  for (int axis = 0; axis < x.shape().rank(); ++axis) {
    const auto k = static_cast<std::size_t>(axis);
    std::vector<Variable> parts{y};
    if (before[k] > 0) parts.insert(parts.begin(), border(y, axis, before[k], false));
    if (after[k] > 0) parts.push_back(border(y, axis, after[k], true));
    if (parts.size() > 1) y = concat(parts, axis);
  }
  return y;
}

}  // namespace

Variable flip(const Variable& x, const std::vector<int>& axes) {
  const detail::ReducedShape r = detail::reduced_shape("flip", x.shape(), axes);
  AxisCounts strides = kernels::row_major_strides(x.shape());
  const std::size_t kept = r.dropped.size();
  const AxisCounts flipped(r.order.begin() + static_cast<std::ptrdiff_t>(kept), r.order.end());
  std::int64_t offset = 0;
  for (const std::int64_t axis : flipped) {
    std::int64_t& stride = strides[static_cast<std::size_t>(axis)];
    const std::int64_t last = x.shape()[static_cast<int>(axis)] - 1;
    if (last > 0) offset += last * stride;
    stride = -stride;
  }
  const auto apply = [offset, strides, shape = x.shape()](const Tensor& t, std::span<const Tensor>) {
    return kernels::strided_gather(t, offset, strides, shape);
  };
  const Domain domain{x.shape(), x.dtype()};
  return LinearMap{"flip", "flip", {{"axes", flipped}},
                   domain, domain, apply,
                   apply,  {},     r.only_last ? Pixels::same() : Pixels::mixed()}(x);
}

Variable roll(const Variable& x, std::int64_t shift, int axis) {
  const int along = normalize_axis("roll", x.shape(), axis);
  const std::int64_t extent = x.shape()[along];
  if (extent == 0) return x;
  const std::int64_t moved = (shift % extent + extent) % extent;  // of the first element
  if (moved == 0) return x;
  return concat({section(x, along, extent - moved, moved), section(x, along, 0, extent - moved)}, along);
}

Variable tile(const Variable& x, const AxisCounts& repeats) {
  check_one_per_axis("tile", "repeats", x, repeats);
  Shape large = x.shape();
  for (int axis = 0; axis < large.rank(); ++axis) {
    const std::int64_t count = repeats[static_cast<std::size_t>(axis)];
    if (count < 1) {
      throw ArgumentError(
          text("tile: repeats ", count, " on axis ", axis, " of x ", x.shape(), ". Give 1 or more."));
    }
    if (__builtin_mul_overflow(large[axis], count, &large[axis])) {
      throw ShapeError(text("tile: the extent on axis ", axis, " of x ", x.shape(), ", ", count,
                            " times, exceeds 2^63 - 1. Repeat it less."));
    }
  }
  check_tensor_shape(large, size_of(x.dtype()));
  Variable y = x;
  for (int axis = 0; axis < x.shape().rank(); ++axis) {
    const std::int64_t count = repeats[static_cast<std::size_t>(axis)];
    if (count == 1 || y.shape()[axis] == 0) continue;
    Shape shape = y.shape();
    const std::int64_t outer = shape.elements(0, axis), inner = shape.elements(axis, shape.rank());
    const Variable copies = broadcast_to(reshape(y, {outer, 1, inner}), {outer, count, inner});
    shape[axis] *= count;
    y = reshape(copies, shape);
  }
  return y;
}

std::vector<Variable> split(const Variable& x, const AxisCounts& sizes, int axis) {
  const int along = normalize_axis("split", x.shape(), axis);
  std::int64_t rest = x.shape()[along];
  bool fits = !sizes.empty();
  for (const std::int64_t size : sizes) {
    fits = fits && size >= (along == 0 ? 0 : 1) && size <= rest;
    if (fits) rest -= size;
  }
  if (!fits || rest != 0) {
    throw ArgumentError(text("split: sizes do not cut axis ", along, " of x ", x.shape(), ", which has ",
                             x.shape()[along], " elements. Give sizes of 1 or more that add up to it."));
  }
  std::vector<Variable> parts;
  std::int64_t begin = 0;
  for (const std::int64_t size : sizes) {
    parts.push_back(section(x, along, begin, size));
    begin += size;
  }
  return parts;
}

Variable pad_reflect(const Variable& x, const AxisCounts& before, const AxisCounts& after) {
  check_border("pad_reflect", x, before, after);
  for (std::size_t k = 0; k < before.size(); ++k) {
    const std::int64_t extent = x.shape()[static_cast<int>(k)], most = std::max(before[k], after[k]);
    if (most == 0 || most < extent) continue;
    throw ArgumentError(
        text("pad_reflect: ", before[k], " before and ", after[k], " after on axis ", k, " of x ", x.shape(),
             ", which has ", extent,
             " elements. A mirror does not repeat the first or last, so it has fewer to give. "
             "Add fewer, or use pad_edge."));
  }
  return bordered(x, before, after, [](const Variable& y, int axis, std::int64_t count, bool behind) {
    const std::int64_t begin = behind ? y.shape()[axis] - 1 - count : 1;
    return flip(section(y, axis, begin, count), {axis});
  });
}

Variable pad_edge(const Variable& x, const AxisCounts& before, const AxisCounts& after) {
  check_border("pad_edge", x, before, after);
  // Only axis 0, the batch, may be empty.
  if (x.value().elements() == 0 && before[0] + after[0] > 0)
    throw ShapeError(text("pad_edge: x ", x.shape(), " has no elements to repeat. Skip empty batches."));
  return bordered(x, before, after, [](const Variable& y, int axis, std::int64_t count, bool behind) {
    Shape shape = y.shape();
    const Variable last = section(y, axis, behind ? shape[axis] - 1 : 0, 1);
    shape[axis] = count;
    return broadcast_to(last, shape);
  });
}

}  // namespace trous
