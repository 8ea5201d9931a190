// The three contractions of the depthwise form.
#include <trous/ops/kernels/fast/windows.h>

namespace trous::kernels::fast {
namespace {

Tensor conv2d(const ConvGeometry& g, const Tensor& x, const Tensor& w) {
  Tensor y =
      Tensor::uninitialized({g.batch, g.height.out, g.width.out, g.in_channels * g.out_channels}, x.dtype());
  visit_floating("depthwise_conv2d", x.dtype(), [&]<class T> {
    depthwise_sums(windows_forward(g), x.values<T>().data(), w.values<T>().data(),
                   y.mutable_values<T>().data());
  });
  return y;
}

Tensor transpose(const ConvGeometry& g, const Tensor& w, const Tensor& y) {
  Tensor x = Tensor::uninitialized(g.x_shape(), y.dtype());
  visit_floating("depthwise_conv2d_transpose", y.dtype(), [&]<class T> {
    depthwise_sums(windows_transposed(g), y.values<T>().data(), w.values<T>().data(),
                   x.mutable_values<T>().data());
  });
  return x;
}

Tensor filter_grad(const ConvGeometry& g, const Tensor& x, const Tensor& y) {
  Tensor w = Tensor::uninitialized(g.w_shape(), x.dtype());
  visit_floating("depthwise_conv2d_filter_grad", x.dtype(), [&]<class T> {
    depthwise_filter_grad(windows_forward(g), x.values<T>().data(), y.values<T>().data(),
                          w.mutable_values<T>().data());
  });
  return w;
}

}  // namespace

const DepthwiseKernels depthwise{conv2d, transpose, filter_grad};

}  // namespace trous::kernels::fast
