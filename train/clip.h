// Clipping of gradients by their norm.
#pragma once

#include <vector>

#include <trous/core/tensor.h>

namespace trous {

/// sqrt(sum over all tensors and elements of x^2), added in float64 over fixed blocks in order: the same bits
/// for any number of threads. Infinite or NaN where an element is. Throws DTypeError unless every tensor is
/// float32 or float64.
double global_norm(const std::vector<Tensor>& tensors);

/// `gradients` times max_norm / norm where norm, their `global_norm`, is above max_norm; otherwise as they
/// are. PyTorch's clip_grad_norm_ divides by norm + 1e-6 instead, so its clipped gradients are shorter than
/// max_norm by that much. Throws ArgumentError unless max_norm is above 0, and norm 0 or more and finite: a
/// gradient that is not finite is no matter of length.
/// Source: Pascanu et al., arXiv:1211.5063, section 3.2.
std::vector<Tensor> clipped(std::vector<Tensor> gradients, double norm, double max_norm);

}  // namespace trous
