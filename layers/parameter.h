// What a layer owns: parameters, which training changes by gradients, and buffers, which it changes by
// rule (running statistics).
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

  /// The value. Throws Error if there is none yet: with `path`, which the caller knows from
  /// `parameters(net)`, because neither initialize nor load was called; without it perhaps also because no
  /// `parts` lists this member, so that they do not reach it.
  const Variable& get(std::string_view path = {}) const;
};

struct Buffer {
  ParameterSpec spec;
  Initializer initializer;
  std::optional<Tensor> value = std::nullopt;

  const Tensor& get(std::string_view path = {}) const;
};

}  // namespace trous
