#include <cmath>
#include <vector>

#include <trous/core/parallel.h>
#include <trous/ops/kernels/batch_norm.h>

namespace trous::kernels {
namespace {

constexpr std::int64_t row_block = 512;  // rows per task and per partial sum

// sum over rows of term(row, channel), per channel, as [channels] of x's dtype.
template <class T, class Term>
std::vector<double> channel_sums(std::int64_t rows, std::int64_t channels, Term&& term) {
  std::vector<double> partial(static_cast<std::size_t>(chunks(rows, row_block) * channels), 0.0);
  parallel_for(rows, row_block, [&](std::int64_t begin, std::int64_t end) {
    double* const sum = partial.data() + begin / row_block * channels;
    for (std::int64_t row = begin; row < end; ++row) {
      for (std::int64_t c = 0; c < channels; ++c) sum[c] += term(row * channels + c, c);
    }
  });
  std::vector<double> total(static_cast<std::size_t>(channels), 0.0);
  for (std::int64_t block = 0; block < chunks(rows, row_block); ++block) {
    for (std::int64_t c = 0; c < channels; ++c) {
      total[static_cast<std::size_t>(c)] += partial[static_cast<std::size_t>(block * channels + c)];
    }
  }
  return total;
}

template <class T>
Tensor to_tensor(const std::vector<double>& values, double factor) {
  Tensor result = Tensor::uninitialized({static_cast<std::int64_t>(values.size())}, dtype_of<T>());
  T* const out = result.mutable_values<T>().data();
  for (std::size_t c = 0; c < values.size(); ++c) out[c] = static_cast<T>(values[c] * factor);
  return result;
}

// 1 / sqrt(variance + epsilon) per channel.
template <class T>
std::vector<T> factors(const Tensor& variance, double epsilon) {
  std::vector<T> result;
  for (const T v : variance.values<T>())
    result.push_back(static_cast<T>(1 / std::sqrt(static_cast<double>(v) + epsilon)));
  return result;
}

struct Extent {
  std::int64_t rows, channels;
  explicit Extent(const Tensor& x)
      : rows(x.shape().elements(0, x.shape().rank() - 1)), channels(x.shape()[x.shape().rank() - 1]) {}
};

}  // namespace

Moments moments(const Tensor& x) {
  const Extent e(x);
  return visit_floating("batch_norm", x.dtype(), [&]<class T> {
    const T* const in = x.values<T>().data();
    const double share = 1 / static_cast<double>(e.rows);
    std::vector<double> mean = channel_sums<T>(
        e.rows, e.channels, [&](std::int64_t i, std::int64_t) { return static_cast<double>(in[i]); });
    for (double& m : mean) m *= share;
    const auto variance = channel_sums<T>(e.rows, e.channels, [&](std::int64_t i, std::int64_t c) {
      const double d = static_cast<double>(in[i]) - mean[static_cast<std::size_t>(c)];
      return d * d;
    });
    return Moments{to_tensor<T>(mean, 1), to_tensor<T>(variance, share)};
  });
}

Tensor batch_norm(const Tensor& x, const Moments& m, double epsilon, const Tensor& scale,
                  const Tensor& offset) {
  const Extent e(x);
  Tensor y = Tensor::uninitialized(x.shape(), x.dtype());
  visit_floating("batch_norm", x.dtype(), [&]<class T> {
    const T *in = x.values<T>().data(), *mean = m.mean.values<T>().data(),
            *offsets = offset.values<T>().data();
    std::vector<T> slopes = factors<T>(m.variance, epsilon);
    for (std::size_t c = 0; c < slopes.size(); ++c) slopes[c] *= scale.values<T>()[c];
    T* const out = y.mutable_values<T>().data();
    const T* const slope = slopes.data();
    parallel_for(e.rows, row_block, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        for (std::int64_t c = 0; c < e.channels; ++c) {
          const std::int64_t i = row * e.channels + c;
          out[i] = (in[i] - mean[c]) * slope[c] + offsets[c];
        }
      }
    });
  });
  return y;
}

BatchNormSums batch_norm_sums(const Tensor& x, const Moments& m, double epsilon, const Tensor& grad) {
  const Extent e(x);
  return visit_floating("batch_norm_grad", x.dtype(), [&]<class T> {
    const T *in = x.values<T>().data(), *g = grad.values<T>().data(), *mean = m.mean.values<T>().data();
    const std::vector<T> factor = factors<T>(m.variance, epsilon);
    const auto plain = channel_sums<T>(
        e.rows, e.channels, [&](std::int64_t i, std::int64_t) { return static_cast<double>(g[i]); });
    const auto with_x = channel_sums<T>(e.rows, e.channels, [&](std::int64_t i, std::int64_t c) {
      return static_cast<double>(g[i] * ((in[i] - mean[c]) * factor[static_cast<std::size_t>(c)]));
    });
    return BatchNormSums{to_tensor<T>(plain, 1), to_tensor<T>(with_x, 1)};
  });
}

Tensor batch_norm_grad(const Tensor& x, const Moments& m, double epsilon, const Tensor& scale,
                       const Tensor& grad) {
  const Extent e(x);
  const BatchNormSums sums = batch_norm_sums(x, m, epsilon, grad);
  Tensor result = Tensor::uninitialized(x.shape(), x.dtype());
  visit_floating("batch_norm_grad", x.dtype(), [&]<class T> {
    const T *in = x.values<T>().data(), *g = grad.values<T>().data(), *mean = m.mean.values<T>().data();
    const std::vector<T> factor = factors<T>(m.variance, epsilon);
    const T share = static_cast<T>(1 / static_cast<double>(e.rows));
    std::vector<T> slope = factor, mean_grad, mean_with_x;
    for (std::size_t c = 0; c < slope.size(); ++c) {
      slope[c] *= scale.values<T>()[c];
      mean_grad.push_back(sums.grad.values<T>()[c] * share);
      mean_with_x.push_back(sums.grad_normalized.values<T>()[c] * share * factor[c]);
    }
    T* const out = result.mutable_values<T>().data();
    const T *by = slope.data(), *first = mean_grad.data(), *second = mean_with_x.data();
    parallel_for(e.rows, row_block, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        for (std::int64_t c = 0; c < e.channels; ++c) {
          const std::int64_t i = row * e.channels + c;
          out[i] = by[c] * (g[i] - first[c] - (in[i] - mean[c]) * second[c]);
        }
      }
    });
  });
  return result;
}

}  // namespace trous::kernels
