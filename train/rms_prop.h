// Steps divided by a running mean of the slopes' size: each weight moves at a pace of its own.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <trous/train/optimizer.h>

namespace trous {

struct RmsPropOptions {
  double alpha = 0.99;  ///< the share of the mean of squares that a step keeps
  double epsilon = 1e-8;
  double momentum = 0;
  double weight_decay = 0;  ///< added to the gradient: decay * weight
};

/// s = alpha s + (1 - alpha) g^2;  v = momentum v + g / (sqrt(s) + epsilon);  w = w - learning_rate v
///
/// Source: Tieleman and Hinton, Coursera: Neural networks for machine learning, lecture 6.5, 2012, in the
/// form of PyTorch's torch.optim.RMSprop.
class RmsProp {
 public:
  /// Throws ArgumentError unless 0 <= alpha < 1, epsilon > 0, 0 <= momentum < 1 and decay >= 0.
  explicit RmsProp(const RmsPropOptions& options = {});

  const RmsPropOptions& options() const { return options_; }

  /// The weights after one step, see Sgd::step.
  std::vector<Tensor> step(const std::vector<Tensor>& weights, const std::vector<Tensor>& gradients,
                           double learning_rate, std::span<const StepScale> scales = {});

  /// The moments are "square" and "velocity". An optimizer of the same options that restores this goes on as
  /// this one would, bit for bit.
  OptimizerState state() const;

  /// Throws ArgumentError, with nothing changed, unless `state` is one that `state()` gives.
  void restore(const OptimizerState& state);

  /// "RmsProp, alpha 0.99, epsilon 1e-08, momentum 0, weight_decay 0"
  std::string description() const;

 private:
  RmsPropOptions options_;
  std::int64_t steps_ = 0;
  std::vector<Tensor> square_, velocity_;
};

}  // namespace trous
