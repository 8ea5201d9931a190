// Networks on disk: one safetensors file, written whole or not at all.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <trous/core/window.h>
#include <trous/data/resize_image.h>
#include <trous/data/safetensors.h>
#include <trous/layers/network.h>
#include <trous/layers/sequential.h>
#include <trous/train/criterion.h>
#include <trous/train/task.h>

namespace trous {

/// The facts that a checkpoint holds beside its tensors. Unknown ones are empty or 0.
struct CheckpointInfo {
  std::string network = {};               ///< a description that network_from_json reads
  std::vector<std::string> classes = {};  ///< of masks and labels; class 0 of masks is the background
  std::string data = {};                  ///< the data set it learned from
  std::string task = mask_task;           ///< Task::name
  std::string program = {};               ///< that trained it, where its names may be no others' (Program)
  std::int64_t channels =
      0;  ///< of its images; 0: those of the first layer in `network` that has a number of channels
  std::int64_t white = 255;  ///< Dataset::white, by which the numbers of images are divided
  std::optional<Resize> resize = std::nullopt;  ///< how the images were read smaller
  std::int64_t target_white = 255;  ///< SampleField::white, by which those of target images are divided
  std::vector<std::string> number_names = {};  ///< Dataset::number_names
  /// The size of the images of the training, where a target is of a whole image, not of its pixels.
  std::optional<HeightWidth> image_size = std::nullopt;
  std::uint64_t seed = 0;
  std::int64_t step = 0, steps = 0;  ///< of the weights; of the run
  std::int64_t best_step = 0;
  Criterion chosen_by = Criterion::foreground_iou;  ///< by which the best weights were chosen
  std::optional<double> best_score = std::nullopt;  ///< see TrainResult
  std::optional<double> best_loss = std::nullopt;
};

/// The values of `parameters` under their paths and of `buffers` under "buffer/" and their paths. Throws
/// ArgumentError where the names do not lead to one part each, see layers/names.h, and Error for a part
/// without a value.
SafetensorsFile network_file(const std::vector<Named<const Parameter>>& parameters,
                             const std::vector<Named<const Buffer>>& buffers);

/// Whether weights that are NaN or infinite can be loaded. Networks with such weights compute NaN.
enum class NonFiniteWeights { refuse, accept };

/// Copies the tensors of `file`, read from `path`, into `parameters` and `buffers`. The tensors that a
/// trainer keeps beside them (optimizer/, average/, best/) are skipped. Everything is checked first, so a
/// failure changes nothing. Throws FileError naming file and tensor, and the first place that is not finite,
/// ArgumentError where the names do not lead to one part each.
void restore_network(const std::string& path, const SafetensorsFile& file,
                     const std::vector<Named<Parameter>>& parameters,
                     const std::vector<Named<Buffer>>& buffers,
                     NonFiniteWeights non_finite = NonFiniteWeights::refuse);

/// "is nan at [0, 3], the first of 2 such among its 288 numbers"; empty if all are finite.
std::string describe_not_finite(const Tensor& tensor);

/// Throws FileError naming file, tensor and the first place unless all numbers are finite.
void check_finite(const std::string& path, const std::string& name, const Tensor& tensor);

/// Casts the float64 tensors of `file`, read from `path`, to float32, and returns whether there were any.
/// Throws FileError if one holds a number that float32 does not.
bool cast_to_float32(const std::string& path, SafetensorsFile& file);

/// The tensors of `file` whose names begin with `prefix`, such as "best/", under what follows it.
SafetensorsFile tensors_below(const SafetensorsFile& file, std::string_view prefix);

/// Converts a CheckpointInfo to the metadata of a safetensors file: one JSON text under the key "trous".
/// Throws ArgumentError for text that is not UTF-8.
std::map<std::string, std::string> to_metadata(const CheckpointInfo& info);

/// Reads the CheckpointInfo in the metadata of `file`, which was read from `path`. Any member may be absent
/// or null. Throws FileError, naming the member, if there is no such text, it is no JSON object, or a member
/// is of another type.
CheckpointInfo checkpoint_info(const std::string& path, const SafetensorsFile& file);

/// Writes the weights and buffers of `net`; the file is readable by any safetensors library. With
/// `to_metadata(info)`, where `info.network` describes the network, load_network can read it.
template <class Net>
void save(const Net& net, const std::string& path, const std::map<std::string, std::string>& metadata = {}) {
  SafetensorsFile file = network_file(parameters(net), buffers(net));
  file.metadata = metadata;
  write_safetensors(path, file);
}

/// Reads weights and buffers into a network of the same layers, in the dtypes of the file. Throws FileError
/// naming the file and the fault, which may also be a number that is not finite; the network then stays as it
/// was.
template <class Net>
void load(Net& net, const std::string& path) {
  restore_network(path, read_safetensors(path), parameters(net), buffers(net));
}

/// A network read from a checkpoint.
struct LoadedNetwork {
  AnyLayer net;
  CheckpointInfo info;
  bool was_float64 = false;  ///< whether some weights were float64 in the file
};

/// Reads a network with its weights from a checkpoint that describes it, ready to run on float32 images:
/// float64 weights are cast to float32. Throws FileError if the checkpoint describes no network, or one with
/// names that were not added (add_named_network), if its tensors are not those of the network described, or
/// if some numbers are not finite and `non_finite` does not accept them.
LoadedNetwork load_network(const std::string& path, NonFiniteWeights non_finite = NonFiniteWeights::refuse);

}  // namespace trous
