// Steps of one length in every weight: the sign of a momentum.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <trous/train/optimizer.h>

namespace trous {

struct LionOptions {
  double beta1 = 0.9;   ///< the momentum's share of the direction
  double beta2 = 0.99;  ///< the share of the momentum that a step keeps
  /// Taken from the weight as learning_rate decay w. The paper takes 3 to 10 times that of AdamW.
  double weight_decay = 0.1;
};

/// c = beta1 m + (1 - beta1) g;  w = w - learning_rate (sign(c) + decay w);  m = beta2 m + (1 - beta2) g
///
/// sign(0) is 0. Every other weight moves by the learning rate itself, so the paper takes a learning rate 3
/// to 10 times smaller than that of AdamW. Source: Chen et al., arXiv:2302.06675, algorithm 2.
class Lion {
 public:
  /// Throws ArgumentError unless 0 <= beta < 1 and decay >= 0.
  explicit Lion(const LionOptions& options = {});

  const LionOptions& options() const { return options_; }

  /// The weights after one step, see Sgd::step.
  std::vector<Tensor> step(const std::vector<Tensor>& weights, const std::vector<Tensor>& gradients,
                           double learning_rate, std::span<const StepScale> scales = {});

  /// The moments are "momentum". An optimizer of the same options that restores this goes on as this
  /// one would, bit for bit.
  OptimizerState state() const;

  /// Throws ArgumentError, with nothing changed, unless `state` is one that `state()` gives.
  void restore(const OptimizerState& state);

  /// "Lion, beta1 0.9, beta2 0.99, weight_decay 0.1"
  std::string description() const;

 private:
  LionOptions options_;
  std::int64_t steps_ = 0;
  std::vector<Tensor> momentum_;
};

}  // namespace trous
