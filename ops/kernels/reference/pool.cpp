#include <algorithm>

#include <trous/core/parallel.h>
#include <trous/ops/kernels/pool.h>
#include <trous/ops/kernels/reduce.h>

namespace trous::kernels::reference {
namespace {

// The taps a of window i that lie inside the image: first <= a < last.
struct Taps {
  std::int64_t first, last;
};

Taps taps_inside(const WindowAxis& axis, std::int64_t i) {
  const std::int64_t start = i * axis.stride - axis.before;
  const std::int64_t first = start >= 0 ? 0 : (-start + axis.rate - 1) / axis.rate;
  const std::int64_t last = start >= axis.in ? 0 : (axis.in - 1 - start) / axis.rate + 1;
  return {first, std::min(last, axis.taps)};
}

// Calls f(offset of the window's first channel in y, row, column, row taps, column taps) for every window of
// image n.
template <class F>
void for_each_window(const DepthwiseGeometry& g, std::int64_t n, F&& f) {
  for (std::int64_t i = 0; i < g.height.out; ++i) {
    for (std::int64_t j = 0; j < g.width.out; ++j) {
      f(((n * g.height.out + i) * g.width.out + j) * g.channels, i, j, taps_inside(g.height, i),
        taps_inside(g.width, j));
    }
  }
}

// Calls f(pixel in the flattened image) for every tap of one window.
template <class F>
void for_each_pixel(const DepthwiseGeometry& g, std::int64_t i, std::int64_t j, Taps rows, Taps columns,
                    F&& f) {
  for (std::int64_t a = rows.first; a < rows.last; ++a) {
    const std::int64_t row = i * g.height.stride - g.height.before + a * g.height.rate;
    for (std::int64_t b = columns.first; b < columns.last; ++b) {
      f(row * g.width.in + j * g.width.stride - g.width.before + b * g.width.rate);
    }
  }
}

Tensor max_pool_indices(const DepthwiseGeometry& g, const Tensor& x) {
  const std::int64_t channels = g.channels, pixels = g.height.in * g.width.in;
  Tensor winners = Tensor::uninitialized({g.batch, g.height.out * g.width.out, channels}, DType::int32);
  std::int32_t* const out = winners.mutable_values<std::int32_t>().data();
  visit_floating("max_pool2d", x.dtype(), [&]<class T> {
    const T* const in = x.values<T>().data();
    parallel_for(g.batch, 1, [&](std::int64_t n, std::int64_t) {
      const T* const image = in + n * pixels * channels;
      for_each_window(g, n, [&](std::int64_t place, std::int64_t i, std::int64_t j, Taps rows, Taps columns) {
        std::fill_n(out + place, channels, std::int32_t{-1});
        for_each_pixel(g, i, j, rows, columns, [&](std::int64_t pixel) {
          for (std::int64_t c = 0; c < channels; ++c) {
            std::int32_t& best = out[place + c];
            if (best < 0 || beats(image[pixel * channels + c], image[best * channels + c])) {
              best = static_cast<std::int32_t>(pixel);
            }
          }
        });
      });
    });
  });
  return winners;
}

Tensor max_pool_transpose(const DepthwiseGeometry& g, const Tensor& y, const Tensor& indices) {
  return scatter_add(y, indices, 1, g.height.in * g.width.in);
}

Tensor average_pool(const DepthwiseGeometry& g, const Tensor& x) {
  const std::int64_t channels = g.channels, pixels = g.height.in * g.width.in;
  Tensor y = Tensor::zeros({g.batch, g.height.out, g.width.out, channels}, x.dtype());
  visit_floating("average_pool2d", x.dtype(), [&]<class T> {
    const T* const in = x.values<T>().data();
    T* const out = y.mutable_values<T>().data();
    parallel_for(g.batch, 1, [&](std::int64_t n, std::int64_t) {
      const T* const image = in + n * pixels * channels;
      for_each_window(g, n, [&](std::int64_t place, std::int64_t i, std::int64_t j, Taps rows, Taps columns) {
        const T share = T(1) / static_cast<T>((rows.last - rows.first) * (columns.last - columns.first));
        for_each_pixel(g, i, j, rows, columns, [&](std::int64_t pixel) {
          for (std::int64_t c = 0; c < channels; ++c) out[place + c] += share * image[pixel * channels + c];
        });
      });
    });
  });
  return y;
}

Tensor average_pool_transpose(const DepthwiseGeometry& g, const Tensor& y) {
  const std::int64_t channels = g.channels, pixels = g.height.in * g.width.in;
  Tensor x = Tensor::zeros(g.x_shape(), y.dtype());
  visit_floating("average_pool2d_transpose", y.dtype(), [&]<class T> {
    const T* const in = y.values<T>().data();
    T* const out = x.mutable_values<T>().data();
    parallel_for(g.batch, 1, [&](std::int64_t n, std::int64_t) {
      T* const image = out + n * pixels * channels;
      for_each_window(g, n, [&](std::int64_t place, std::int64_t i, std::int64_t j, Taps rows, Taps columns) {
        const T share = T(1) / static_cast<T>((rows.last - rows.first) * (columns.last - columns.first));
        for_each_pixel(g, i, j, rows, columns, [&](std::int64_t pixel) {
          for (std::int64_t c = 0; c < channels; ++c) image[pixel * channels + c] += share * in[place + c];
        });
      });
    });
  });
  return x;
}

}  // namespace

const PoolKernels pooling{max_pool_indices, max_pool_transpose, average_pool, average_pool_transpose};

}  // namespace trous::kernels::reference
