// The tensors of a layer: parameters, which training changes by gradients, and buffers, which it changes by
// other rules (running statistics).
#pragma once

#include <optional>
#include <string_view>

#include <trous/autograd/variable.h>
#include <trous/layers/initializers.h>

namespace trous {

struct Parameter {
  ParameterSpec spec;
  Initializer initializer;
  std::optional<Variable> value = std::nullopt;

  /// Returns the value. Throws Error if there is none yet. `path` is the parameter's path from
  /// `parameters(net)`: with it the cause can only be that neither initialize nor load was called; without
  /// it, it may also be that no `parts` lists this member.
  const Variable& get(std::string_view path = {}) const;
};

struct Buffer {
  ParameterSpec spec;
  Initializer initializer;
  std::optional<Tensor> value = std::nullopt;

  const Tensor& get(std::string_view path = {}) const;
};

}  // namespace trous
