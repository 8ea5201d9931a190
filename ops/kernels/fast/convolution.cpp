// The three contractions of the convolution form, and matrix products, as gathers and as filter gradients.
#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <trous/core/dtype.h>
#include <trous/ops/kernels/convolution.h>
#include <trous/ops/kernels/fast/filter_grad.h>
#include <trous/ops/kernels/fast/gather_conv.h>
#include <trous/ops/kernels/fast/policy.h>
#include <trous/ops/kernels/matmul.h>
#include <trous/ops/kernels/strided.h>

namespace trous::kernels::fast {
namespace {

// A filter of one tap at stride 1 does not depend on where a row ends, so that all pixels can be one row.
// With groups the rows stay, because each task copies the rows that it reads.
ConvGeometry flattened(const ConvGeometry& g) {
  const auto plain = [](const WindowAxis& a) {
    return a.taps == 1 && a.stride == 1 && a.before == 0 && a.in == a.out;
  };
  if (g.groups > 1 || !plain(g.height) || !plain(g.width)) return g;
  ConvGeometry flat = g;
  flat.width.in = flat.width.out = g.batch * g.height.out * g.width.out;
  flat.height.in = flat.height.out = flat.batch = 1;
  return flat;
}

GatherPlan plan_forward(const ConvGeometry& g) {
  const ConvGeometry group = g.of_one_group();
  const std::int64_t tap = group.in_channels * g.out_channels;
  return {gather_forward(group), {g.width.taps * tap, tap, g.out_channels, 1}, g.groups, group.out_channels};
}
GatherPlan plan_transposed(const ConvGeometry& g) {
  const ConvGeometry group = g.of_one_group();
  const std::int64_t tap = group.in_channels * g.out_channels;
  return {
      gather_transposed(group), {g.width.taps * tap, tap, 1, g.out_channels}, g.groups, group.out_channels};
}

void gather(std::string_view op, const GatherPlan& plan, const Tensor& in, const Tensor& filters,
            Tensor& out) {
  visit_floating(op, in.dtype(), [&]<class T> {
    gather_conv(plan, GatherOperands<T>{in.values<T>().data(), filters.values<T>().data(),
                                        out.mutable_values<T>().data()});
  });
}

Tensor conv2d(const ConvGeometry& g, const Tensor& x, const Tensor& w) {
  Tensor y = Tensor::uninitialized(g.y_shape(), x.dtype());
  gather("conv2d", plan_forward(flattened(g)), x, w, y);
  return y;
}

Tensor conv2d_transpose(const ConvGeometry& g, const Tensor& y, const Tensor& w) {
  Tensor x = Tensor::uninitialized(g.x_shape(), y.dtype());
  gather("conv2d_transpose", plan_transposed(flattened(g)), y, w, x);
  return x;
}

Tensor conv2d_filter_grad(const ConvGeometry& g, const Tensor& x, const Tensor& y) {
  Tensor w = Tensor::uninitialized(g.w_shape(), x.dtype());
  visit_floating("conv2d_filter_grad", x.dtype(), [&]<class T> {
    filter_grad(g, FilterGradOperands<T>{.image = x.values<T>().data(),
                                         .filters = w.mutable_values<T>().data(),
                                         .result = y.values<T>().data()});
  });
  return w;
}

WindowAxis one_tap(std::int64_t size) {
  return {.in = size, .out = size, .taps = 1, .stride = 1, .rate = 1, .before = 0};
}

// a b is a convolution of the rows of a with one tap, and a b^T the transpose of such a convolution.
void multiply(const Tensor& a, const Tensor& b, bool transpose_b, Tensor& y) {
  const std::int64_t rows = a.shape()[0];
  const ConvGeometry g{1, b.shape()[0], b.shape()[1], one_tap(1), one_tap(rows)};
  gather("matmul", transpose_b ? plan_transposed(g) : plan_forward(g), a, b, y);
}

// a^T b is the filter gradient of such a convolution. Its pixels are cut into rows, because a filter gradient
// is cut into parts by rows.
void multiply_transposed(const Tensor& a, const Tensor& b, Tensor& y) {
  const std::int64_t pixels = a.shape()[0];
  std::int64_t width = policy::register_pixels;
  while (width > 1 && pixels % width != 0) --width;
  if (width < policy::min_matmul_row) width = std::max<std::int64_t>(1, pixels);
  const ConvGeometry g{1, a.shape()[1], b.shape()[1], one_tap(pixels / width), one_tap(width)};
  visit_floating("matmul", a.dtype(), [&]<class T> {
    filter_grad(g, FilterGradOperands<T>{.image = a.values<T>().data(),
                                         .filters = y.mutable_values<T>().data(),
                                         .result = b.values<T>().data()});
  });
}

Tensor transposed(const Tensor& a) {
  const std::array<std::int64_t, 2> order{1, 0};
  return permute(a, order);
}

}  // namespace

const ConvolutionKernels convolution{conv2d, conv2d_transpose, conv2d_filter_grad};

Tensor matmul(const Tensor& a, bool transpose_a, const Tensor& b, bool transpose_b) {
  Tensor y =
      Tensor::uninitialized({a.shape()[transpose_a ? 1 : 0], b.shape()[transpose_b ? 0 : 1]}, a.dtype());
  if (!transpose_a) {
    multiply(a, b, transpose_b, y);
  } else {
    multiply_transposed(a, transpose_b ? transposed(b) : b, y);
  }
  return y;
}

}  // namespace trous::kernels::fast
