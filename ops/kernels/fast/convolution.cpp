// The three contractions of the convolution form and matrix products, as gathers and as filter gradients.
#include <algorithm>
#include <array>

#include <trous/core/dtype.h>
#include <trous/ops/kernels/convolution.h>
#include <trous/ops/kernels/fast/filter_grad.h>
#include <trous/ops/kernels/fast/gather_conv.h>
#include <trous/ops/kernels/matmul.h>
#include <trous/ops/kernels/strided.h>

namespace trous::kernels::fast {
namespace {

// One filter tap at stride 1 takes no notice of where a row ends: all pixels are one row.
ConvGeometry flattened(const ConvGeometry& g) {
  const auto plain = [](const ConvAxis& a) {
    return a.taps == 1 && a.stride == 1 && a.before == 0 && a.in == a.out;
  };
  if (!plain(g.height) || !plain(g.width)) return g;
  ConvGeometry flat = g;
  flat.width.in = flat.width.out = g.batch * g.height.out * g.width.out;
  flat.height.in = flat.height.out = flat.batch = 1;
  return flat;
}

Tensor conv2d(const ConvGeometry& geometry, const Tensor& x, const Tensor& w) {
  const ConvGeometry g = flattened(geometry);
  Tensor y = Tensor::uninitialized(geometry.y_shape(), x.dtype());
  const std::int64_t c = g.in_channels, o = g.out_channels;
  const GatherPlan plan{.batch = g.batch,
                        .in_height = g.height.in,
                        .in_width = g.width.in,
                        .in_channels = c,
                        .out_height = g.height.out,
                        .out_width = g.width.out,
                        .out_channels = o,
                        .kernel_height = g.height.taps,
                        .kernel_width = g.width.taps,
                        .rows = rows_forward(g.height),
                        .phases = phase_forward(g.width),
                        .filter_steps = {g.width.taps * c * o, c * o, o, 1}};
  visit_floating("conv2d", x.dtype(), [&]<class T> {
    gather_conv(plan, x.values<T>().data(), w.values<T>().data(), y.mutable_values<T>().data());
  });
  return y;
}

Tensor conv2d_transpose(const ConvGeometry& geometry, const Tensor& w, const Tensor& y) {
  const ConvGeometry g = flattened(geometry);
  Tensor x = Tensor::uninitialized(geometry.x_shape(), y.dtype());
  const std::int64_t c = g.in_channels, o = g.out_channels;
  const GatherPlan plan{.batch = g.batch,
                        .in_height = g.height.out,
                        .in_width = g.width.out,
                        .in_channels = o,
                        .out_height = g.height.in,
                        .out_width = g.width.in,
                        .out_channels = c,
                        .kernel_height = g.height.taps,
                        .kernel_width = g.width.taps,
                        .rows = rows_transposed(g.height),
                        .phases = phases_transposed(g.width),
                        .filter_steps = {g.width.taps * c * o, c * o, 1, o}};
  visit_floating("conv2d_transpose", y.dtype(), [&]<class T> {
    gather_conv(plan, y.values<T>().data(), w.values<T>().data(), x.mutable_values<T>().data());
  });
  return x;
}

Tensor conv2d_filter_grad(const ConvGeometry& g, const Tensor& x, const Tensor& y) {
  Tensor w = Tensor::uninitialized(g.w_shape(), x.dtype());
  visit_floating("conv2d_filter_grad", x.dtype(), [&]<class T> {
    filter_grad(g, x.values<T>().data(), y.values<T>().data(), w.mutable_values<T>().data());
  });
  return w;
}

// A product of rows is a convolution with one tap.
void multiply(const Tensor& a, const Tensor& b, bool transpose_b, Tensor& y) {
  const std::int64_t rows = a.shape()[0], inner = a.shape()[1], columns = y.shape()[1];
  GatherPlan plan{.batch = 1,
                  .in_height = 1,
                  .in_width = rows,
                  .in_channels = inner,
                  .out_height = 1,
                  .out_width = rows,
                  .out_channels = columns,
                  .kernel_height = 1,
                  .kernel_width = 1,
                  .rows = {{RowTap{0, 0}}},
                  .phases = {Phase{.first = 0, .step_out = 1, .count = rows, .step_in = 1, .taps = {{0, 0}}}},
                  .filter_steps = {0, 0, transpose_b ? 1 : columns, transpose_b ? inner : 1}};
  visit_floating("matmul", a.dtype(), [&]<class T> {
    gather_conv(plan, a.values<T>().data(), b.values<T>().data(), y.mutable_values<T>().data());
  });
}

// a^T b is the filter gradient of such a convolution; its pixels are cut into rows so that parts can be made.
void multiply_transposed(const Tensor& a, const Tensor& b, Tensor& y) {
  const std::int64_t pixels = a.shape()[0];
  std::int64_t width = 192;
  while (width > 1 && pixels % width != 0) --width;
  if (width < 32) width = std::max<std::int64_t>(1, pixels);
  const ConvAxis across{.in = width, .out = width, .taps = 1, .stride = 1, .rate = 1, .before = 0};
  const ConvAxis down{
      .in = pixels / width, .out = pixels / width, .taps = 1, .stride = 1, .rate = 1, .before = 0};
  const ConvGeometry g{1, a.shape()[1], b.shape()[1], down, across};
  visit_floating("matmul", a.dtype(), [&]<class T> {
    filter_grad(g, a.values<T>().data(), b.values<T>().data(), y.mutable_values<T>().data());
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
