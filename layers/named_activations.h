// The nonlinear functions of blocks that have a name.
#pragma once

#include <span>
#include <string_view>

#include <trous/autograd/variable.h>

namespace trous {

/// What follows a normalisation. The formulas are in ops/pointwise.h and ops/activations.h, whose defaults
/// are taken.
enum class Activation { relu, leaky_relu, elu, gelu, silu, hardswish, tanh, sigmoid };

struct NamedActivation {
  std::string_view name;
  Activation activation;
  Variable (*function)(const Variable& x);
};

/// The table of activations, from which options and error texts take the names.
std::span<const NamedActivation> named_activations();

std::string_view name(Activation activation);

/// The activation of each element of x.
Variable activate(const Variable& x, Activation activation);

}  // namespace trous
