// Adam's direction at a length that is in proportion to each weight tensor, for large batches.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <trous/train/optimizer.h>

namespace trous {

struct LambOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-6;
  double weight_decay = 0.01;  ///< added to the direction, before its length is taken
};

/// m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;
/// u = (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon) + decay w;
/// w = w - learning_rate (|w| / |u|) u
///
/// |w| and |u| are the norms of one weight tensor as a whole, added in float64; where either is 0 their
/// quotient counts as 1, so that weights that begin at 0 can move. The paper's phi is the identity.
/// Source: You et al., arXiv:1904.00962, algorithm 2.
class Lamb {
 public:
  /// Throws ArgumentError unless 0 <= beta < 1, epsilon > 0 and decay >= 0.
  explicit Lamb(const LambOptions& options = {});

  const LambOptions& options() const { return options_; }

  /// The weights after one step, see Sgd::step.
  std::vector<Tensor> step(const std::vector<Tensor>& weights, const std::vector<Tensor>& gradients,
                           double learning_rate, std::span<const StepScale> scales = {});

  /// The moments are "first" and "second". An optimizer of the same options that restores this goes on as
  /// this one would, bit for bit.
  OptimizerState state() const;

  /// Throws ArgumentError, with nothing changed, unless `state` is one that `state()` gives.
  void restore(const OptimizerState& state);

  /// "Lamb, beta1 0.9, beta2 0.999, epsilon 1e-06, weight_decay 0.01"
  std::string description() const;

 private:
  LambOptions options_;
  std::int64_t steps_ = 0;
  std::vector<Tensor> first_, second_;
};

}  // namespace trous
