// The running average of weights, which often scores better than the weights of any one step.
#pragma once

#include <cstdint>
#include <vector>

#include <trous/core/tensor.h>

namespace trous {

/// The state of an Ema, for checkpoints.
struct EmaState {
  std::int64_t updates = 0;
  std::vector<Tensor> averages = {};
};

/// average = d average + (1 - d) value with d = min(decay, (1 + t) / (10 + t)) at update t = 0, 1, ..., so
/// that the first values are soon forgotten. Computed in float64 as average + (1 - d) (value - average),
/// which leaves an average of equal values as it is, and rounded to the tensor's type.
/// Source: TensorFlow's ExponentialMovingAverage with num_updates = t.
class Ema {
 public:
  /// The averages start at `values`, float32 or float64. Throws ArgumentError unless 0 <= decay < 1,
  /// DTypeError for other types.
  explicit Ema(std::vector<Tensor> values, double decay = 0.999);

  /// Updates the averages with the next values. Throws ArgumentError, with nothing changed, unless they are
  /// of the number, shapes and dtypes of the first.
  void update(const std::vector<Tensor>& values);

  const std::vector<Tensor>& averages() const { return state_.averages; }

  const EmaState& state() const { return state_; }

  /// Goes on from `state`. Throws ArgumentError, with nothing changed, unless its averages are of the number,
  /// shapes and dtypes of the first values, and updates 0 or more.
  void restore(const EmaState& state);

 private:
  double decay_;
  EmaState state_;
};

}  // namespace trous
