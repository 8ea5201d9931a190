// Resampling as the sum of up to four terms that it is.
#include <vector>

#include <trous/core/parallel.h>
#include <trous/ops/kernels/resize.h>

namespace trous::kernels::reference {
namespace {

// Calls f(small pixel, large pixel, weight) for the up to four inputs that blend into every output pixel.
template <class F>
void for_each_term(const std::vector<Blend>& rows, const std::vector<Blend>& columns, std::int64_t in_width,
                   F&& f) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < columns.size(); ++j) {
      const auto pixel = static_cast<std::int64_t>(i * columns.size() + j);
      const Blend &r = rows[i], &c = columns[j];
      f(r.low * in_width + c.low, pixel, (1 - r.upper) * (1 - c.upper));
      if (c.upper > 0) f(r.low * in_width + c.high, pixel, (1 - r.upper) * c.upper);
      if (r.upper > 0) f(r.high * in_width + c.low, pixel, r.upper * (1 - c.upper));
      if (r.upper > 0 && c.upper > 0) f(r.high * in_width + c.high, pixel, r.upper * c.upper);
    }
  }
}

Tensor resize(const Tensor& x, std::int64_t height, std::int64_t width, Interpolation interpolation) {
  const Shape& in_shape = x.shape();
  const std::int64_t channels = in_shape[3];
  Tensor y = Tensor::zeros({in_shape[0], height, width, channels}, x.dtype());
  if (y.elements() == 0) return y;  // before tables of any height are made
  const auto rows = blends(in_shape[1], height, interpolation),
             columns = blends(in_shape[2], width, interpolation);
  visit_floating("resize", x.dtype(), [&]<class T> {
    const T* const in = x.values<T>().data();
    T* const out = y.mutable_values<T>().data();
    parallel_for(in_shape[0], 1, [&](std::int64_t n, std::int64_t) {
      const T* const from = in + n * in_shape.elements(1, 4);
      T* const to = out + n * y.shape().elements(1, 4);
      for_each_term(rows, columns, in_shape[2], [&](std::int64_t source, std::int64_t target, double weight) {
        for (std::int64_t c = 0; c < channels; ++c)
          to[target * channels + c] += static_cast<T>(weight) * from[source * channels + c];
      });
    });
  });
  return y;
}

Tensor resize_transpose(const Tensor& y, std::int64_t height, std::int64_t width,
                        Interpolation interpolation) {
  const Shape& out_shape = y.shape();
  const std::int64_t channels = out_shape[3];
  Tensor x = Tensor::zeros({out_shape[0], height, width, channels}, y.dtype());
  if (y.elements() == 0) return x;
  const auto rows = blends(height, out_shape[1], interpolation),
             columns = blends(width, out_shape[2], interpolation);
  visit_floating("resize_transpose", y.dtype(), [&]<class T> {
    const T* const in = y.values<T>().data();
    T* const out = x.mutable_values<T>().data();
    parallel_for(out_shape[0], 1, [&](std::int64_t n, std::int64_t) {
      const T* const from = in + n * out_shape.elements(1, 4);
      T* const to = out + n * x.shape().elements(1, 4);
      for_each_term(rows, columns, width, [&](std::int64_t target, std::int64_t source, double weight) {
        for (std::int64_t c = 0; c < channels; ++c)
          to[target * channels + c] += static_cast<T>(weight) * from[source * channels + c];
      });
    });
  });
  return x;
}

}  // namespace

const ResizeKernels resizing{resize, resize_transpose};

}  // namespace trous::kernels::reference
