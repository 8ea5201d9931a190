// Batch normalisation on memory: x is read as [rows, channels].
//
//   normalised = (x - mean) factor,   factor = 1 / sqrt(variance + epsilon)
//   y = normalised scale + offset,    or the maximum of that and 0 where `relu`
#pragma once

#include <cstdint>
#include <vector>

#include <trous/core/tensor.h>
#include <trous/ops/kernels/kernel_set.h>

namespace trous::kernels {

struct Moments {
  Tensor mean, variance;  // [channels]; the variance divided by the number of rows
};

/// The inputs shared by all kernels except `moments`.
struct BatchNormCase {
  const Tensor& x;
  Moments moments;
  double epsilon;
  const Tensor& scale;
  const Tensor& offset;
  bool relu;
};

/// Sums of g and of g * normalised x per channel, where g is the cotangent of y, or 0 where y was clipped.
struct BatchNormSums {
  Tensor grad, grad_normalized;
};

/// The rows and channels of x.
struct RowsOfChannels {
  std::int64_t rows, channels;
  explicit RowsOfChannels(const Tensor& x)
      : rows(x.shape().elements(0, x.shape().rank() - 1)), channels(x.shape()[x.shape().rank() - 1]) {}
};

/// One number per channel, rounded to `dtype`.
inline Tensor per_channel(const std::vector<double>& values, DType dtype) {
  return Tensor({std::ssize(values)}, values).cast(dtype);
}

struct BatchNormKernels {
  Moments (*moments)(const Tensor& x);
  Tensor (*value)(const BatchNormCase& c);
  BatchNormSums (*sums)(const BatchNormCase& c, const Tensor& grad);
  /// The cotangent of x, on which mean and variance depend too:
  /// scale factor (g - sum(g) / rows - normalised x sum(g normalised x) / rows)
  Tensor (*grad)(const BatchNormCase& c, const Tensor& grad, const BatchNormSums& sums);
};

namespace reference {
extern const BatchNormKernels batch_norm;
}
namespace fast {
extern const BatchNormKernels batch_norm;
}

inline const BatchNormKernels& batch_norm() {
  return fast_kernels() ? fast::batch_norm : reference::batch_norm;
}

}  // namespace trous::kernels
