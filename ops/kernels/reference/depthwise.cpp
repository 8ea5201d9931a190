// The depthwise contractions, written as the loops of their definition over taps inside the image.
#include <trous/core/parallel.h>
#include <trous/ops/kernels/convolution.h>

namespace trous::kernels::reference {
namespace {

// Calls f(offset in x, offset in y, offset in w) of channel 0 for every tap that lies inside image n.
template <class F>
void for_each_tap(const DepthwiseGeometry& g, std::int64_t n, F&& f) {
  const std::int64_t channels = g.channels, multiplied = channels * g.multiplier;
  for (std::int64_t i = 0; i < g.height.out; ++i) {
    for (std::int64_t j = 0; j < g.width.out; ++j) {
      for (std::int64_t a = 0; a < g.height.taps; ++a) {
        const std::int64_t row = i * g.height.stride + a * g.height.rate - g.height.before;
        if (row < 0 || row >= g.height.in) continue;
        for (std::int64_t b = 0; b < g.width.taps; ++b) {
          const std::int64_t column = j * g.width.stride + b * g.width.rate - g.width.before;
          if (column < 0 || column >= g.width.in) continue;
          f(((n * g.height.in + row) * g.width.in + column) * channels,
            ((n * g.height.out + i) * g.width.out + j) * multiplied, (a * g.width.taps + b) * multiplied);
        }
      }
    }
  }
}

Tensor depthwise_conv2d(const DepthwiseGeometry& g, const Tensor& x, const Tensor& w) {
  Tensor y = Tensor::zeros(g.y_shape(), x.dtype());
  visit_floating("depthwise_conv2d", x.dtype(), [&]<class T> {
    const T *in = x.values<T>().data(), *filter = w.values<T>().data();
    T* out = y.mutable_values<T>().data();
    parallel_for(g.batch, 1, [&](std::int64_t n, std::int64_t) {
      for_each_tap(g, n, [&](std::int64_t at_x, std::int64_t at_y, std::int64_t at_w) {
        for (std::int64_t c = 0, k = 0; c < g.channels; ++c) {
          for (std::int64_t m = 0; m < g.multiplier; ++m, ++k)
            out[at_y + k] += in[at_x + c] * filter[at_w + k];
        }
      });
    });
  });
  return y;
}

Tensor depthwise_conv2d_transpose(const DepthwiseGeometry& g, const Tensor& y, const Tensor& w) {
  Tensor x = Tensor::zeros(g.x_shape(), y.dtype());
  visit_floating("depthwise_conv2d_transpose", y.dtype(), [&]<class T> {
    const T *in = y.values<T>().data(), *filter = w.values<T>().data();
    T* out = x.mutable_values<T>().data();
    parallel_for(g.batch, 1, [&](std::int64_t n, std::int64_t) {
      for_each_tap(g, n, [&](std::int64_t at_x, std::int64_t at_y, std::int64_t at_w) {
        for (std::int64_t c = 0, k = 0; c < g.channels; ++c) {
          for (std::int64_t m = 0; m < g.multiplier; ++m, ++k)
            out[at_x + c] += in[at_y + k] * filter[at_w + k];
        }
      });
    });
  });
  return x;
}

// Partial sums per image, added in order.
Tensor depthwise_conv2d_filter_grad(const DepthwiseGeometry& g, const Tensor& x, const Tensor& y) {
  Tensor w = Tensor::zeros(g.w_shape(), x.dtype());
  visit_floating("depthwise_conv2d_filter_grad", x.dtype(), [&]<class T> {
    const T *in = x.values<T>().data(), *grad = y.values<T>().data();
    const std::span<T> total = w.mutable_values<T>();
    std::vector<std::vector<T>> partial(static_cast<std::size_t>(g.batch), std::vector<T>(total.size()));
    parallel_for(g.batch, 1, [&](std::int64_t n, std::int64_t) {
      T* sum = partial[static_cast<std::size_t>(n)].data();
      for_each_tap(g, n, [&](std::int64_t at_x, std::int64_t at_y, std::int64_t at_w) {
        for (std::int64_t c = 0, k = 0; c < g.channels; ++c) {
          for (std::int64_t m = 0; m < g.multiplier; ++m, ++k) sum[at_w + k] += in[at_x + c] * grad[at_y + k];
        }
      });
    });
    for (const std::vector<T>& sum : partial) {
      for (std::size_t i = 0; i < total.size(); ++i) total[i] += sum[i];
    }
  });
  return w;
}

}  // namespace

const DepthwiseKernels depthwise{depthwise_conv2d, depthwise_conv2d_transpose, depthwise_conv2d_filter_grad};

}  // namespace trous::kernels::reference
