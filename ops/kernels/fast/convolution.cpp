// The three contractions of the convolution form, and matrix products, as gathers and as filter gradients.
#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include <trous/core/dtype.h>
#include <trous/core/parallel.h>
#include <trous/ops/kernels/convolution.h>
#include <trous/ops/kernels/fast/filter_grad.h>
#include <trous/ops/kernels/fast/gather_conv.h>
#include <trous/ops/kernels/fast/policy.h>
#include <trous/ops/kernels/matmul.h>
#include <trous/ops/kernels/strided.h>

namespace trous::kernels::fast {
namespace {

// A filter of one tap at stride 1 does not depend on where a row ends, so that all pixels can be one row.
ConvGeometry flattened(const ConvGeometry& g) {
  const auto plain = [](const WindowAxis& a) {
    return a.taps == 1 && a.stride == 1 && a.before == 0 && a.in == a.out;
  };
  if (!plain(g.height) || !plain(g.width)) return g;
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
template <class T>
void multiply(const MatmulSizes& m, const T* a, const T* b, bool transpose_b, T* y) {
  ConvGeometry g{1, m.inner, m.columns, one_tap(1), one_tap(m.rows)};
  if (transpose_b) std::swap(g.in_channels, g.out_channels);
  gather_conv(transpose_b ? plan_transposed(g) : plan_forward(g), GatherOperands<T>{a, b, y});
}

// a^T b is the filter gradient of such a convolution. Its pixels are cut into rows, because a filter gradient
// is cut into parts by rows.
template <class T>
void multiply_transposed(const MatmulSizes& m, const T* a, const T* b, T* y) {
  const std::int64_t pixels = m.inner;
  std::int64_t width = policy::register_pixels;
  while (width > 1 && pixels % width != 0) --width;
  if (width < policy::min_matmul_row) width = std::max<std::int64_t>(1, pixels);
  const ConvGeometry g{1, m.rows, m.columns, one_tap(pixels / width), one_tap(width)};
  filter_grad(g, FilterGradOperands<T>{.image = a, .filters = y, .result = b});
}

Tensor transposed(const Tensor& a) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(a.shape().rank()));
  std::iota(order.begin(), order.end(), 0);
  std::swap(order.back(), order[order.size() - 2]);
  return permute(a, order);
}

// The matrices of a batch take turns on all threads where one alone is enough work for them; else each is
// computed by one thread.
std::int64_t products_of_a_task(const MatmulSizes& m) {
  const double one =
      static_cast<double>(m.rows) * static_cast<double>(m.inner) * static_cast<double>(m.columns);
  if (one >= policy::dense_threads_work) return m.batch;
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(policy::dense_threads_work / (one + 1)));
}

}  // namespace

const ConvolutionKernels convolution{conv2d, conv2d_transpose, conv2d_filter_grad};

Tensor matmul(const Tensor& a, bool transpose_a, const Tensor& b, bool transpose_b) {
  if (transpose_a && transpose_b) return matmul(a, true, transposed(b), false);
  const MatmulSizes m(a.shape(), transpose_a, b.shape(), transpose_b);
  Tensor y = Tensor::uninitialized(product_shape(a.shape(), m), a.dtype());
  visit_floating("matmul", a.dtype(), [&]<class T> {
    const T* const all_a = a.values<T>().data();
    const T* const all_b = b.values<T>().data();
    T* const all_y = y.mutable_values<T>().data();
    const auto products = [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t n = begin; n < end; ++n) {
        const T* const one_a = all_a + n * m.rows * m.inner;
        const T* const one_b = all_b + n * m.inner * m.columns;
        T* const one_y = all_y + n * m.rows * m.columns;
        transpose_a ? multiply_transposed(m, one_a, one_b, one_y)
                    : multiply(m, one_a, one_b, transpose_b, one_y);
      }
    };
    const std::int64_t grain = products_of_a_task(m);
    if (grain >= m.batch) return products(0, m.batch);
    parallel_for(m.batch, grain, products);
  });
  return y;
}

}  // namespace trous::kernels::fast
