#include <algorithm>
#include <array>

#include <trous/layers/named_activations.h>
#include <trous/ops/activations.h>
#include <trous/ops/pointwise.h>

namespace trous {
namespace {

// The only list of activations.
constexpr std::array activations{
    NamedActivation{"relu", Activation::relu, relu},
    NamedActivation{"leaky_relu", Activation::leaky_relu, [](const Variable& x) { return leaky_relu(x); }},
    NamedActivation{"elu", Activation::elu, [](const Variable& x) { return elu(x); }},
    NamedActivation{"gelu", Activation::gelu, [](const Variable& x) { return gelu(x); }},
    NamedActivation{"silu", Activation::silu, silu},
    NamedActivation{"hardswish", Activation::hardswish, hardswish},
    NamedActivation{"tanh", Activation::tanh, tanh},
    NamedActivation{"sigmoid", Activation::sigmoid, sigmoid},
};

const NamedActivation& row_of(Activation activation) {
  return *std::find_if(activations.begin(), activations.end(),
                       [&](const NamedActivation& row) { return row.activation == activation; });
}

}  // namespace

std::span<const NamedActivation> named_activations() { return activations; }

std::string_view name(Activation activation) { return row_of(activation).name; }

Variable activate(const Variable& x, Activation activation) { return row_of(activation).function(x); }

}  // namespace trous
