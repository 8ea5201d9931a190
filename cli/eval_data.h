// What `trous eval` scores: the split of the run, or another, and what became of its images since.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <trous/cli/options.h>
#include <trous/cli/train_config.h>
#include <trous/data/dataset.h>
#include <trous/run/data_record.h>

namespace trous::cli {

struct EvalRequest {
  std::string checkpoint;             ///< its path; beside it lie the records of its run, if it is in one
  std::optional<TrainConfig> config;  ///< of the run
  std::string learned_from;           ///< the data set that the checkpoint names
  std::string program = {};           ///< CheckpointInfo::program
  std::int64_t white = 255;           ///< CheckpointInfo::white
  std::optional<Resize> resize = {};  ///< CheckpointInfo::resize
  std::int64_t target_white = 255;    ///< CheckpointInfo::target_white
  std::string data, data_dir;         ///< as said; empty for those of the run
  std::optional<std::int64_t> mask_threshold, ignored;  ///< as said; without them those of the run
  std::string split;                                    ///< train, validation or test
  bool split_anew = false;
  OutputStyle style = {};  ///< of the progress
};

/// Where a split comes from: no run is known, the run wrote it down, the folder has it, or it was asked for.
enum class SplitOrigin { unknown, run, folder, anew };

struct EvalData {
  std::string name;
  Splits splits;
  std::string split_name;
  std::optional<FolderChanges> changes;  ///< since the run began, where that is known
  std::vector<std::string> trained_on;   ///< scored images that the run was trained on
  bool may_be_trained_on = false;        ///< no run tells whether scored images were
  SplitOrigin origin = SplitOrigin::unknown;

  const Dataset& split() const;
  /// What a result says of the split: ", split anew: 2 of them were trained on"; empty where nothing is to
  /// say.
  std::string in_words() const;
};

/// Opens the data of `request`. The folder of a run is split as the run remembers it, whatever was added
/// since; stderr lists what is new, gone or changed. Throws ArgumentError where a score would count
/// images that the run was trained on, or might, unless `split_anew`; and as open_data. Shows its progress,
/// and throws Interrupted after Ctrl-C.
EvalData eval_data(const EvalRequest& request);

}  // namespace trous::cli
