#include <algorithm>
#include <cmath>
#include <concepts>
#include <vector>

#include <trous/core/parallel.h>
#include <trous/ops/kernels/group_norm.h>
#include <trous/ops/kernels/kernel_set.h>

namespace trous::kernels {
namespace {

// Numbers of a task, at least: small samples are taken together.
constexpr std::int64_t task = 16384;

template <class T>
const GroupLoops<T>& loops_for(const Groups& e) {
  const bool fast_ones = fast_kernels() && e.pixels > 1;  // their vectors run over pixels
  if constexpr (std::same_as<T, float>) {
    return fast_ones ? fast::group_norm_float32 : reference::group_norm_float32;
  } else {
    return fast_ones ? fast::group_norm_float64 : reference::group_norm_float64;
  }
}

std::int64_t samples_per_task(const Groups& e) {
  return std::max<std::int64_t>(1, task / std::max<std::int64_t>(1, e.pixels * e.channels));
}

// run(begin, end) for runs of samples: many at once, or, where they are large, one after the other, since the
// loops inside share their work among threads.
template <class Run>
void for_samples(const Groups& e, const Run& run) {
  if (e.pixels * e.channels < 16 * task) {
    parallel_for(e.samples, samples_per_task(e), run);
  } else {
    for (std::int64_t sample = 0; sample < e.samples; ++sample) run(sample, sample + 1);
  }
}

template <class Body>
void for_each_sample(const Groups& e, const Body& body) {
  for_samples(e, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t sample = begin; sample < end; ++sample) body(sample);
  });
}

// What is known of each group before the pixels are read.
template <class T>
class Known {
 public:
  explicit Known(const GroupNormCase& c) : c_(c), mean_(c.moments.mean.values<T>().data()) {
    factor_.reserve(c.moments.variance.values<T>().size());
    for (const T v : c.moments.variance.values<T>())
      factor_.push_back(1 / std::sqrt(static_cast<double>(v) + c.epsilon));
  }
  GroupRows<T> rows(std::int64_t sample) const {
    const Groups& e = c_.extent;
    return {c_.x.values<T>().data() + offset(sample),
            e.pixels,
            e.channels,
            e.groups,
            mean_ + sample * e.groups,
            factor(sample),
            c_.scale.values<T>().data(),
            c_.offset.values<T>().data(),
            c_.relu};
  }
  std::int64_t offset(std::int64_t sample) const { return sample * c_.extent.pixels * c_.extent.channels; }
  const double* factor(std::int64_t sample) const { return factor_.data() + sample * c_.extent.groups; }

 private:
  const GroupNormCase& c_;
  const T* mean_;
  std::vector<double> factor_;
};

Tensor rounded(const std::vector<double>& values, const Shape& shape, DType dtype) {
  return Tensor(shape, values).cast(dtype);
}

}  // namespace

Moments group_moments(const Tensor& x, const Groups& e) {
  std::vector<double> mean(static_cast<std::size_t>(e.samples * e.groups)), variance = mean;
  return visit_floating("group_norm", x.dtype(), [&]<class T> {
    const GroupLoops<T>& loops = loops_for<T>(e);
    const T* const in = x.values<T>().data();
    for_each_sample(e, [&](std::int64_t sample) {
      loops.moments(in + sample * e.pixels * e.channels, e, mean.data() + sample * e.groups,
                    variance.data() + sample * e.groups);
    });
    const Shape shape{e.samples, e.groups};
    return Moments{rounded(mean, shape, x.dtype()), rounded(variance, shape, x.dtype())};
  });
}

Tensor group_norm_value(const GroupNormCase& c) {
  Tensor y = Tensor::uninitialized(c.x.shape(), c.x.dtype());
  visit_floating("group_norm", c.x.dtype(), [&]<class T> {
    const Known<T> known(c);
    const GroupLoops<T>& loops = loops_for<T>(c.extent);
    T* const out = y.mutable_values<T>().data();
    for_each_sample(
        c.extent, [&](std::int64_t sample) { loops.value(known.rows(sample), out + known.offset(sample)); });
  });
  return y;
}

