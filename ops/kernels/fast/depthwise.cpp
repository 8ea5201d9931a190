// The three contractions of the depthwise form.
#include <trous/ops/kernels/fast/windows.h>

namespace trous::kernels::fast {
namespace {

Tensor conv2d(const DepthwiseGeometry& g, const Tensor& x, const Tensor& w) {
  Tensor y = Tensor::uninitialized(g.y_shape(), x.dtype());
  visit_floating("depthwise_conv2d", x.dtype(), [&]<class T> {
    depthwise_sums(windows_forward(g), GatherOperands<T>{x.values<T>().data(), w.values<T>().data(),
                                                         y.mutable_values<T>().data()});
  });
  return y;
}

Tensor transpose(const DepthwiseGeometry& g, const Tensor& y, const Tensor& w) {
  Tensor x = Tensor::uninitialized(g.x_shape(), y.dtype());
  visit_floating("depthwise_conv2d_transpose", y.dtype(), [&]<class T> {
    depthwise_sums(windows_transposed(g), GatherOperands<T>{y.values<T>().data(), w.values<T>().data(),
                                                            x.mutable_values<T>().data()});
  });
  return x;
}

Tensor filter_grad(const DepthwiseGeometry& g, const Tensor& x, const Tensor& y) {
  Tensor w = Tensor::uninitialized(g.w_shape(), x.dtype());
  visit_floating("depthwise_conv2d_filter_grad", x.dtype(), [&]<class T> {
    depthwise_filter_grad(windows_forward(g),
                          Operands<Slot::filters, T>{.image = x.values<T>().data(),
                                                     .filters = w.mutable_values<T>().data(),
                                                     .result = y.values<T>().data()});
  });
  return w;
}

}  // namespace

const DepthwiseKernels depthwise{conv2d, transpose, filter_grad};

}  // namespace trous::kernels::fast
