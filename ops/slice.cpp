#include <string>

#include <trous/autograd/linear_map.h>
#include <trous/core/error.h>
#include <trous/ops/kernels/strided.h>
#include <trous/ops/slice.h>

namespace trous {
namespace {

using Counts = std::vector<std::int64_t>;

void check_rank(const char* op, const char* what, const Variable& x, const Counts& counts) {
  if (static_cast<int>(counts.size()) == x.shape().rank()) return;
  throw ArgumentError(
      text(op, ": ", counts.size(), " entries of ", what, " for x ", x.shape(), ". Give one per axis."));
}

// A part of a tensor of shape `large`: its elements at begin + i step, i below `small`.
struct Part {
  Shape large, small;
  Counts begin, step;
};

// The pixels of an image that are in the part. The axes of a tensor of another rank are no pixels, so there
// each pixel may depend on all.
Pixels pixels_of(const Part& part) {
  if (part.large.rank() != 4) return Pixels::mixed();
  const auto axis = [&](int k) {
    const auto at = static_cast<std::size_t>(k);
    return WindowAxis{.in = part.large[k],
                      .out = part.small[k],
                      .taps = 1,
                      .stride = part.step[at],
                      .rate = 1,
                      .before = -part.begin[at]};
  };
  return Pixels::pooled({axis(1), axis(2)});
}

// The map from a tensor to a part of it.
LinearMap part_map(std::string op, std::string transpose_op, Attributes attributes, const Part& part,
                   DType dtype) {
  Counts strides = kernels::row_major_strides(part.large);
  std::int64_t offset = 0;
  for (std::size_t axis = 0; axis < strides.size(); ++axis) {
    offset += part.begin[axis] * strides[axis];
    strides[axis] *= part.step[axis];
  }
  return {std::move(op),
          std::move(transpose_op),
          std::move(attributes),
          {part.large, dtype},
          {part.small, dtype},
          [offset, strides, small = part.small](const Tensor& x, std::span<const Tensor>) {
            return kernels::strided_gather(x, offset, strides, small);
          },
          [offset, strides, large = part.large](const Tensor& y, std::span<const Tensor>) {
            return kernels::strided_scatter(y, offset, strides, large);
          },
          {},
          pixels_of(part)};
}

// The crop of `large` that leaves `small`.
LinearMap crop_map(const Shape& large, const Shape& small, const Counts& before, const Counts& after,
                   DType dtype) {
  return part_map("crop", "pad", {{"before", before}, {"after", after}},
                  {large, small, before, Counts(before.size(), 1)}, dtype);
}

void check_counts(const char* op, const Variable& x, const Counts& before, const Counts& after) {
  check_rank(op, "before", x, before);
  check_rank(op, "after", x, after);
  for (std::size_t axis = 0; axis < before.size(); ++axis) {
    if (before[axis] < 0 || after[axis] < 0) {
      throw ArgumentError(text(op, ": ", before[axis], " before and ", after[axis], " after on axis ", axis,
                               ": a count is negative. Use ", std::string(op) == "pad" ? "crop" : "pad",
                               " for the opposite."));
    }
  }
}

}  // namespace

Variable slice(const Variable& x, const Counts& begin, const Counts& size, const Counts& step) {
  const Counts steps = step.empty() ? Counts(begin.size(), 1) : step;
  check_rank("slice", "begin", x, begin);
  check_rank("slice", "size", x, size);
  check_rank("slice", "step", x, steps);
  for (std::size_t axis = 0; axis < begin.size(); ++axis) {
    const std::int64_t extent = x.shape()[static_cast<int>(axis)];
    if (axis > 0 && size[axis] == 0) {
      throw ShapeError(text("slice: size 0 on axis ", axis, " leaves nothing of x ", x.shape(),
                            ". Only axis 0, the batch, may be 0."));
    }
    const bool in_order = begin[axis] >= 0 && begin[axis] <= extent && size[axis] >= 0 && steps[axis] >= 1;
    // The last element, begin + (size - 1) step, must lie below the extent; divided, so nothing overflows.
    if (!in_order || (size[axis] > 0 && (begin[axis] == extent ||
                                         (size[axis] - 1) > (extent - 1 - begin[axis]) / steps[axis]))) {
      throw ArgumentError(text("slice: begin ", begin[axis], ", size ", size[axis], ", step ", steps[axis],
                               " on axis ", axis, " leaves x ", x.shape(),
                               ". begin + (size - 1) step must be 0 to ", extent - 1, '.'));
    }
  }
  return part_map("slice", "slice_transpose", {{"begin", begin}, {"size", size}, {"step", steps}},
                  {x.shape(), Shape(size), begin, steps}, x.dtype())(x);
}

Variable pad(const Variable& x, const Counts& before, const Counts& after) {
  check_counts("pad", x, before, after);
  Shape large = x.shape();
  for (int axis = 0; axis < large.rank(); ++axis) {
    const auto k = static_cast<std::size_t>(axis);
    if (__builtin_add_overflow(large[axis], before[k], &large[axis]) ||
        __builtin_add_overflow(large[axis], after[k], &large[axis])) {
      throw ShapeError(
          text("pad: the extent on axis ", axis, " of x ", x.shape(), " exceeds 2^63 - 1. Pad less."));
    }
  }
  check_tensor_shape(large, size_of(x.dtype()));
  return crop_map(large, x.shape(), before, after, x.dtype()).transpose()(x);
}

Variable crop(const Variable& x, const Counts& before, const Counts& after) {
  check_counts("crop", x, before, after);
  Shape small = x.shape();
  for (int axis = 0; axis < small.rank(); ++axis) {
    const auto k = static_cast<std::size_t>(axis);
    const std::int64_t extent = small[axis];
    if (before[k] > extent || after[k] > extent - before[k] || (axis > 0 && before[k] + after[k] == extent)) {
      throw ArgumentError(text("crop: ", before[k], " before and ", after[k], " after on axis ", axis,
                               " leave nothing of x ", x.shape(), ". Crop less."));
    }
    small[axis] = extent - before[k] - after[k];
  }
  return crop_map(x.shape(), small, before, after, x.dtype())(x);
}

}  // namespace trous
