// From the words of a command to data sets and networks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <trous/cli/train_config.h>
#include <trous/data/dataset.h>
#include <trous/data/folder.h>
#include <trous/layers/sequential.h>
#include <trous/layers/summary.h>
#include <trous/train/checkpoint.h>
#include <trous/train/metrics.h>

namespace trous::cli {

/// Fills in what the data set decides unless it was said: model, steps, batch, augmentation; and what follows
/// from other options: the optimizer's weight decay, and no class weights for a loss that has none.
void resolve(TrainConfig& config);

/// A data set as a command asks for it.
struct DataRequest {
  std::string name;           ///< one of named_data_sets, or a folder
  std::string directory;      ///< of its files, if not where Debian puts them
  std::int64_t ignored = -1;  ///< the class whose pixels do not count; -1 is none
  FolderOptions folder = {};  ///< for a folder; its `directory` is `name`
};

/// What a run asks for.
DataRequest data_of(const TrainConfig& config);

/// Throws ArgumentError for a name that is no data set and no folder, FileError for files that are absent or
/// faulty.
Splits open_data(DataRequest request);

/// The description of the network that `config` asks for, for images and classes of `data`, its filters
/// `kernel` wide.
std::string describe_network(const TrainConfig& config, const Splits& data, std::int64_t kernel);

/// Throws ArgumentError, with the name of the network, if `net` does not fit images of this shape.
Summary summary_of(const std::string& model, const AnyLayer& net, const Shape& image);

/// A trained network and what is known of it.
struct Trained {
  LoadedNetwork loaded;
  std::string path;                   ///< of the checkpoint
  std::optional<TrainConfig> config;  ///< of its run, where it lies in one
};

/// By what a network takes the numbers of images of 16 bits to be divided, from CheckpointInfo::white: by
/// what it learned with; by 65535, their largest, where it learned from images of 8 bits.
std::int64_t white_for_deep_images(std::int64_t learned_with);

/// Opens a run's best checkpoint, or the checkpoint given. Weights in float64 are cast, and stderr says so.
Trained open_trained(const std::string& run_or_checkpoint,
                     NonFiniteWeights non_finite = NonFiniteWeights::refuse);

/// Says on stderr that the weights of a checkpoint were cast from float64.
void tell_cast(const std::string& checkpoint);

/// A network to look at.
struct Subject {
  std::string name, description;
  AnyLayer net;
  std::optional<CheckpointInfo> info;  ///< of a checkpoint
};

/// Whether it is the name of a network, which comes for any number of channels and classes.
bool is_network_name(const std::string& what);

/// A network by name, for so many channels and classes, or by a FILE.json, with first values drawn from
/// `key`; or the best weights of a run, or a checkpoint's. Throws FileError for what is none of these.
Subject open_subject(const std::string& what, std::int64_t channels, std::int64_t classes, Key key = {},
                     NonFiniteWeights non_finite = NonFiniteWeights::refuse);

/// A predictor that learns little, to read a score beside.
struct Baseline {
  std::string name;
  ConfusionMatrix scores;
};

/// On `split` ("validation" or "test"): all background; brightness; and what NamedDataSet::predictor
/// predicts.
std::vector<Baseline> baselines_of(const std::string& data_name, const Splits& data, const Dataset& split);

/// Channels of the images that the network of `description` reads: what its first layer that needs to know
/// says. Throws ArgumentError if none does.
std::int64_t in_channels_of(const std::string& description);

}  // namespace trous::cli
