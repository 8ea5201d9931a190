// Batch normalisation.
#pragma once

#include <string_view>

#include <trous/autograd/variable.h>

namespace trous {

/// A normalised batch, and the batch's statistics for running averages.
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
/// Shapes, dtypes and errors are batch_norm's. Forward and backward read and write memory once less than two
/// ops do. Rules downstream that read y compute it again, so x and the statistics stay alive until then, and
/// y does not.
BatchNormResult batch_norm_relu(const Variable& x, const Variable& scale, const Variable& offset,
                                double epsilon = 1e-5, std::string_view name = {});

/// Batch normalisation with given statistics, as in evaluation: an affine map per channel. Its seven
/// arguments are the six letters of the formula and the name.
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
