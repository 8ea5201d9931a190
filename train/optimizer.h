// First-order optimizers. A step replaces values: it never writes into a tensor that a graph still holds.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <trous/layers/visit.h>

namespace trous {

/// What an optimizer remembers, for checkpoints: its moments by name, each with one tensor per weight. Before
/// the first step there are none.
struct OptimizerState {
  std::int64_t steps = 0;
  std::vector<std::pair<std::string, std::vector<Tensor>>> moments = {};
};

/// What multiplies the learning rate and the decay of one weight, so that weights form groups: {1, 0} for
/// offsets and norms that must not decay, {0.1, 1} for layers that were trained before.
struct StepScale {
  double learning_rate = 1;
  double weight_decay = 1;
};

struct SgdOptions {
  double momentum = 0;
  bool nesterov = false;
  double weight_decay = 0;  ///< added to the gradient: decay * weight
};

/// v = momentum v + g;  w = w - learning_rate v, or learning_rate (g + momentum v) with Nesterov's step.
/// Source: Sutskever et al., ICML 2013, in PyTorch's form.
class Sgd {
 public:
  /// Throws ArgumentError unless 0 <= momentum < 1, decay >= 0, and momentum > 0 with `nesterov`.
  explicit Sgd(const SgdOptions& options = {});

  const SgdOptions& options() const { return options_; }

  /// The weights after one step. Throws ArgumentError, with nothing changed, unless there is one gradient per
  /// weight, of its shape and dtype, the weights are those of the steps before, and there are as many scales
  /// as weights, each 0 or more and finite, or none: all 1.
  std::vector<Tensor> step(const std::vector<Tensor>& weights, const std::vector<Tensor>& gradients,
                           double learning_rate, std::span<const StepScale> scales = {});

  /// The moments are "velocity". An optimizer of the same options that restores this goes on as this one
  /// would, bit for bit.
  OptimizerState state() const;

  /// Throws ArgumentError, with nothing changed, unless `state` is one that `state()` gives.
  void restore(const OptimizerState& state);

 private:
  SgdOptions options_;
  std::int64_t steps_ = 0;
  std::vector<Tensor> velocity_;
};

struct AdamOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;
};

/// m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;
/// w = w - learning_rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
///
/// Adam adds decay * weight to the gradient; AdamW takes learning_rate decay w from the weight instead.
/// Source: Kingma and Ba, arXiv:1412.6980; Loshchilov and Hutter, arXiv:1711.05101.
class Adam {
 public:
  /// Throws ArgumentError unless 0 <= beta < 1, epsilon > 0 and decay >= 0.
  explicit Adam(const AdamOptions& options = {}) : Adam(options, false) {}

  const AdamOptions& options() const { return options_; }

  /// The weights after one step. Throws ArgumentError, with nothing changed, unless there is one gradient per
  /// weight, of its shape and dtype, the weights are those of the steps before, and there are as many scales
  /// as weights, each 0 or more and finite, or none: all 1.
  std::vector<Tensor> step(const std::vector<Tensor>& weights, const std::vector<Tensor>& gradients,
                           double learning_rate, std::span<const StepScale> scales = {});

  /// The moments are "first" and "second". An optimizer of the same options that restores this goes on as
  /// this one would, bit for bit.
  OptimizerState state() const;

  /// Throws ArgumentError, with nothing changed, unless `state` is one that `state()` gives.
  void restore(const OptimizerState& state);

 protected:
  Adam(const AdamOptions& options, bool decoupled);

 private:
  const char* name() const { return decoupled_ ? "AdamW" : "Adam"; }

  AdamOptions options_;
  bool decoupled_;
  std::int64_t steps_ = 0;
  std::vector<Tensor> first_, second_;
};

/// As AdamOptions, with a decay of its own: AdamW({.beta2 = 0.99}) still decays.
struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.01;
};

class AdamW : public Adam {
 public:
  explicit AdamW(const AdamWOptions& o = {}) : Adam({o.beta1, o.beta2, o.epsilon, o.weight_decay}, true) {}
};

using Optimizer = std::variant<Sgd, Adam, AdamW>;

/// What the optimizer that was chosen remembers.
OptimizerState state_of(const Optimizer& optimizer);

/// Gives it back. Throws ArgumentError, with nothing changed, for the state of another kind of optimizer.
void restore(Optimizer& optimizer, const OptimizerState& state);

/// Moves the parameters of `net` one step; `gradients`, and `scales` where there are any, in the order of
/// tracked_weights(net).
template <class Net>
void step(Optimizer& optimizer, Net& net, const std::vector<Variable>& gradients, double learning_rate,
          std::span<const StepScale> scales = {}) {
  std::vector<Tensor> weights, slopes;
  const auto targets = parameters(net);
  for (const auto& [path, parameter] : targets) weights.push_back(parameter->get(path).value());
  for (const Variable& gradient : gradients) slopes.push_back(gradient.value());
  std::vector<Tensor> moved = std::visit(
      [&](auto& chosen) { return chosen.step(weights, slopes, learning_rate, scales); }, optimizer);
  for (std::size_t i = 0; i < targets.size(); ++i) targets[i].part->value = std::move(moved[i]);
}

}  // namespace trous
