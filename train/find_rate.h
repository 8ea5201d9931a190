// A learning rate range test: how the loss falls and rises while the learning rate grows.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <trous/train/trainer.h>

namespace trous {

struct FindRateOptions {
  double lowest = 1e-7;  ///< the learning rate of the first step, above 0
  double highest = 1;    ///< of the last step, above `lowest`
  std::int64_t steps = 100;
};

/// One step of a range test.
struct RatePoint {
  double rate = 0, loss = 0;
  double smoothed = 0;  ///< the mean of the losses so far, each step weighing 0.9 times the next
};

/// The course of a range test.
struct RateCurve {
  std::vector<RatePoint> points;
  /// Why it ended before its last step, in words: the loss rose to four times its lowest, the training
  /// diverged, or `stop` asked for it.
  std::optional<std::string> ended = std::nullopt;
  bool interrupted = false;  ///< whether `stop` ended it
  /// A tenth of the learning rate at which the smoothed loss is lowest; absent where that is the first step,
  /// so that no rate lowered the loss.
  std::optional<double> suggestion = std::nullopt;
};

/// Trains a copy of `net` for a few steps while the learning rate grows exponentially: that of step k = 0, 1,
/// ... of n is lowest (highest / lowest)^(k / (n - 1)). It ends when the smoothed loss exceeds four times its
/// lowest. `options` are those of the training that the rate is for; their schedule, learning rate, warm-up,
/// average, validations, patience and number of steps have no effect. Nothing is validated or kept.
///
/// Throws ArgumentError for options out of range, and as Trainer.
/// Source: Smith, arXiv:1506.01186, section 3.3; the ending and the smoothing are those of common programs.
RateCurve find_rate(const AnyLayer& net, const Splits& data, TrainOptions options,
                    const FindRateOptions& range = {}, const TrainCallbacks& callbacks = {});

}  // namespace trous
