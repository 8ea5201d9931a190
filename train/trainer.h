// The training loop of networks for any task, which can stop and go on at any step.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <trous/data/dataset.h>
#include <trous/data/loader.h>
#include <trous/layers/sequential.h>
#include <trous/train/evaluate.h>
#include <trous/train/loss.h>
#include <trous/train/scores.h>
#include <trous/train/task.h>
#include <trous/train/train_options.h>
#include <trous/train/trainer_state.h>

namespace trous {

/// What a run draws from its seed, each from a key of its own.
enum class Stream : std::uint64_t {
  weights = 0,            ///< the first values of the network
  order = 1,              ///< of the samples
  passes = 2,             ///< dropout
  augmentation = 3,       ///< and the places of crops
  validation_windows = 4  ///< of large validation images
};

/// The key of a stream of the seed.
Key stream_of(std::uint64_t seed, Stream which);

/// The phases of a step, in this order. The first three come once for each batch of the step.
enum class StepPhase {
  batch,     ///< waits for the images, or makes them
  forward,   ///< computes the network and the loss
  backward,  ///< computes, checks and adds up the gradients
  update     ///< moves weights, statistics and averages, and checks them
};

/// "batch", "forward", "backward", "update".
std::string_view name(StepPhase phase);

/// One finished step, for progress.
struct StepReport {
  std::int64_t step, steps;    ///< the number of the step, from 1, and of all steps
  double loss, learning_rate;  ///< the loss is the mean over the batches of the step
  double gradient_norm;        ///< of all gradients together, before clipping
  double waited;               ///< seconds that the step waited for its batches
};

/// One validation.
struct ValidationReport {
  std::int64_t step;
  double train_loss;                      ///< mean since the last validation
  std::optional<double> validation_loss;  ///< see Evaluation::loss
  Scores scores;
  bool best;             ///< whether it is the best so far by TrainResult::chosen_by; its weights are kept
  std::int64_t stale;    ///< validations since the last one that was better by min_delta
  double learning_rate;  ///< of the step before
};

/// Functions that the trainer calls; each may be empty.
struct TrainCallbacks {
  std::function<void(const StepReport&)> on_step = nullptr;
  /// Called when a phase of a step begins. The last phase ends with on_step.
  std::function<void(StepPhase)> on_phase = nullptr;
  /// Called after each validation. `net` is the network that was scored: the average, if there is one.
  std::function<void(const ValidationReport&, const AnyLayer& net)> on_validation = nullptr;
  /// Called within a validation with each batch, see EvaluateOptions::on_batch.
  OnBatch on_validation_batch = nullptr;
  /// Called while a validation runs, see EvaluateOptions::on_progress. An exception that it throws leaves
  /// `run`; the trainer is then as it was before the validation. It can be saved, and `run` begins with the
  /// validation that is due.
  OnProgress on_validation_progress = nullptr;
  /// Called between two steps, when the trainer can be saved: after each validation, every `save_every`
  /// steps, and before training ends, but not after divergence.
  std::function<void()> on_save = nullptr;
  /// Called after each step; true ends training there.
  std::function<bool()> stop = nullptr;
};

/// Trains a copy of `net`, anything that maps the inputs of samples to outputs that the task can score: for
/// segmentation images [n, h, w, c] to logits [n, h, w, classes]. The task is TrainOptions::task, or that of
/// the targets. The weights
/// after k steps depend on net, data and options alone: not on the number of threads, and not on where
/// training was saved and resumed.
class Trainer {
 public:
  /// Throws ArgumentError or ShapeError for parts of `net` whose names do not lead to one part each, see
  /// layers/names.h, options that are out of range, a group's path that is no part of `net`, class_weights
  /// beside a loss, a network that does not take as many values as samples have inputs, and as
  /// Task::default_loss. The pixels that class weights need are counted at the
  /// first step or rehearsal, not here.
  Trainer(AnyLayer net, Splits data, TrainOptions options);

  /// Runs one forward and backward pass and one batch of validation, and changes nothing. Data and networks
  /// that do not fit fail here, and not hours later at the first validation.
  void rehearse() const;

  /// Trains until all steps are done or training ends earlier. After divergence only best() is valid; do not
  /// call run() again.
  TrainResult run(const TrainCallbacks& callbacks = {});

  std::int64_t step() const { return state_.step; }
  /// Whether the latest step is one after which the network is validated, and this validation has not been
  /// finished.
  bool validation_due() const;
  const AnyLayer& network() const { return state_.net; }
  /// The network at the best validation so far; before the first validation, with its first weights.
  const AnyLayer& best() const { return state_.best; }
  /// The network that validation scores: network(), or its moving average.
  AnyLayer scored() const;
  const Task& task() const { return task_; }

  /// Returns the whole state as a file: network, best network, optimizer, average, and numbers. Equal states
  /// give equal bytes; no clock is in it. `about` adds the facts that the trainer does not have: network,
  /// classes, data.
  SafetensorsFile state(CheckpointInfo about = {}) const;

  /// Returns `about` with the trainer's facts about best() filled in, for a checkpoint.
  CheckpointInfo best_info(CheckpointInfo about = {}) const;

  /// Restores a state, read from `path`, of the same network and options. Everything is checked before
  /// anything changes. Throws FileError naming file and tensor, or the option that differs.
  void restore(const std::string& path, const SafetensorsFile& file);

 private:
  struct BatchPass;
  struct StepSums;

  // `index` counts the batches of the whole training from 0.
  BatchPass forward(const AnyLayer& net, std::int64_t index, const Batch& batch) const;
  bool add_batch(std::int64_t index, Loader& loader, const TrainCallbacks& callbacks, StepSums& sum);
  bool step_once(Loader& loader, std::optional<Batch>& latest, const TrainCallbacks& callbacks);
  void update(AnyLayer with_statistics, std::vector<Tensor> gradients, double norm, double rate);
  void validate(const TrainCallbacks& callbacks);
  bool choose(const Evaluation& evaluation);
  std::string early_end() const;
  double learning_rate(std::int64_t steps_done) const;
  const ParameterGroup* group_of(const std::string& path) const;
  bool frozen(const std::string& path) const;
  std::string first_bad(std::int64_t index, const Batch& batch) const;

  Splits data_;
  TrainOptions options_;
  Task task_;
  Loss loss_;
  TrainerState state_;
  std::vector<StepScale> scales_;  // one per live parameter
};

/// Trains `net` from the first step to the last and leaves it with the weights of its best validation. Shows
/// progress on stderr, as `Progress` does, unless `options.quiet` or `callbacks.on_step` is set.
TrainResult train(AnyLayer& net, const Splits& data, const TrainOptions& options = {},
                  const TrainCallbacks& callbacks = {});

/// Trains a network of known type.
template <class Net>
TrainResult train(Net& net, const Splits& data, const TrainOptions& options = {},
                  const TrainCallbacks& callbacks = {}) {
  AnyLayer trained = net;
  TrainResult result = train(trained, data, options, callbacks);
  copy_weights(trained, net);
  return result;
}

}  // namespace trous
