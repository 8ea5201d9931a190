#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include <trous/autograd/linear_map.h>
#include <trous/core/error.h>
#include <trous/ops/broadcast.h>
#include <trous/ops/kernels/reduce.h>
#include <trous/ops/kernels/strided.h>

namespace trous {
namespace {

// `shape` with ones in front, up to `rank`.
Shape aligned(const Shape& shape, int rank) {
  std::array<std::int64_t, Shape::max_rank> extents;
  extents.fill(1);
  std::copy_backward(shape.begin(), shape.end(), extents.begin() + rank);
  return Shape(std::span<const std::int64_t>(extents).first(static_cast<std::size_t>(rank)));
}

void check(const char* op, const Shape& small, const Shape& large) {
  bool fits = small.rank() <= large.rank();
  if (fits) {
    const Shape padded = aligned(small, large.rank());
    for (int axis = 0; axis < large.rank(); ++axis)
      fits = fits && (padded[axis] == 1 || padded[axis] == large[axis]);
  }
  if (!fits) {
    throw ShapeError(text(op, ": ", small, " does not broadcast to ", large,
                          ". Aligned at the end, each extent must be 1 or equal."));
  }
}

// The map that repeats a tensor of shape `small` to `large`.
LinearMap broadcast_map(const Shape& small, const Shape& large, DType dtype) {
  const Shape padded = aligned(small, large.rank());
  std::vector<std::int64_t> strides = kernels::row_major_strides(padded);
  for (int axis = 0; axis < large.rank(); ++axis) {
    if (padded[axis] == 1) strides[static_cast<std::size_t>(axis)] = 0;
  }
  return {
      "broadcast_to",
      "sum_to",
      {},
      {small, dtype},
      {large, dtype},
      [=](const Tensor& x, std::span<const Tensor>) { return kernels::strided_gather(x, 0, strides, large); },
      [=](const Tensor& y, std::span<const Tensor>) { return kernels::sum_to(y, padded).reshaped(small); },
      {},
      Pixels::same()};
}

}  // namespace

Variable broadcast_to(const Variable& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  check("broadcast_to", x.shape(), shape);
  check_tensor_shape(shape, size_of(x.dtype()));
  return broadcast_map(x.shape(), shape, x.dtype())(x);
}

Variable sum_to(const Variable& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  check("sum_to", shape, x.shape());
  return broadcast_map(shape, x.shape(), x.dtype()).transpose()(x);
}

Shape broadcast_shape(std::string_view op, const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  const Shape left = aligned(a, rank), right = aligned(b, rank);
  Shape shape = left;
  for (int axis = 0; axis < rank; ++axis) {
    if (left[axis] != right[axis] && left[axis] != 1 && right[axis] != 1) {
      throw ShapeError(text(op, ": shapes ", a, " and ", b, " do not broadcast: ", left[axis], " meets ",
                            right[axis], ". Aligned at the end, extents must be equal or 1."));
    }
    if (left[axis] == 1) shape[axis] = right[axis];
  }
  return shape;
}

}  // namespace trous
