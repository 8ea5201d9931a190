// Going on with a run: what it began with is compared with what is there now.
#pragma once

#include <cstdint>
#include <string>

#include <trous/cli/train_config.h>
#include <trous/data/dataset.h>
#include <trous/train/trainer.h>

namespace trous::cli {

/// Whether the run in the folder `run` has saved a state.
bool has_state(const std::string& run);

/// By what the run in the folder `run` divides numbers of images of 16 bits; 0, for what the folder of the
/// data says, where it has saved no state.
std::int64_t white_of_run(const std::string& run);

/// Puts `trainer` where the run in the folder `run` stands and returns its step, 0 if it has saved no state.
/// `about` describes the trainer's network.
///
/// Throws ArgumentError naming the first option that differs from the run's, or the model if its file
/// describes another network now; FileError naming a file of the data that has changed.
std::int64_t resume(const std::string& run, const TrainConfig& config, const Splits& data,
                    const CheckpointInfo& about, Trainer& trainer);

}  // namespace trous::cli
