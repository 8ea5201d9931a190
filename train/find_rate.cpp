#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include <trous/core/error.h>
#include <trous/train/find_rate.h>

namespace trous {
namespace {

constexpr double kept_share = 0.9, too_high = 4;

void check_rate_range(const FindRateOptions& range) {
  if (!(range.lowest > 0) || !(range.highest > range.lowest) || !std::isfinite(range.highest)) {
    throw ArgumentError(text("find_rate: from ", range.lowest, " to ", range.highest,
                             " is no range of learning rates. 1e-7 to 1 is usual."));
  }
  if (range.steps < 2) {
    throw ArgumentError(
        text("find_rate: ", range.steps, " steps. A rate grows in 2 or more; 100 are usual."));
  }
}

double rate_at(const FindRateOptions& range, std::int64_t step) {
  const double share = static_cast<double>(step) / static_cast<double>(range.steps - 1);
  return range.lowest * std::pow(range.highest / range.lowest, share);
}

// An optimizer whose learning rate is that of the range, whatever it is told.
struct RisingRate {
  Optimizer inner;
  FindRateOptions range;
  std::int64_t steps = 0;

  std::vector<Tensor> step(const std::vector<Tensor>& weights, const std::vector<Tensor>& gradients, double,
                           std::span<const StepScale> scales) {
    return inner.step(weights, gradients, rate_at(range, steps++), scales);
  }
  OptimizerState state() const { return inner.state(); }
  void restore(const OptimizerState& state) {
    inner.restore(state);
    steps = state.steps;
  }
  std::string description() const { return inner.description(); }
};

// The training of the test; it ends one step before its validation.
TrainOptions test_options(TrainOptions options, const FindRateOptions& range) {
  options.optimizer = RisingRate{options.optimizer, range};
  options.steps = options.validate_every = range.steps + 1;
  options.learning_rate = 1;
  options.schedule = Schedule::constant;
  options.warmup = options.patience = options.save_every = 0;
  options.average = 0;
  return options;
}

}  // namespace

RateCurve find_rate(const AnyLayer& net, const Splits& data, TrainOptions options,
                    const FindRateOptions& range, const TrainCallbacks& callbacks) {
  check_rate_range(range);
  RateCurve curve;
  double mean = 0, lowest = 0;
  Trainer trainer(net, data, test_options(std::move(options), range));
  TrainCallbacks watched{.on_phase = callbacks.on_phase};
  watched.on_step = [&](const StepReport& report) {
    const std::int64_t k = report.step - 1;
    mean = kept_share * mean + (1 - kept_share) * report.loss;
    const double smoothed = mean / (1 - std::pow(kept_share, static_cast<double>(report.step)));
    lowest = k == 0 ? smoothed : std::min(lowest, smoothed);
    curve.points.push_back({rate_at(range, k), report.loss, smoothed});
    if (callbacks.on_step) {
      callbacks.on_step(
          {report.step, range.steps, report.loss, rate_at(range, k), report.gradient_norm, report.waited});
    }
  };
  watched.stop = [&] {
    const RatePoint& last = curve.points.back();
    curve.interrupted = callbacks.stop && callbacks.stop();
    if (curve.interrupted) {
      curve.ended = text("it was interrupted after step ", curve.points.size());
    } else if (last.smoothed > too_high * lowest && lowest > 0) {
      curve.ended = text("at the learning rate ", last.rate, " the smoothed loss ", last.smoothed,
                         " is above ", too_high, " times its lowest, ", lowest);
    }
    return curve.ended || static_cast<std::int64_t>(curve.points.size()) == range.steps;
  };
  const TrainResult result = trainer.run(watched);
  if (result.diverged) curve.ended = *result.diverged;
  const auto best =
      std::min_element(curve.points.begin(), curve.points.end(),
                       [](const RatePoint& a, const RatePoint& b) { return a.smoothed < b.smoothed; });
  if (best != curve.points.end() && best != curve.points.begin()) curve.suggestion = best->rate / 10;
  return curve;
}

}  // namespace trous
