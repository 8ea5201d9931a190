// Batch normalisation.
#pragma once

#include <string_view>

#include <trous/autograd/variable.h>

namespace trous {

/// What normalising a batch gives: the result, and the batch's statistics for running averages.
struct BatchNormResult {
  Variable value;
  Tensor mean;      ///< [channels]
  Tensor variance;  ///< [channels], biased: divided by the number of values
};

/// y = (x - mean) / sqrt(variance + epsilon) * scale + offset, with mean and biased variance of each
/// channel over the batch and all pixels.
///
/// x               [n, ..., channels]  float32 or float64; two or more values per channel
/// scale, offset   [channels], same dtype
/// epsilon         above 0
///
/// A composite: fused value and first-order rules; higher orders come from the definition.
/// Throws ShapeError if the shapes do not fit or there are fewer than 2 values per channel, DTypeError if the
/// dtypes differ or are not floating, ArgumentError if epsilon <= 0.
/// Source: Ioffe and Szegedy, arXiv:1502.03167.
BatchNormResult batch_norm(const Variable& x, const Variable& scale, const Variable& offset,
                           double epsilon = 1e-5, std::string_view name = {});

/// relu(batch_norm(x, scale, offset)) as one op:
///
///   y = max(0, (x - mean) / sqrt(variance + epsilon) * scale + offset), with derivative 0 at 0
///
/// Shapes, dtypes and errors are batch_norm's. It reads and writes memory once less each way than two ops,
/// and y is made again for the rules downstream that read it, so that x and the statistics live until then
/// and y not.
BatchNormResult batch_norm_relu(const Variable& x, const Variable& scale, const Variable& offset,
                                double epsilon = 1e-5, std::string_view name = {});

/// The same as batch_norm with given statistics, as in evaluation: an affine map per channel.
///
///   y = (x - mean) / sqrt(variance + epsilon) * scale + offset
///
/// x                [n, ..., channels]  float32 or float64, of any batch
/// scale, offset    [channels], same dtype
/// mean, variance   [channels], same dtype; constants of a trained network
///
/// Throws ShapeError, DTypeError or ArgumentError as batch_norm.
Variable batch_norm_inference(const Variable& x, const Variable& scale, const Variable& offset,
                              const Variable& mean, const Variable& variance, double epsilon = 1e-5,
                              std::string_view name = {});

/// relu(batch_norm_inference(...)) as one op; the derivative at 0 is 0. Shapes, dtypes and errors are
/// batch_norm_inference's.
Variable batch_norm_inference_relu(const Variable& x, const Variable& scale, const Variable& offset,
                                   const Variable& mean, const Variable& variance, double epsilon = 1e-5,
                                   std::string_view name = {});

}  // namespace trous
