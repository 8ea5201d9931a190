// Resampling from its loops.
#include <trous/ops/kernels/fast/resize.h>

namespace trous::kernels::fast {
namespace {

Tensor resize(const Tensor& x, std::int64_t height, std::int64_t width, Interpolation interpolation) {
  const Shape& s = x.shape();
  Tensor y = Tensor::uninitialized({s[0], height, width, s[3]}, x.dtype());
  if (y.elements() == 0) return y;  // before tables of any height are made
  const std::vector<Blend> rows = blends(s[1], height, interpolation),
                           columns = blends(s[2], width, interpolation);
  visit_floating("resize", x.dtype(), [&]<class T> {
    resample({s[0], s[1], s[2], s[3], rows, columns}, x.values<T>().data(), y.mutable_values<T>().data());
  });
  return y;
}

Tensor transpose(const Tensor& y, std::int64_t height, std::int64_t width, Interpolation interpolation) {
  const Shape& s = y.shape();
  Tensor x = Tensor::uninitialized({s[0], height, width, s[3]}, y.dtype());
  if (x.elements() == 0) return x;
  const std::vector<Blend> rows = blends(height, s[1], interpolation),
                           columns = blends(width, s[2], interpolation);
  visit_floating("resize_transpose", y.dtype(), [&]<class T> {
    resample_transpose({s[0], height, width, s[3], rows, columns}, y.values<T>().data(),
                       x.mutable_values<T>().data());
  });
  return x;
}

}  // namespace

const ResizeKernels resizing{resize, transpose};

}  // namespace trous::kernels::fast
