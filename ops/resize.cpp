#include <string>

#include <trous/autograd/linear_map.h>
#include <trous/core/error.h>
#include <trous/ops/kernels/resize.h>
#include <trous/ops/resize.h>

namespace trous {
namespace {

Variable resized(const std::string& op, const Variable& x, std::int64_t height, std::int64_t width,
                 kernels::Interpolation interpolation) {
  const Shape s = x.shape();
  if (s.rank() != 4) {
    throw ShapeError(text(op, ": x has rank ", s.rank(), ", needs 4. x ", s,
                          " must be [batch, height, width, channels]."));
  }
  visit_floating(op, x.dtype(), []<class T> {});
  if (height < 1 || width < 1) {
    throw ArgumentError(text(op, ": the size ", height, 'x', width,
                             " leaves no pixel. Give a height and width of 1 or more."));
  }
  const Shape result{s[0], height, width, s[3]};
  check_tensor_shape(result, size_of(x.dtype()));
  return LinearMap{
      op,
      op + "_transpose",
      {},
      {s, x.dtype()},
      {result, x.dtype()},
      [=](const Tensor& t, std::span<const Tensor>) {
        return kernels::resizing().resize(t, height, width, interpolation);
      },
      [=](const Tensor& t, std::span<const Tensor>) {
        return kernels::resizing().transpose(t, s[1], s[2], interpolation);
      },
      {},
      Pixels::resized({s[1], s[2]}, {height, width}, interpolation == kernels::Interpolation::nearest)}(x);
}

}  // namespace

Variable resize_bilinear(const Variable& x, std::int64_t height, std::int64_t width) {
  return resized("resize_bilinear", x, height, width, kernels::Interpolation::bilinear);
}

Variable resize_nearest(const Variable& x, std::int64_t height, std::int64_t width) {
  return resized("resize_nearest", x, height, width, kernels::Interpolation::nearest);
}

}  // namespace trous
