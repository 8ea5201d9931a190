// Group normalisation on memory: x is read as samples of [pixels, channels], whose channels lie in groups of
// equal size, one behind the other. Each group of each sample has a mean and a variance of its own.
//
//   normalised = (x - mean) factor,   factor = 1 / sqrt(variance + epsilon)
//   y = normalised scale + offset,    or the maximum of that and 0 where `relu`
#pragma once

#include <cstdint>

#include <trous/core/tensor.h>
#include <trous/ops/kernels/batch_norm.h>

namespace trous::kernels {

/// How x is read. A layer norm reads [rows, 1, channels] with one group.
struct Groups {
  std::int64_t samples, pixels, channels, groups;
  std::int64_t channels_of_group() const { return channels / groups; }
  /// Values that share a mean.
  double values() const { return static_cast<double>(pixels * channels_of_group()); }
};

/// The inputs shared by all kernels except `group_moments`; the moments are [samples, groups].
struct GroupNormCase {
  const Tensor& x;
  Groups extent;
  Moments moments;
  double epsilon;
  const Tensor& scale;
  const Tensor& offset;
  bool relu;
};

/// Sums of g and of g * normalised x, where g is the cotangent of y, or 0 where y was clipped.
struct GroupNormSums {
  Tensor grad, grad_normalized;      ///< [channels], over samples and pixels
  Tensor scaled, scaled_normalized;  ///< [samples, groups], of scale * g
};

Moments group_moments(const Tensor& x, const Groups& extent);
Tensor group_norm_value(const GroupNormCase& c);
GroupNormSums group_norm_sums(const GroupNormCase& c, const Tensor& grad);
/// The cotangent of x, on which mean and variance depend too:
/// factor (scale g - scaled / values - normalised x scaled_normalized / values)
Tensor group_norm_grad(const GroupNormCase& c, const Tensor& grad, const GroupNormSums& total);

/// One sample, with a mean and a factor for each group.
template <class T>
struct GroupRows {
  const T* x;
  std::int64_t pixels, channels, groups;
  const T* mean;
  const double* factor;
  const T *scale, *offset;
  bool relu;
};

/// The loops over one sample.
template <class T>
struct GroupLoops {
  void (*moments)(const T* x, const Groups& extent, double* mean, double* variance);
  void (*value)(const GroupRows<T>& rows, T* y);
  /// Adds, per channel, sums of g and of g (x - mean).
  void (*sums)(const GroupRows<T>& rows, const T* g, double* plain, double* with_x);
  /// out = factor scale g - first - (x - mean) second, the last two per group.
  void (*grad)(const GroupRows<T>& rows, const T* g, const double* first, const double* second, T* out);
};

namespace reference {
extern const GroupLoops<float> group_norm_float32;
extern const GroupLoops<double> group_norm_float64;
}  // namespace reference
namespace fast {
extern const GroupLoops<float> group_norm_float32;
extern const GroupLoops<double> group_norm_float64;
}  // namespace fast

}  // namespace trous::kernels
