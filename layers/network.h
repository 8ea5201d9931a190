// Functions of any network: set first values, list the weights, use other weights, count parameters.
#pragma once

#include <trous/core/error.h>
#include <trous/layers/names.h>
#include <trous/layers/visit.h>

namespace trous {

/// Gives every parameter and buffer of `net` its first value: parameter k in the order of `parts` draws
/// from fold_in(key, k). Throws ArgumentError where the names of `parts` do not lead to one part each; see
/// layers/names.h.
template <class Net>
void initialize(Net& net, Key key, DType dtype = DType::float32) {
  const auto weights = parameters(net);
  const auto statistics = buffers(net);
  check_names("initialize", weights, statistics);
  std::uint64_t ordinal = 0;
  for (const auto& [path, parameter] : weights) {
    parameter->value = parameter->initializer(parameter->spec, dtype, fold_in(key, ordinal++));
  }
  for (const auto& [path, buffer] : statistics) {
    buffer->value = buffer->initializer(buffer->spec, dtype, fold_in(key, ordinal++));
  }
}

/// Returns the weights of `net` as tracked leaves named by their paths, to be given to `bind` and `grad`.
template <class Net>
std::vector<Variable> tracked_weights(const Net& net) {
  std::vector<Variable> weights;
  for (const auto& [path, parameter] : parameters(net))
    weights.push_back(track(parameter->get(path).value(), path));
  return weights;
}

/// bind(net, weights) returns a copy of `net` whose parameters are `weights`, in the order of `parts`.
/// Buffers are copied from net. Throws ArgumentError if the numbers differ, ShapeError naming the path if a
/// shape differs.
///
/// An object and not a function, so that argument-dependent lookup does not find std::bind beside it.
struct Bind {
  template <class Net>
  Net operator()(const Net& net, const std::vector<Variable>& weights) const {
    Net bound = net;
    const auto targets = parameters(bound);
    if (targets.size() != weights.size()) {
      throw ArgumentError(text("bind: ", weights.size(), " weights for ", targets.size(),
                               " parameters. Give one per parameter, in the order of tracked_weights(net)."));
    }
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const Shape& shape = targets[i].part->spec.shape;
      if (weights[i].shape() != shape) {
        throw ShapeError(text("bind: ", targets[i].path, " has shape ", shape, ", weight number ", i, " has ",
                              weights[i].shape(), ". Keep the order of tracked_weights(net)."));
      }
      targets[i].part->value = weights[i];
    }
    return bound;
  }
};
inline constexpr Bind bind;

/// Returns a copy of `net` with every weight and buffer converted, for example to float64 for check_network.
template <class Net>
Net cast_network(const Net& net, DType dtype) {
  Net copy = net;
  for (const auto& [path, parameter] : parameters(copy))
    parameter->value = parameter->get(path).value().cast(dtype);
  for (const auto& [path, buffer] : buffers(copy)) buffer->value = buffer->get(path).cast(dtype);
  return copy;
}

/// Copies the weights and buffers of `from` into `to`, a network of the same layers. Throws ArgumentError if
/// their numbers differ, ShapeError naming the path if a shape differs; `to` then stays as it was.
template <class From, class To>
void copy_weights(const From& from, To& to) {
  const auto sources = parameters(from);
  const auto targets = parameters(to);
  const auto statistics = buffers(from);
  const auto kept = buffers(to);
  if (sources.size() != targets.size() || statistics.size() != kept.size()) {
    throw ArgumentError(text("copy_weights: ", sources.size(), " parameters and ", statistics.size(),
                             " buffers for ", targets.size(), " and ", kept.size(),
                             ". Give networks of the same layers."));
  }
  const auto check = [](const std::string& path, const Shape& has, const Shape& needs) {
    if (has == needs) return;
    throw ShapeError(text("copy_weights: ", path, " has shape ", needs, ", its source ", has,
                          ". Give networks of the same layers."));
  };
  for (std::size_t i = 0; i < targets.size(); ++i)
    check(targets[i].path, sources[i].part->spec.shape, targets[i].part->spec.shape);
  for (std::size_t i = 0; i < kept.size(); ++i)
    check(kept[i].path, statistics[i].part->spec.shape, kept[i].part->spec.shape);
  for (std::size_t i = 0; i < targets.size(); ++i) targets[i].part->value = sources[i].part->value;
  for (std::size_t i = 0; i < kept.size(); ++i) kept[i].part->value = statistics[i].part->value;
}

/// The number of weights.
template <class Net>
std::int64_t count_parameters(const Net& net) {
  std::int64_t count = 0;
  for (const auto& [path, parameter] : parameters(net)) count += parameter->spec.shape.elements();
  return count;
}

}  // namespace trous
