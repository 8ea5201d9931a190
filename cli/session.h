// A training run before its first step: what was asked for, and what it is made of.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <trous/cli/inputs.h>
#include <trous/cli/memory.h>
#include <trous/cli/options.h>
#include <trous/data/survey.h>
#include <trous/train/trainer.h>

namespace trous::cli {

/// The words of `trous train`.
struct TrainCommand {
  TrainConfig config;
  GivenOptions given;  ///< all words, with what `config` has made of them
  OutputStyle style;
  std::string options_file;  ///< of --config
  std::string resume;        ///< a run's folder; empty for the one that --out names
  bool resuming = false, force = false;
  bool find_rate = false;
  std::int64_t epochs = 0;
  double minutes = 0;
};

/// What a run is made of once nothing that was asked for can be refused any more.
struct Session {
  const TrainCommand& command;
  const TrainConfig& config;
  Splits data;
  /// `data`, but for the validation: while training goes on, windows of large images may be scored.
  Splits scored;
  Survey facts;
  std::string description;
  AnyLayer net;
  Summary summary;
  CheckpointInfo about;
  Trainer trainer;
  std::vector<NamedScores> baselines;  ///< on validation
  Criterion chosen_by;                 ///< what will choose the best weights
  Criterion leading;                   ///< the score by which the run is judged
  std::vector<std::string> shown;      ///< the scores that tables show, the leading one first
  MemoryCheck memory;                  ///< of the steps and validations
  /// What the report's picture of what an output pixel sees takes; absent where it cannot be predicted.
  std::optional<std::int64_t> coverage_bytes;
};

/// Fills in the options of `command` and opens what they name. Throws for everything that can be refused, so
/// that nothing can be once the run's folder is made. Shows its progress, and throws Interrupted after
/// Ctrl-C.
Session open_session(TrainCommand& command);

/// The crops of large images, in training and in validation, in words; empty where images are whole.
std::string crop_words(const Session& session);

/// The run's options for another network of the same kind.
TrainOptions make_options(const TrainConfig& config, const Survey& facts);

}  // namespace trous::cli
