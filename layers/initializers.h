// First values of parameters.
#pragma once

#include <concepts>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>

#include <trous/core/random.h>

namespace trous {

/// The facts about a parameter that its initializer uses.
struct ParameterSpec {
  Shape shape;
  std::int64_t fan_in = 1;   ///< inputs that one output sums over
  std::int64_t fan_out = 1;  ///< outputs that one input reaches
};

/// A function that makes first values, and the name that a network's description has for it.
class Initializer {
 public:
  /// Any function of a ParameterSpec, a DType and a Key. Without a name, descriptions of networks cannot name
  /// it.
  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, Initializer> &&
           std::is_invocable_r_v<Tensor, F&, const ParameterSpec&, DType, Key>)
      Initializer(F function, std::string name = {})
      : function_(std::move(function)), name_(std::move(name)) {}

  Tensor operator()(const ParameterSpec& spec, DType dtype, Key key) const {
    return function_(spec, dtype, key);
  }
  const std::string& name() const { return name_; }

 private:
  std::function<Tensor(const ParameterSpec&, DType, Key)> function_;
  std::string name_;
};

/// Normal with variance 2 / fan_in, for layers before a ReLU. Source: He et al., arXiv:1502.01852.
Initializer he_normal();

/// Uniform in +-sqrt(6 / (fan_in + fan_out)). Source: Glorot and Bengio, AISTATS 2010.
Initializer glorot_uniform();

/// Orthonormal rows or columns of the parameter seen as [all axes but the last, last], times `gain`: the
/// QR factorisation of a normal matrix, signs fixed so that the distribution is uniform.
/// Source: Saxe et al., arXiv:1312.6120. Its name is for gain 1.
Initializer orthogonal(double gain = 1);

Initializer zeros();
Initializer ones();

}  // namespace trous
