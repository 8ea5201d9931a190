// First-order optimizers. A step replaces values: it never writes into a tensor that a graph still holds.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <trous/layers/visit.h>

namespace trous {

/// The state of an optimizer, for checkpoints: its moments by name, each with one tensor per weight. Before
/// the first step there are none.
struct OptimizerState {
  std::int64_t steps = 0;
  std::vector<std::pair<std::string, std::vector<Tensor>>> moments = {};
};

/// Factors of the learning rate and the decay of one weight, which make groups of weights: {1, 0} for offsets
/// and norms that must not decay, {0.1, 1} for layers that were trained before.
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

  /// "Sgd, momentum 0.9, nesterov, weight_decay 0"
  std::string description() const;

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

  /// "Adam, beta1 0.9, beta2 0.999, epsilon 1e-08, weight_decay 0"
  std::string description() const;

 protected:
  Adam(const AdamOptions& options, bool decoupled);

 private:
  const char* name() const { return decoupled_ ? "AdamW" : "Adam"; }

  AdamOptions options_;
  bool decoupled_;
  std::int64_t steps_ = 0;
  std::vector<Tensor> first_, second_;
};

/// The options of AdamW. Their default decay is not 0: AdamW({.beta2 = 0.99}) decays.
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

/// A class with the members that Sgd has: a step, a state that checkpoints keep, and a description.
template <class Kind>
concept OptimizerKind = std::copyable<Kind> &&
    requires(Kind kind, const Kind& constant, const std::vector<Tensor>& tensors,
             std::span<const StepScale> scales, const OptimizerState& state) {
  { kind.step(tensors, tensors, 0.1, scales) } -> std::same_as<std::vector<Tensor>>;
  { constant.state() } -> std::same_as<OptimizerState>;
  kind.restore(state);
  { constant.description() } -> std::same_as<std::string>;
};

/// Any optimizer, as a value: copying copies its state. Do not use a moved-from Optimizer but to assign to
/// it. A checkpoint takes the moments from the optimizer by their names, so no other file depends on the list
/// of optimizers.
class Optimizer {
 public:
  template <class Kind>
  requires(!std::same_as<Kind, Optimizer> && OptimizerKind<Kind>) Optimizer(Kind kind)
      : held_(std::make_unique<Held<Kind>>(std::move(kind))) {}
  Optimizer(const Optimizer& other) : held_(other.held_->clone()) {}
  Optimizer(Optimizer&&) noexcept = default;
  Optimizer& operator=(Optimizer other) noexcept {
    held_ = std::move(other.held_);
    return *this;
  }
  ~Optimizer() = default;

  /// The weights after one step, see Sgd::step.
  std::vector<Tensor> step(const std::vector<Tensor>& weights, const std::vector<Tensor>& gradients,
                           double learning_rate, std::span<const StepScale> scales = {}) {
    return held_->step(weights, gradients, learning_rate, scales);
  }
  /// Returns the state.
  OptimizerState state() const { return held_->state(); }
  /// Sets the state. Throws ArgumentError, with nothing changed, for the state of another kind of optimizer.
  void restore(const OptimizerState& state) { held_->restore(state); }
  /// Returns its kind and all its options. Optimizers of equal descriptions take equal steps.
  std::string description() const { return held_->description(); }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual std::unique_ptr<Interface> clone() const = 0;
    virtual std::vector<Tensor> step(const std::vector<Tensor>& weights, const std::vector<Tensor>& gradients,
                                     double learning_rate, std::span<const StepScale> scales) = 0;
    virtual OptimizerState state() const = 0;
    virtual void restore(const OptimizerState& state) = 0;
    virtual std::string description() const = 0;
  };

  template <class Kind>
  struct Held final : Interface {
    explicit Held(Kind k) : kind(std::move(k)) {}
    std::unique_ptr<Interface> clone() const override { return std::make_unique<Held>(kind); }
    std::vector<Tensor> step(const std::vector<Tensor>& weights, const std::vector<Tensor>& gradients,
                             double learning_rate, std::span<const StepScale> scales) override {
      return kind.step(weights, gradients, learning_rate, scales);
    }
    OptimizerState state() const override { return kind.state(); }
    void restore(const OptimizerState& state) override { kind.restore(state); }
    std::string description() const override { return kind.description(); }
    Kind kind;
  };

  std::unique_ptr<Interface> held_;
};

/// An optimizer that has a name.
struct NamedOptimizer {
  std::string_view name;
  Optimizer (*make)(double weight_decay);
  double weight_decay;  ///< its default
};

/// The table of optimizers: "sgd" (momentum 0.9, Nesterov's step), "adam", "adamw", "rmsprop", "lion" (at a
/// tenth of Adam's learning rate), "lamb". A new one is its class and a row of it.
std::span<const NamedOptimizer> named_optimizers();

/// The default of TrainOptions and of `trous train`.
constexpr std::string_view default_optimizer = "adam";

/// The row called `name`. Throws ArgumentError listing the names.
const NamedOptimizer& named_optimizer(std::string_view name);

/// The optimizer called `name`; without `weight_decay` that of its row. Throws ArgumentError listing the
/// names, or for a decay below 0.
Optimizer make_optimizer(std::string_view name, const std::optional<double>& weight_decay = std::nullopt);

/// Returns `optimizer.state()`.
OptimizerState state_of(const Optimizer& optimizer);

/// Calls `optimizer.restore(state)`. Throws ArgumentError, with nothing changed, for the state of another
/// kind of optimizer.
void restore(Optimizer& optimizer, const OptimizerState& state);

/// Moves the parameters of `net` by one step. `gradients`, and `scales` unless empty, have the order of
/// tracked_weights(net).
template <class Net>
void step(Optimizer& optimizer, Net& net, const std::vector<Variable>& gradients, double learning_rate,
          std::span<const StepScale> scales = {}) {
  std::vector<Tensor> weights, slopes;
  const auto targets = parameters(net);
  for (const auto& [path, parameter] : targets) weights.push_back(parameter->get(path).value());
  for (const Variable& gradient : gradients) slopes.push_back(gradient.value());
  std::vector<Tensor> moved = optimizer.step(weights, slopes, learning_rate, scales);
  for (std::size_t i = 0; i < targets.size(); ++i) targets[i].part->value = std::move(moved[i]);
}

}  // namespace trous
