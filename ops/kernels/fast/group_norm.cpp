// Group normalisation by the loops of batch normalisation, which know channels: each gets the mean and the
// factor of its group.
#include <vector>

#include <trous/ops/kernels/fast/batch_norm.h>
#include <trous/ops/kernels/group_norm.h>

namespace trous::kernels::fast {
namespace {

// One number per channel, from a function of the channel and its group.
template <class T, class F>
std::vector<T> by_channel(std::int64_t channels, std::int64_t groups, const F& f) {
  std::vector<T> result;
  result.reserve(static_cast<std::size_t>(channels));
  for (std::int64_t c = 0; c < channels; ++c) result.push_back(static_cast<T>(f(c, c / (channels / groups))));
  return result;
}

template <class T>
struct ByChannel {
  explicit ByChannel(const GroupRows<T>& r)
      : mean(by_channel<T>(r.channels, r.groups, [&](std::int64_t, std::int64_t g) { return r.mean[g]; })),
        slope(by_channel<T>(
            r.channels, r.groups,
            [&](std::int64_t c, std::int64_t g) { return r.factor[g] * static_cast<double>(r.scale[c]); })),
        rows{r.x, r.pixels, r.channels, mean.data(), slope.data(), r.offset, r.relu} {}
  ByChannel(const ByChannel&) = delete;
  ByChannel& operator=(const ByChannel&) = delete;

  std::vector<T> mean, slope;
  NormRows<T> rows;
};

// Channels have equally many values, so the mean of a group is that of its channels' means, and its variance
// the mean of their variances and of the squares by which their means differ from its own.
template <class T>
void moments(const T* x, const Groups& e, double* mean, double* variance) {
  std::vector<double> means(static_cast<std::size_t>(e.channels)), variances = means;
  norm_moments(x, e.pixels, e.channels, means.data(), variances.data());
  const std::int64_t of_group = e.channels_of_group();
  const double share = 1 / static_cast<double>(of_group);
  for (std::int64_t g = 0; g < e.groups; ++g) {
    const double* const m = means.data() + g * of_group;
    const double* const v = variances.data() + g * of_group;
    mean[g] = variance[g] = 0;
    for (std::int64_t k = 0; k < of_group; ++k) mean[g] += m[k] * share;
    for (std::int64_t k = 0; k < of_group; ++k)
      variance[g] += (v[k] + (m[k] - mean[g]) * (m[k] - mean[g])) * share;
  }
}

template <class T>
void value(const GroupRows<T>& r, T* y) {
  norm_value(ByChannel<T>(r).rows, y);
}

template <class T>
void sums(const GroupRows<T>& r, const T* grad, double* plain, double* with_x) {
  std::vector<double> first(static_cast<std::size_t>(r.channels)), second = first;
  norm_sums(ByChannel<T>(r).rows, grad, first.data(), second.data());
  for (std::int64_t c = 0; c < r.channels; ++c) {
    plain[c] += first[static_cast<std::size_t>(c)];
    with_x[c] += second[static_cast<std::size_t>(c)];
  }
}

template <class T>
void gradient(const GroupRows<T>& r, const T* grad, const double* first, const double* second, T* out) {
  const auto firsts =
      by_channel<T>(r.channels, r.groups, [&](std::int64_t, std::int64_t g) { return first[g]; });
  const auto seconds =
      by_channel<T>(r.channels, r.groups, [&](std::int64_t, std::int64_t g) { return second[g]; });
  norm_grad(ByChannel<T>(r).rows, grad, firsts.data(), seconds.data(), out);
}

}  // namespace

const GroupLoops<float> group_norm_float32{moments<float>, value<float>, sums<float>, gradient<float>};
const GroupLoops<double> group_norm_float64{moments<double>, value<double>, sums<double>, gradient<double>};

}  // namespace trous::kernels::fast
