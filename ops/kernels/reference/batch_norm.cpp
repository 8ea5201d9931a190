#include <cmath>
#include <vector>

#include <trous/core/parallel.h>
#include <trous/ops/kernels/batch_norm.h>

namespace trous::kernels::reference {
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

// 1 / sqrt(variance + epsilon) per channel.
template <class T>
std::vector<T> factors(const Tensor& variance, double epsilon) {
  std::vector<T> result;
  for (const T v : variance.values<T>())
    result.push_back(static_cast<T>(1 / std::sqrt(static_cast<double>(v) + epsilon)));
  return result;
}

Moments moments(const Tensor& x) {
  const RowsOfChannels e(x);
  return visit_floating("batch_norm", x.dtype(), [&]<class T> {
    const T* const in = x.values<T>().data();
    const double share = 1 / static_cast<double>(e.rows);
    std::vector<double> mean = channel_sums<T>(
        e.rows, e.channels, [&](std::int64_t i, std::int64_t) { return static_cast<double>(in[i]); });
    for (double& m : mean) m *= share;
    std::vector<double> variance = channel_sums<T>(e.rows, e.channels, [&](std::int64_t i, std::int64_t c) {
      const double d = static_cast<double>(in[i]) - mean[static_cast<std::size_t>(c)];
      return d * d;
    });
    for (double& v : variance) v *= share;
    return Moments{per_channel(mean, x.dtype()), per_channel(variance, x.dtype())};
  });
}

// Whether y is above 0: the same expression as in `value`, so that both agree to the last bit.
template <class T>
struct Affine {
  explicit Affine(const BatchNormCase& c)
      : factor(factors<T>(c.moments.variance, c.epsilon)),
        slope(factor),
        mean(c.moments.mean.values<T>().data()),
        offset(c.offset.values<T>().data()) {
    for (std::size_t k = 0; k < slope.size(); ++k) slope[k] *= c.scale.values<T>()[k];
  }
  T operator()(T x, std::int64_t c) const {
    return (x - mean[c]) * slope[static_cast<std::size_t>(c)] + offset[c];
  }
  T normalized(T x, std::int64_t c) const { return (x - mean[c]) * factor[static_cast<std::size_t>(c)]; }

  std::vector<T> factor, slope;
  const T *mean, *offset;
};

Tensor value(const BatchNormCase& batch) {
  const RowsOfChannels e(batch.x);
  Tensor y = Tensor::uninitialized(batch.x.shape(), batch.x.dtype());
  visit_floating("batch_norm", batch.x.dtype(), [&]<class T> {
    const Affine<T> affine(batch);
    const T* const in = batch.x.values<T>().data();
    T* const out = y.mutable_values<T>().data();
    parallel_for(e.rows, row_block, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        for (std::int64_t c = 0; c < e.channels; ++c) {
          const std::int64_t i = row * e.channels + c;
          const T v = affine(in[i], c);
          out[i] = batch.relu && v < 0 ? T(0) : v;
        }
      }
    });
  });
  return y;
}

BatchNormSums sums(const BatchNormCase& batch, const Tensor& grad) {
  const RowsOfChannels e(batch.x);
  return visit_floating("batch_norm_grad", batch.x.dtype(), [&]<class T> {
    const Affine<T> affine(batch);
    const T *in = batch.x.values<T>().data(), *g = grad.values<T>().data();
    const auto passed = [&](std::int64_t i, std::int64_t c) {
      return batch.relu && !(affine(in[i], c) > 0) ? T(0) : g[i];
    };
    const auto plain = channel_sums<T>(e.rows, e.channels, [&](std::int64_t i, std::int64_t c) {
      return static_cast<double>(passed(i, c));
    });
    const auto with_x = channel_sums<T>(e.rows, e.channels, [&](std::int64_t i, std::int64_t c) {
      return static_cast<double>(passed(i, c) * affine.normalized(in[i], c));
    });
    return BatchNormSums{per_channel(plain, grad.dtype()), per_channel(with_x, grad.dtype())};
  });
}

Tensor gradient(const BatchNormCase& batch, const Tensor& grad, const BatchNormSums& total) {
  const RowsOfChannels e(batch.x);
  Tensor result = Tensor::uninitialized(batch.x.shape(), batch.x.dtype());
  visit_floating("batch_norm_grad", batch.x.dtype(), [&]<class T> {
    const Affine<T> affine(batch);
    const T *in = batch.x.values<T>().data(), *g = grad.values<T>().data();
    const T *plain = total.grad.values<T>().data(), *with_x = total.grad_normalized.values<T>().data();
    const T share = static_cast<T>(1 / static_cast<double>(e.rows));
    T* const out = result.mutable_values<T>().data();
    parallel_for(e.rows, row_block, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        for (std::int64_t c = 0; c < e.channels; ++c) {
          const std::int64_t i = row * e.channels + c;
          const T passed = batch.relu && !(affine(in[i], c) > 0) ? T(0) : g[i];
          out[i] = affine.slope[static_cast<std::size_t>(c)] *
                   (passed - plain[c] * share - affine.normalized(in[i], c) * (with_x[c] * share));
        }
      }
    });
  });
  return result;
}

}  // namespace

const BatchNormKernels batch_norm{moments, value, sums, gradient};

}  // namespace trous::kernels::reference
