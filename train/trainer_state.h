// What a training remembers between two steps, and the file that holds it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <trous/layers/sequential.h>
#include <trous/train/checkpoint.h>
#include <trous/train/criterion.h>
#include <trous/train/ema.h>
#include <trous/train/optimizer.h>
#include <trous/train/plateau.h>
#include <trous/train/train_options.h>

namespace trous {

/// The outcome of a training so far.
struct TrainResult {
  std::int64_t steps = 0;      ///< done in all
  std::int64_t best_step = 0;  ///< of the best validation; 0 before the first
  /// The criterion of the best validation, of patience and of Schedule::plateau. It follows from the masks of
  /// the validation split, see criterion_for.
  Criterion chosen_by = Criterion::foreground_iou;
  /// The best validation's mIoU of the foreground classes; absent for every other criterion.
  std::optional<double> best_score = std::nullopt;
  /// The best validation's loss; absent where no pixel counts.
  std::optional<double> best_loss = std::nullopt;
  /// The first tensor that became NaN or infinite, in words, where the loss, a gradient, a weight or a
  /// running statistic did. Training has then stopped; the best weights so far are as they were.
  std::optional<std::string> diverged;
  std::optional<std::string> stopped_early;  ///< the reason, where `patience` ended training
  bool interrupted = false;                  ///< whether `stop` ended training before its last step
};

/// Everything that the next step of a training depends on, beside its options and its data.
struct TrainerState {
  AnyLayer net;                        ///< after the latest step
  AnyLayer best;                       ///< at the best validation so far; before the first, the first weights
  std::vector<std::string> live = {};  ///< paths of the parameters that learn, in the order of `parts`
  Optimizer optimizer;
  std::optional<Ema> average = std::nullopt;  ///< of the weights and buffers; absent where none is kept
  Plateau plateau = Plateau();
  std::int64_t step = 0;                           ///< steps done
  std::int64_t stale = 0;                          ///< validations since one that was better by min_delta
  std::optional<double> reference = std::nullopt;  ///< the merit that the next validation must beat
  double loss_sum = 0;                             ///< of the steps since the latest validation
  std::int64_t loss_count = 0;                     ///< how many steps these are
  TrainResult result = {};
};

/// Returns `about` with seed, steps and the best validation filled in, for a checkpoint of `state.best`.
CheckpointInfo best_checkpoint_info(const TrainerState& state, const TrainOptions& options,
                                    CheckpointInfo about);

/// Converts a state to the contents of a file. Equal states give equal bytes; no clock is in it. `about`
/// names network, classes and data.
SafetensorsFile trainer_file(const TrainerState& state, const TrainOptions& options, CheckpointInfo about);

/// Reads the state in `file`, which was read from `path`. `own` is a state of the same network and options;
/// its layers and dtypes are those that the file must have. Throws FileError naming file and tensor, or the
/// option that differs.
TrainerState restored_state(const TrainerState& own, const TrainOptions& options, const std::string& path,
                            const SafetensorsFile& file);

}  // namespace trous
