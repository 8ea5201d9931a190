// Batch normalisation from its loops: what is per channel is computed here.
#include <cmath>
#include <vector>

#include <trous/ops/kernels/batch_norm.h>
#include <trous/ops/kernels/fast/batch_norm.h>

namespace trous::kernels::fast {
namespace {

// What is known of each channel before the rows are read.
template <class T>
struct Channels {
  explicit Channels(const BatchNormCase& c)
      : extent(c.x), rows{c.x.values<T>().data(),
                          extent.rows,
                          extent.channels,
                          c.moments.mean.values<T>().data(),
                          nullptr,
                          c.offset.values<T>().data(),
                          c.relu} {
    for (std::int64_t k = 0; k < extent.channels; ++k) {
      const auto i = static_cast<std::size_t>(k);
      factor.push_back(1 / std::sqrt(static_cast<double>(c.moments.variance.values<T>()[i]) + c.epsilon));
      slope.push_back(static_cast<T>(factor[i] * static_cast<double>(c.scale.values<T>()[i])));
    }
    rows.slope = slope.data();
  }
  Channels(const Channels&) = delete;
  Channels& operator=(const Channels&) = delete;

  RowsOfChannels extent;
  NormRows<T> rows;
  std::vector<double> factor;
  std::vector<T> slope;
};

Moments moments(const Tensor& x) {
  const RowsOfChannels e(x);
  std::vector<double> mean(static_cast<std::size_t>(e.channels)), variance = mean;
  return visit_floating("batch_norm", x.dtype(), [&]<class T> {
    norm_moments(x.values<T>().data(), e.rows, e.channels, mean.data(), variance.data());
    return Moments{per_channel(mean, x.dtype()), per_channel(variance, x.dtype())};
  });
}

Tensor value(const BatchNormCase& c) {
  Tensor y = Tensor::uninitialized(c.x.shape(), c.x.dtype());
  visit_floating("batch_norm", c.x.dtype(), [&]<class T> {
    const Channels<T> known(c);
    norm_value(known.rows, y.mutable_values<T>().data());
  });
  return y;
}

BatchNormSums sums(const BatchNormCase& c, const Tensor& grad) {
  return visit_floating("batch_norm_grad", c.x.dtype(), [&]<class T> {
    const Channels<T> known(c);
    std::vector<double> plain(known.factor.size()), with_x = plain;
    norm_sums(known.rows, grad.values<T>().data(), plain.data(), with_x.data());
    for (std::size_t k = 0; k < plain.size(); ++k) with_x[k] *= known.factor[k];
    return BatchNormSums{per_channel(plain, grad.dtype()), per_channel(with_x, grad.dtype())};
  });
}

Tensor gradient(const BatchNormCase& c, const Tensor& grad, const BatchNormSums& total) {
  Tensor result = Tensor::uninitialized(c.x.shape(), c.x.dtype());
  visit_floating("batch_norm_grad", c.x.dtype(), [&]<class T> {
    const Channels<T> known(c);
    std::vector<T> first, second;
    for (std::size_t k = 0; k < known.factor.size(); ++k) {
      const double share = static_cast<double>(known.slope[k]) / static_cast<double>(known.extent.rows);
      first.push_back(static_cast<T>(static_cast<double>(total.grad.values<T>()[k]) * share));
      second.push_back(static_cast<T>(static_cast<double>(total.grad_normalized.values<T>()[k]) * share *
                                      known.factor[k]));
    }
    norm_grad(known.rows, grad.values<T>().data(), first.data(), second.data(),
              result.mutable_values<T>().data());
  });
  return result;
}

}  // namespace

const BatchNormKernels batch_norm{moments, value, sums, gradient};

}  // namespace trous::kernels::fast
