// First values of parameters.
#pragma once

#include <functional>

#include <trous/core/random.h>

namespace trous {

/// What an initializer needs to know of a parameter.
struct ParameterSpec {
  Shape shape;
  std::int64_t fan_in = 1;   ///< inputs that one output sums over
  std::int64_t fan_out = 1;  ///< outputs that one input reaches
};

using Initializer = std::function<Tensor(const ParameterSpec& spec, DType dtype, Key key)>;

/// Normal with variance 2 / fan_in, for layers before a ReLU. Source: He et al., arXiv:1502.01852.
Initializer he_normal();

/// Uniform in +-sqrt(6 / (fan_in + fan_out)). Source: Glorot and Bengio, AISTATS 2010.
Initializer glorot_uniform();

/// Orthonormal rows or columns of the parameter seen as [all axes but the last, last], times `gain`: the
/// QR factorisation of a normal matrix, signs fixed so that the distribution is uniform.
/// Source: Saxe et al., arXiv:1312.6120.
Initializer orthogonal(double gain = 1);

Initializer zeros();
Initializer ones();

}  // namespace trous
