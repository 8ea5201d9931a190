// Opens the data sets and networks that a command names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <trous/cli/train_config.h>
#include <trous/core/on_progress.h>
#include <trous/data/dataset.h>
#include <trous/data/folder.h>
#include <trous/layers/sequential.h>
#include <trous/layers/summary.h>
#include <trous/run/results.h>
#include <trous/train/checkpoint.h>
#include <trous/train/task.h>

namespace trous::cli {

/// Fills in options that were not given: from the data set the model, steps, batch, augmentation and, if it
/// names one, the task; from the optimizer its weight decay.
void resolve(TrainConfig& config);

/// Where the class weights of a config come from: nobody named any, they were asked for, or it is the config
/// of a run, which keeps what was resolved when it began.
enum class WeightsFrom { default_, words, run };

/// Fills in the task, where there is none yet, and the loss, where it was not given: for the task that the
/// targets suggest the first in named_losses() that is a function of them. For another task it stays empty,
/// and is the task's own. Sets class weights to none for a loss that has none. Throws ArgumentError for a
/// loss of other targets, and for class weights or a smoothing of labels that have no effect.
void resolve_for(TrainConfig& config, const Dataset& training, WeightsFrom weights = WeightsFrom::default_);

/// Fills in the crop, where it was not given: that of the augmentation, or suggested_crop for the images, or
/// "none" where there is neither, where images are resized to be seen whole, or where targets are of whole
/// images, as labels and numbers are. Throws
/// ArgumentError for a crop that contradicts that of the augmentation.
void resolve_crop(TrainConfig& config, const AnyLayer& net, const Dataset& training);

/// The augmentation of a run, with its crop.
Augmentation augmentation_of(const TrainConfig& config);

/// What --resize says; absent where it is empty.
std::optional<Resize> resize_of(const std::string& words);

/// The data set that a command opens.
struct DataRequest {
  std::string name;           ///< one of named_data_sets, or a folder
  std::string directory;      ///< of its files, if not where Debian puts them
  std::int64_t ignored = -1;  ///< the class whose pixels do not count; -1 is none
  FolderOptions folder = {};  ///< for a folder; its `directory` is `name`
  std::string program = {};   ///< that has named it in a run or a checkpoint, for errors
};

/// Returns the data set of a run.
DataRequest data_of(const TrainConfig& config);

/// Throws ArgumentError for a name that is no data set and no folder, FileError for files that are absent or
/// faulty.
Splits open_data(const DataRequest& request);

/// Throws ArgumentError, naming the file and the place in it, where the network of `config` is a FILE.json
/// that describes none. Named networks are made for the data, so they are checked with them.
void check_network_file(const TrainConfig& config);

/// Returns the description of the network in `config`, for the images and classes of `data`, with filters of
/// size `kernel`.
std::string describe_network(const TrainConfig& config, const Splits& data, std::int64_t kernel);

/// Throws ArgumentError, with the name of the network, if `net` does not fit images of this shape.
Summary summary_of(const std::string& model, const AnyLayer& net, const Shape& image);

/// A trained network and its origin.
struct Trained {
  LoadedNetwork loaded;
  std::string path;                   ///< of the checkpoint
  std::optional<TrainConfig> config;  ///< of its run, where it lies in one
};

/// Returns the number by which images of 16 bits are divided for a network with this CheckpointInfo::white:
/// the same number as in its training, or 65535, the largest, if it learned from images of 8 bits.
std::int64_t white_for_deep_images(std::int64_t learned_with);

/// Opens a run's best checkpoint, or the checkpoint given. Weights in float64 are cast, and stderr says so.
Trained open_trained(const std::string& run_or_checkpoint,
                     NonFiniteWeights non_finite = NonFiniteWeights::refuse);

/// The task that a trained network has learned. Throws FileError for one that this program does not know.
const Task& task_of(const Trained& trained);

/// Prints on stderr that the weights of a checkpoint were cast from float64.
void warn_of_cast(const std::string& checkpoint);

/// The network of a command such as inspect or check.
struct Subject {
  std::string name, description;
  AnyLayer net;
  std::optional<CheckpointInfo> info;  ///< of a checkpoint
};

/// Whether `what` is the name of a network, which exists for any number of channels and classes.
bool is_network_name(const std::string& what);

/// Opens a network by its name, for the given channels and classes, or by a FILE.json, with first values
/// drawn from `key`; or the best network of a run, or that of a checkpoint. Throws FileError for anything
/// else.
Subject open_subject(const std::string& what, std::int64_t channels, std::int64_t classes, Key key = {},
                     NonFiniteWeights non_finite = NonFiniteWeights::refuse);

/// The scores on `split` of predictors that learn little, to read a network's score beside: the baselines of
/// the task, of which there may be none, and NamedDataSet::predictor. Calls `on_progress` with the samples
/// that are read and scored, those of all baselines together.
std::vector<NamedScores> baselines_of(const std::string& data_name, const Task& task, const Splits& data,
                                      const Dataset& split, const OnProgress& on_progress);

/// Returns the number of image channels that the described network expects, taken from its first layer with a
/// channel count. Throws ArgumentError if no layer has one.
std::int64_t in_channels_of(const std::string& description);
/// The channels of the images that a network takes: CheckpointInfo::channels, or in_channels_of its
/// description where that is 0.
std::int64_t in_channels_of(const CheckpointInfo& info);

}  // namespace trous::cli
