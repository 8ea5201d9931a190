// Batch normalisation on memory: x is seen as [rows, channels].
#pragma once

#include <trous/core/tensor.h>

namespace trous::kernels {

struct Moments {
  Tensor mean, variance;  // [channels]; the variance divided by the number of rows
};

/// Both summed in float64 over fixed blocks of rows, the variance around the mean in a second pass.
Moments moments(const Tensor& x);

/// (x - mean) * factor * scale + offset per channel, `factor` being 1 / sqrt(variance + epsilon).
Tensor batch_norm(const Tensor& x, const Moments& moments, double epsilon, const Tensor& scale,
                  const Tensor& offset);

/// sum of g, and sum of g * normalised x, per channel.
struct BatchNormSums {
  Tensor grad, grad_normalized;
};
BatchNormSums batch_norm_sums(const Tensor& x, const Moments& moments, double epsilon, const Tensor& grad);

/// The cotangent of x, which moves its own mean and variance:
/// scale factor (g - sum(g) / rows - normalised x sum(g normalised x) / rows)
Tensor batch_norm_grad(const Tensor& x, const Moments& moments, double epsilon, const Tensor& scale,
                       const Tensor& grad);

}  // namespace trous::kernels
