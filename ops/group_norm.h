// Normalisations that need no batch: of groups of channels, or of each pixel.
#pragma once

#include <cstdint>
#include <string_view>

#include <trous/autograd/variable.h>

namespace trous {

/// y = (x - mean) / sqrt(variance + epsilon) * scale + offset, with mean and biased variance of each group of
/// neighbouring channels of each sample, over all its pixels. Each pixel depends on its whole image.
///
/// x               [n, ..., channels]  float32 or float64; two or more values per group
/// scale, offset   [channels], same dtype
/// groups          of equal size; 1 is one group of all channels, and as many as there are channels an
///                 instance norm
/// epsilon         above 0
///
/// A composite: fused value and first-order rules; higher orders come from the definition. Throws ShapeError
/// if the shapes do not fit or a group has fewer than 2 values, DTypeError if the dtypes differ or are not
/// floating, ArgumentError if `groups` does not divide the channels or epsilon <= 0.
/// Source: Wu and He, arXiv:1803.08494.
Variable group_norm(const Variable& x, const Variable& scale, const Variable& offset, std::int64_t groups,
                    double epsilon = 1e-5, std::string_view name = {});

/// relu(group_norm(...)) as one op; the derivative at 0 is 0. Shapes, dtypes and errors are group_norm's.
Variable group_norm_relu(const Variable& x, const Variable& scale, const Variable& offset,
                         std::int64_t groups, double epsilon = 1e-5, std::string_view name = {});

/// y = (x - mean) / sqrt(variance + epsilon) * scale + offset, with mean and biased variance of each pixel
/// over its channels.
///
/// x               [..., channels]  float32 or float64, of rank 2 or more; two or more channels
/// scale, offset   [channels], same dtype
/// epsilon         above 0
///
/// A composite and errors as group_norm. Source: Ba, Kiros and Hinton, arXiv:1607.06450.
Variable layer_norm(const Variable& x, const Variable& scale, const Variable& offset, double epsilon = 1e-5,
                    std::string_view name = {});

/// relu(layer_norm(...)) as one op; the derivative at 0 is 0. Shapes, dtypes and errors are layer_norm's.
Variable layer_norm_relu(const Variable& x, const Variable& scale, const Variable& offset,
                         double epsilon = 1e-5, std::string_view name = {});

}  // namespace trous
