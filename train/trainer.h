// The loop: a segmentation network learns from a data set, step by step, from any step on.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <trous/data/augment.h>
#include <trous/data/dataset.h>
#include <trous/layers/sequential.h>
#include <trous/train/checkpoint.h>
#include <trous/train/class_weights.h>
#include <trous/train/criterion.h>
#include <trous/train/ema.h>
#include <trous/train/evaluate.h>
#include <trous/train/loss.h>
#include <trous/train/metrics.h>
#include <trous/train/optimizer.h>
#include <trous/train/plateau.h>
#include <trous/train/schedule.h>
#include <trous/train/train_options.h>

namespace trous {

/// What a step does, in this order.
enum class StepPhase {
  batch,     ///< waits for the images, or makes them
  forward,   ///< the network and the loss
  backward,  ///< the gradients
  update     ///< judges them, moves weights, statistics and averages
};

/// "batch", "forward", "backward", "update".
std::string_view name(StepPhase phase);

/// One finished step, for progress.
struct StepReport {
  std::int64_t step, steps;  ///< step counts from 1
  double loss, learning_rate;
  double gradient_norm;  ///< of all gradients together, before clipping
  double waited;         ///< seconds that the step waited for its batch
};

/// One validation.
struct ValidationReport {
  std::int64_t step;
  double train_loss;                      ///< mean since the last validation
  std::optional<double> validation_loss;  ///< see Evaluation::loss
  ConfusionMatrix scores;
  bool best;           ///< the best so far by TrainResult::chosen_by; its weights are kept
  std::int64_t stale;  ///< validations since one that was better by min_delta
};

/// What may be watched; each may be empty.
struct TrainCallbacks {
  std::function<void(const StepReport&)> on_step = nullptr;
  /// A phase of a step begins; on_step ends the last.
  std::function<void(StepPhase)> on_phase = nullptr;
  /// `net` is what was scored: the averaged network where there is an average.
  std::function<void(const ValidationReport&, const AnyLayer& net)> on_validation = nullptr;
  /// The trainer stands between two steps: a good moment to save it. After each validation, every
  /// `save_every` steps, and before training ends, but not when it diverged.
  std::function<void()> on_save = nullptr;
  /// Asked after each step; true ends training there.
  std::function<bool()> stop = nullptr;
};

struct TrainResult {
  std::int64_t steps = 0;      ///< done in all
  std::int64_t best_step = 0;  ///< of the best validation; 0 before the first
  /// What decided which validation is the best, and by which patience and Schedule::plateau go. The truths of
  /// the validation split decide it, see criterion_for.
  Criterion chosen_by = Criterion::foreground_iou;
  /// The best validation's mIoU of the foreground classes; absent unless chosen by it.
  std::optional<double> best_score = std::nullopt;
  std::optional<double> best_loss =
      std::nullopt;  ///< the best validation's loss; absent where no pixel counts
  /// Where the loss, a gradient, a weight or a running statistic became NaN or infinite: the first tensor
  /// that did, in words. Training has then stopped; the best weights so far are as they were.
  std::optional<std::string> diverged;
  std::optional<std::string> stopped_early;  ///< why, where `patience` ended training
  bool interrupted = false;                  ///< `stop` said so
};

/// Trains a copy of `net`, anything that maps images [n, h, w, c] to logits [n, h, w, classes]. The weights
/// after k steps depend on net, data and options alone: not on the number of threads, and not on where
/// training was saved and resumed.
class Trainer {
 public:
  /// Throws ArgumentError or ShapeError for parts of `net` whose names do not lead to one part each, see
  /// layers/names.h, options that are out of range, a group's path that is no part of `net`, class_weights
  /// beside a loss, and as weighted_cross_entropy. The pixels that class weights need are counted at the
  /// first step or rehearsal, not here.
  Trainer(AnyLayer net, Splits data, TrainOptions options);

  /// One forward and backward pass and one batch of validation, which change nothing: what does not fit
  /// fails here, and not hours later at the first validation.
  void rehearse() const;

  /// Goes on until all steps are done or training ends earlier. Where it diverged, the trainer is no longer
  /// of use but for best().
  TrainResult run(const TrainCallbacks& callbacks = {});

  std::int64_t step() const { return step_; }
  const AnyLayer& network() const { return net_; }
  /// The weights of the best validation so far; before the first, the first ones.
  const AnyLayer& best() const { return best_; }
  /// What validation scores: network(), or its moving average.
  AnyLayer scored() const;

  /// The whole state: network, best network, optimizer, average, and numbers. The same state gives the same
  /// bytes; no clock is in it. `about` says what the trainer does not know: network, classes, data.
  SafetensorsFile state(CheckpointInfo about = {}) const;

  /// What a checkpoint of best() says of itself.
  CheckpointInfo best_info(CheckpointInfo about = {}) const;

  /// Takes over a state, read from `path`, of the same network and options. Everything is judged first.
  /// Throws FileError naming file and tensor, or the option that differs.
  void restore(const std::string& path, const SafetensorsFile& file);

 private:
  struct Step;

  Step forward(const AnyLayer& net, std::int64_t step, const Batch& batch) const;
  bool take(std::int64_t step, const Batch& batch, double waited, const TrainCallbacks& callbacks);
  void update(Step& done, std::vector<Variable> gradients, double norm, double learning_rate);
  void validate(const TrainCallbacks& callbacks);
  bool choose(const Evaluation& evaluation);
  std::string early_end() const;
  double learning_rate() const;
  void check_moments(const std::string& path, const OptimizerState& state, const AnyLayer& net) const;
  const ParameterGroup* group_of(const std::string& path) const;
  bool frozen(const std::string& path) const;
  std::string first_bad(std::int64_t step, const Batch& batch) const;
  std::string bad_gradient(const std::vector<Variable>& gradients) const;
  std::string bad_value() const;

  AnyLayer net_, best_;
  Splits data_;
  TrainOptions options_;
  Loss loss_;
  std::vector<std::string> live_;  // paths of the parameters that learn, in the order of `parts`
  std::vector<StepScale> scales_;  // one per live parameter
  Optimizer optimizer_;
  std::optional<Ema> average_;
  Plateau plateau_;
  std::int64_t step_ = 0, stale_ = 0;
  std::optional<double> reference_;  // the merit that the next validation must beat by min_delta
  double loss_sum_ = 0;
  std::int64_t loss_count_ = 0;
  TrainResult result_;
};

/// Trains `net` and leaves it with the weights of its best validation: a Trainer from the first step to the
/// last. Shows progress on stderr, as `Progress` does, unless `options` are quiet or `callbacks` watch each
/// step.
TrainResult train(AnyLayer& net, const Splits& data, const TrainOptions& options = {},
                  const TrainCallbacks& callbacks = {});

/// The same for a network of known type.
template <class Net>
TrainResult train(Net& net, const Splits& data, const TrainOptions& options = {},
                  const TrainCallbacks& callbacks = {}) {
  AnyLayer trained = net;
  TrainResult result = train(trained, data, options, callbacks);
  copy_weights(trained, net);
  return result;
}

}  // namespace trous