GroupNormSums group_norm_sums(const GroupNormCase& c, const Tensor& grad) {
  const Groups& e = c.extent;
  return visit_floating("group_norm_grad", c.x.dtype(), [&]<class T> {
    const Known<T> known(c);
    const GroupLoops<T>& loops = loops_for<T>(e);
    const T *g = grad.values<T>().data(), *scale = c.scale.values<T>().data();
    const std::int64_t of_group = e.channels_of_group(), step = samples_per_task(e);
    const auto channels = static_cast<std::size_t>(e.channels);
    // Of each run of `step` samples, which has one writer.
    std::vector<double> plain(static_cast<std::size_t>(chunks(e.samples, step)) * channels), with_x = plain;
    std::vector<double> scaled(static_cast<std::size_t>(e.samples * e.groups)), scaled_x = scaled;
    const auto one_run = [&](std::int64_t begin, std::int64_t end) {
      std::vector<double> first(channels), second(channels);
      double* const all = plain.data() + begin / step * e.channels;
      double* const all_x = with_x.data() + begin / step * e.channels;
      for (std::int64_t sample = begin; sample < end; ++sample) {
        std::fill(first.begin(), first.end(), 0.0);
        std::fill(second.begin(), second.end(), 0.0);
        loops.sums(known.rows(sample), g + known.offset(sample), first.data(), second.data());
        for (std::int64_t k = 0; k < e.channels; ++k) {
          const std::int64_t group = k / of_group, at = sample * e.groups + group;
          const double a = first[static_cast<std::size_t>(k)];
          const double b = second[static_cast<std::size_t>(k)] * known.factor(sample)[group];
          all[k] += a;
          all_x[k] += b;
          scaled[static_cast<std::size_t>(at)] += static_cast<double>(scale[k]) * a;
          scaled_x[static_cast<std::size_t>(at)] += static_cast<double>(scale[k]) * b;
        }
      }
    };
    for_samples(e, one_run);
    std::vector<double> total(channels), total_x(channels);
    for (std::size_t i = 0; i < plain.size(); ++i) {
      total[i % channels] += plain[i];
      total_x[i % channels] += with_x[i];
    }
    const Shape groups{e.samples, e.groups};
    return GroupNormSums{per_channel(total, grad.dtype()), per_channel(total_x, grad.dtype()),
                         rounded(scaled, groups, grad.dtype()), rounded(scaled_x, groups, grad.dtype())};
  });
}

Tensor group_norm_grad(const GroupNormCase& c, const Tensor& grad, const GroupNormSums& total) {
  const Groups& e = c.extent;
  Tensor result = Tensor::uninitialized(c.x.shape(), c.x.dtype());
  visit_floating("group_norm_grad", c.x.dtype(), [&]<class T> {
    const Known<T> known(c);
    const GroupLoops<T>& loops = loops_for<T>(e);
    const T* const g = grad.values<T>().data();
    T* const out = result.mutable_values<T>().data();
    std::vector<double> first, second;
    for (std::int64_t i = 0; i < e.samples * e.groups; ++i) {
      const double factor = known.factor(0)[i], share = factor / e.values();
      first.push_back(static_cast<double>(total.scaled.values<T>()[static_cast<std::size_t>(i)]) * share);
      second.push_back(static_cast<double>(total.scaled_normalized.values<T>()[static_cast<std::size_t>(i)]) *
                       share * factor);
    }
    for_each_sample(e, [&](std::int64_t sample) {
      loops.grad(known.rows(sample), g + known.offset(sample), first.data() + sample * e.groups,
                 second.data() + sample * e.groups, out + known.offset(sample));
    });
  });
  return result;
}

}  // namespace trous::kernels
