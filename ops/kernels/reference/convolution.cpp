// Convolution as matrix products with patches: row p of the patch matrix holds the taps that output pixel
// p reads, [taps * in_channels]. Then, per image,
//
//   y = patches w,    patches = y w^T (scattered back onto x),    w = patches^T y.
//
// The rate only moves the place a tap is read from. A group of channels has patches of its own, and the
// columns of w and y that belong to it.
#include <algorithm>

#include <Eigen/Core>

#include <trous/core/parallel.h>
#include <trous/ops/kernels/convolution.h>

namespace trous::kernels::reference {
namespace {

template <class T>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <class T>
using View = Eigen::Map<Matrix<T>>;
template <class T>
using ConstView = Eigen::Map<const Matrix<T>>;

// Numbers that an output pixel reads in one group.
std::int64_t taps_of_group(const ConvGeometry& g) { return g.w_shape().elements(0, 3); }

// A block of output rows of one image, small enough that its patches stay in the cache.
struct Rows {
  std::int64_t first, count;
};

std::int64_t rows_per_block(const ConvGeometry& g) {
  constexpr std::int64_t patch_elements = 1 << 15;
  const std::int64_t row = g.width.out * taps_of_group(g);
  return std::clamp<std::int64_t>(patch_elements / row, 1, g.height.out);
}

template <class F>
void for_each_block(const ConvGeometry& g, F&& f) {
  const std::int64_t step = rows_per_block(g);
  for (std::int64_t first = 0; first < g.height.out; first += step)
    f(Rows{first, std::min(step, g.height.out - first)});
}

// Calls f(group) for each group of channels.
template <class F>
void for_each_group(const ConvGeometry& g, F&& f) {
  for (std::int64_t group = 0; group < g.groups; ++group) f(group);
}

// Calls f(place in the patch matrix, place of the group's channels in the image) for every tap, with place -1
// outside the image.
template <class F>
void for_each_tap(const ConvGeometry& g, Rows rows, std::int64_t group, F&& f) {
  const std::int64_t channels = g.in_channels / g.groups;
  std::int64_t patch = 0;
  for (std::int64_t i = rows.first; i < rows.first + rows.count; ++i) {
    for (std::int64_t j = 0; j < g.width.out; ++j) {
      for (std::int64_t a = 0; a < g.height.taps; ++a) {
        const std::int64_t row = i * g.height.stride + a * g.height.rate - g.height.before;
        const bool row_inside = row >= 0 && row < g.height.in;
        for (std::int64_t b = 0; b < g.width.taps; ++b, patch += channels) {
          const std::int64_t column = j * g.width.stride + b * g.width.rate - g.width.before;
          const bool inside = row_inside && column >= 0 && column < g.width.in;
          f(patch, inside ? (row * g.width.in + column) * g.in_channels + group * channels : -1);
        }
      }
    }
  }
}

template <class T>
void gather(const ConvGeometry& g, Rows rows, std::int64_t group, const T* image, Matrix<T>& patches) {
  const std::int64_t channels = g.in_channels / g.groups;
  for_each_tap(g, rows, group, [&](std::int64_t patch, std::int64_t place) {
    T* const out = patches.data() + patch;
    if (place < 0) {
      std::fill_n(out, channels, T(0));
    } else {
      std::copy_n(image + place, channels, out);
    }
  });
}

template <class T>
void scatter(const ConvGeometry& g, Rows rows, std::int64_t group, const Matrix<T>& patches, T* image) {
  const std::int64_t channels = g.in_channels / g.groups;
  for_each_tap(g, rows, group, [&](std::int64_t patch, std::int64_t place) {
    if (place < 0) return;
    for (std::int64_t c = 0; c < channels; ++c) image[place + c] += patches.data()[patch + c];
  });
}

// The columns of a group in a matrix with all output channels, such as w and y.
auto columns_of_group(const ConvGeometry& g, std::int64_t group, auto&& matrix) {
  const std::int64_t channels = g.out_channels / g.groups;
  return matrix.middleCols(group * channels, channels);
}

template <class T>
T* image(T* images, std::int64_t n, const Shape& shape) {
  return images + n * shape.elements(1, 4);
}

Tensor conv2d(const ConvGeometry& g, const Tensor& x, const Tensor& w) {
  Tensor y = Tensor::uninitialized(g.y_shape(), x.dtype());
  const std::int64_t taps = taps_of_group(g);
  visit_floating("conv2d", x.dtype(), [&]<class T> {
    const T* in = x.values<T>().data();
    T* out = y.mutable_values<T>().data();
    const ConstView<T> filter(w.values<T>().data(), taps, g.out_channels);
    parallel_for(g.batch, 1, [&](std::int64_t n, std::int64_t) {
      Matrix<T> patches;
      for_each_block(g, [&](Rows rows) {
        patches.resize(rows.count * g.width.out, taps);
        View<T> block(image(out, n, y.shape()) + rows.first * g.width.out * g.out_channels, patches.rows(),
                      g.out_channels);
        for_each_group(g, [&](std::int64_t group) {
          gather(g, rows, group, image(in, n, x.shape()), patches);
          columns_of_group(g, group, block).noalias() = patches * columns_of_group(g, group, filter);
        });
      });
    });
  });
  return y;
}

Tensor conv2d_transpose(const ConvGeometry& g, const Tensor& y, const Tensor& w) {
  Tensor x = Tensor::zeros(g.x_shape(), y.dtype());
  const std::int64_t taps = taps_of_group(g);
  visit_floating("conv2d_transpose", y.dtype(), [&]<class T> {
    const T* in = y.values<T>().data();
    T* out = x.mutable_values<T>().data();
    const ConstView<T> filter(w.values<T>().data(), taps, g.out_channels);
    parallel_for(g.batch, 1, [&](std::int64_t n, std::int64_t) {
      Matrix<T> patches;
      for_each_block(g, [&](Rows rows) {
        const ConstView<T> block(image(in, n, y.shape()) + rows.first * g.width.out * g.out_channels,
                                 rows.count * g.width.out, g.out_channels);
        for_each_group(g, [&](std::int64_t group) {
          patches.noalias() =
              columns_of_group(g, group, block) * columns_of_group(g, group, filter).transpose();
          scatter(g, rows, group, patches, image(out, n, x.shape()));
        });
      });
    });
  });
  return x;
}

// Private partial sums over a fixed number of parts of the batch, added in order.
Tensor conv2d_filter_grad(const ConvGeometry& g, const Tensor& x, const Tensor& y) {
  constexpr std::int64_t max_parts = 8;
  Tensor w = Tensor::zeros(g.w_shape(), x.dtype());
  const std::int64_t taps = taps_of_group(g);
  visit_floating("conv2d_filter_grad", x.dtype(), [&]<class T> {
    const T* in = x.values<T>().data();
    const T* grad = y.values<T>().data();
    View<T> total(w.mutable_values<T>().data(), taps, g.out_channels);
    const std::int64_t grain = std::max<std::int64_t>(1, chunks(g.batch, max_parts));
    std::vector<Matrix<T>> partial(static_cast<std::size_t>(chunks(g.batch, grain)));
    parallel_for(g.batch, grain, [&](std::int64_t begin, std::int64_t end) {
      Matrix<T>& sum = partial[static_cast<std::size_t>(begin / grain)];
      sum = Matrix<T>::Zero(taps, g.out_channels);
      Matrix<T> patches;
      for (std::int64_t n = begin; n < end; ++n) {
        for_each_block(g, [&](Rows rows) {
          patches.resize(rows.count * g.width.out, taps);
          const ConstView<T> block(image(grad, n, y.shape()) + rows.first * g.width.out * g.out_channels,
                                   patches.rows(), g.out_channels);
          for_each_group(g, [&](std::int64_t group) {
            gather(g, rows, group, image(in, n, x.shape()), patches);
            columns_of_group(g, group, sum).noalias() +=
                patches.transpose() * columns_of_group(g, group, block);
          });
        });
      }
    });
    for (const Matrix<T>& sum : partial) total += sum;
  });
  return w;
}

}  // namespace

const ConvolutionKernels convolution{conv2d, conv2d_transpose, conv2d_filter_grad};

}  // namespace trous::kernels::reference
