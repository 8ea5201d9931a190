#include <algorithm>
#include <filesystem>
#include <iostream>
#include <utility>

#include <trous/cli/inputs.h>
#include <trous/cli/output.h>
#include <trous/cli/program_name.h>
#include <trous/core/choices.h>
#include <trous/core/detail/json.h>
#include <trous/core/error.h>
#include <trous/core/suggestion.h>
#include <trous/data/file.h>
#include <trous/data/folder_layout.h>
#include <trous/data/ignore.h>
#include <trous/data/named_data_sets.h>
#include <trous/run/run_folder.h>

namespace trous::cli {
namespace {

constexpr std::int64_t max_network_bytes = std::int64_t{1} << 20;  // of a FILE.json

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// The recipe of a data set.
const TrainingRecipe& recipe_for(const std::string& data) {
  const NamedDataSet* const known = find_row(named_data_sets(), data);
  if (known) return known->recipe;
  std::error_code failure;
  if (!fs::is_directory(data, failure)) return folder_recipe;  // open_data refuses it
  const FolderLayout layout = folder_layout(data);
  const bool per_image = layout == FolderLayout::class_folders || layout == FolderLayout::table;
  return per_image ? labels_recipe : folder_recipe;
}

// The task that a data set names; empty where it names none.
std::string task_of_data_set(const std::string& data) {
  const NamedDataSet* const known = find_row(named_data_sets(), data);
  return known ? std::string(known->task) : std::string();
}

// The first in_channels or in_features in a resolved description.
std::optional<std::int64_t> first_channels(const Json& description) {
  for (const auto& [key, value] : description.items()) {
    if (value.is_number_integer() && (key == "in_channels" || key == "in_features" || key == "channels"))
      return value.get<std::int64_t>();
    if (!value.is_structured()) continue;
    if (const auto inside = first_channels(value)) return inside;
  }
  return std::nullopt;
}

// The description in a FILE.json, written out. Errors begin with the name of the file.
std::string described_in_file(const std::string& path) {
  const std::string given = read_text(path, max_network_bytes);
  try {
    return resolved_description(given);
  } catch (const ArgumentError& error) {
    const std::string_view why = error.what();
    throw ArgumentError(text(path, ": ", why.substr(why.find(": ") + 2)));
  }
}

// The channels that a network gives for each pixel or image: one for each class, or the last extent of
// targets that are numbers.
std::int64_t outputs_of(const Dataset& data) {
  if (!data.classes.empty()) return static_cast<std::int64_t>(data.classes.size());
  const Shape& target = data.target.shape;
  return target.rank() == 0 ? 1 : target[target.rank() - 1];
}

Splits open_all(const DataRequest& request) {
  const std::string &name = request.name, &directory = request.directory;
  FolderOptions options = request.folder;
  const NamedDataSet* const known = find_row(named_data_sets(), name);
  if (options.mask_threshold > 0 && known) {
    throw ArgumentError(
        text("data: --mask-threshold is for folders of masks, not for ", name, ". Leave it out."));
  }
  if (options.resize && known) {
    throw ArgumentError(text("data: --resize is for folders of images, not for ", name, ". Leave it out."));
  }
  if (!directory.empty() && !(known && known->reads_files)) {
    throw ArgumentError(text("data: --data-dir is for ", data_sets_with_files(" and "), ", not for ", name,
                             ". Leave it out."));
  }
  if (known) return known->open(directory);
  std::error_code failure;
  if (!fs::is_directory(name, failure)) {
    throw ArgumentError(
        text("data: there is no data set and no folder called ", name, ". Choose ",
             listed(names_in(named_data_sets()), ", "),
             ", or a folder: of images/ and masks/, targets/ or labels.csv, or of one folder per class.",
             suggestion(name, built_in_data()), hint_at_program(request.program)));
  }
  options.directory = name;
  return open_folder(options);
}

}  // namespace

void resolve(TrainConfig& config) {
  const TrainingRecipe& recipe = recipe_for(config.data);
  if (config.model.empty()) config.model = recipe.model;
  if (config.augment.empty()) config.augment = recipe.augment;
  if (config.task.empty()) config.task = task_of_data_set(config.data);
  if (config.training.steps == 0) config.training.steps = recipe.steps;
  if (config.training.batch == 0) config.training.batch = recipe.batch;
  if (!config.weight_decay) config.weight_decay = named_optimizer(config.optimizer).weight_decay;
}

void resolve_for(TrainConfig& config, const Dataset& training, WeightsFrom weights) {
  const Role target = training.target.role;
  const std::string suggested = task_for(training).name;
  if (config.task.empty()) config.task = suggested;
  if (!suits(named_task(config.task), training)) {
    throw ArgumentError(text("train: --task ", config.task, " does not fit the targets of ", config.data,
                             ", which are ", in_plural(target), ". Leave it out, or give --task ", suggested,
                             '.'));
  }
  const std::vector<std::string_view> fitting = loss_names_for(target);
  if (config.loss.empty() && config.task == suggested) config.loss = fitting.front();
  if (config.loss.empty()) {
    if (config.label_smoothing > 0) {
      throw ArgumentError(text("train: --label-smoothing ", config.label_smoothing,
                               " does nothing with the loss that the task ", config.task,
                               " has of its own. Give a --loss, or leave it out."));
    }
    if (weights == WeightsFrom::default_) config.class_weights = name(ClassWeighting::none);
    if (config.class_weights != name(ClassWeighting::none) && !named_task(config.task).weighs_classes) {
      throw ArgumentError(text("train: --class-weights ", config.class_weights,
                               " does nothing with the loss that the task ", config.task,
                               " has of its own. Give a --loss that takes them, or leave it out."));
    }
    return;
  }
  if (std::find(fitting.begin(), fitting.end(), config.loss) == fitting.end()) {
    throw ArgumentError(text("train: --loss ", config.loss, " is no loss of targets that are ",
                             in_plural(target), " in ", config.data, ". Choose ", listed(fitting), '.'));
  }
  if (takes_class_weights(config.loss)) return;
  if (weights == WeightsFrom::words && config.class_weights != name(ClassWeighting::none)) {
    throw ArgumentError(text("train: --class-weights ", config.class_weights, " does nothing with the loss ",
                             config.loss, ", which ", named_loss(config.loss).unweighted, ". Leave it out."));
  }
  config.class_weights = name(ClassWeighting::none);
}

void resolve_crop(TrainConfig& config, const AnyLayer& net, const Dataset& training) {
  const std::optional<Window> named = parse_augmentation(config.augment).crop;
  if (config.crop.empty()) {
    // What is said of a whole image need not be true of a part.
    const bool whole = !config.resize.empty() || !lies_on_pixels(training.target.role);
    const std::optional<Window> crop = named || whole ? named : suggested_crop(net, training.image_shape);
    config.crop = crop ? text(crop->height, 'x', crop->width) : "none";
  } else if (named && parse_crop(config.crop) != named) {
    throw ArgumentError(text("train: --crop ", config.crop, " contradicts --augment ", config.augment,
                             ". Give the crop once."));
  }
}

Augmentation augmentation_of(const TrainConfig& config) {
  Augmentation augmentation = parse_augmentation(config.augment);
  if (!config.crop.empty()) augmentation.crop = parse_crop(config.crop);
  return augmentation;
}

std::optional<Resize> resize_of(const std::string& words) {
  if (words.empty()) return std::nullopt;
  return parse_resize(words);
}

DataRequest data_of(const TrainConfig& config) {
  return {.name = config.data,
          .directory = config.data_dir,
          .ignored = config.ignore_index,
          .folder = {.mask_threshold = config.mask_threshold, .resize = resize_of(config.resize)}};
}

Splits open_data(const DataRequest& request) {
  Splits all = open_all(request);
  if (request.ignored < 0) return all;
  if (all.train.classes.empty()) {
    throw ArgumentError(text("data: --ignore-index ", request.ignored, " is a class, and the targets of ",
                             request.name, " have none. Leave it out."));
  }
  return ignoring(std::move(all), request.ignored);
}

void check_network_file(const TrainConfig& config) {
  if (is_network_file(config.model)) network_from_json(described_in_file(config.model));
}

std::string describe_network(const TrainConfig& config, const Splits& data, std::int64_t kernel) {
  if (is_network_file(config.model)) return described_in_file(config.model);
  return network_description(
      config.model,
      {.in_channels = data.train.image_shape[2],
       .classes = outputs_of(data.train),
       .width = config.width,
       .kernel = kernel,
       .norm = row_named("--norm", named_norms(), config.norm).kind,
       .activation = row_named("--activation", named_activations(), config.activation).activation});
}

void warn_of_cast(const std::string& checkpoint) {
  std::cerr << checkpoint << ": its weights are float64; they are cast to float32.\n";
}

Summary summary_of(const std::string& model, const AnyLayer& net, const Shape& image) {
  try {
    return summarize(net, {1, image[0], image[1], image[2]});
  } catch (const ShapeError& error) {
    throw ArgumentError(text(model, " does not fit images of ", image[0], 'x', image[1], ". ", error.what()));
  }
}

std::int64_t white_for_deep_images(std::int64_t learned_with) {
  return learned_with > 255 ? learned_with : 65535;
}

Trained open_trained(const std::string& run_or_checkpoint, NonFiniteWeights non_finite) {
  std::error_code failure;
  const bool is_run = fs::is_directory(run_or_checkpoint, failure);
  const fs::path checkpoint =
      is_run ? fs::path(run_or_checkpoint) / "best.safetensors" : fs::path(run_or_checkpoint);
  if (is_run && !is_run_folder(run_or_checkpoint) && !fs::exists(checkpoint, failure)) {
    throw FileError(text(run_or_checkpoint, ": no run is in this folder. Give what ", program_name(),
                         " train --out made, or a checkpoint."));
  }
  if (!fs::exists(run_or_checkpoint, failure)) {
    throw FileError(text(run_or_checkpoint,
                         ": there is no run and no checkpoint of this name. Give the folder that ",
                         program_name(), " train --out made, or a .safetensors file in it."));
  }
  if (is_run && !fs::exists(checkpoint, failure)) {
    throw FileError(text(checkpoint.string(),
                         ": it does not exist. The run has had no validation yet; go on with it: ",
                         program_name(), " train --resume ", shell_word(run_or_checkpoint), '.'));
  }
  Trained trained{load_network(checkpoint.string(), non_finite), checkpoint.string(), std::nullopt};
  if (trained.loaded.was_float64) warn_of_cast(trained.path);
  const fs::path config = checkpoint.parent_path() / "config.json";
  if (fs::exists(config, failure)) trained.config = read_config(config.string());
  return trained;
}

const Task& task_of(const Trained& trained) {
  const CheckpointInfo& info = trained.loaded.info;
  const Task* const known = find_row(named_tasks(), info.task);
  if (known) return *known;
  throw FileError(text(trained.path, ": it has learned the task ", info.task, ", and ", program_name(),
                       " knows ", listed(names_in(named_tasks()), " and "), '.',
                       info.program.empty() ? std::string(" Give it to a program that adds this task.")
                                            : hint_at_program(info.program)));
}

bool is_network_name(const std::string& what) {
  const std::vector<std::string> names = network_names();
  return std::find(names.begin(), names.end(), what) != names.end();
}

Subject open_subject(const std::string& what, std::int64_t channels, std::int64_t classes, Key key,
                     NonFiniteWeights non_finite) {
  const std::vector<std::string> names = network_names();
  if (is_network_name(what) || is_network_file(what)) {
    const std::string description =
        is_network_file(what) ? described_in_file(what)
                              : network_description(what, {.in_channels = channels, .classes = classes});
    AnyLayer net = network_from_json(description);
    initialize(net, key);
    return {what, description, std::move(net), std::nullopt};
  }
  std::error_code failure;
  if (!fs::exists(what, failure)) {
    throw FileError(text(what, ": there is no network, run or checkpoint of this name.",
                         suggestion(what, names), " Networks are ",
                         listed({names.begin(), names.end()}, " and "), '.'));
  }
  Trained trained = open_trained(what, non_finite);
  return {trained.path, trained.loaded.info.network, std::move(trained.loaded.net),
          std::move(trained.loaded.info)};
}

std::vector<NamedScores> baselines_of(const std::string& data_name, const Task& task, const Splits& data,
                                      const Dataset& split, const OnProgress& on_progress) {
  const NamedDataSet* const known = find_row(named_data_sets(), data_name);
  const bool has_predictor = known && known->predictor.predict && task.name == mask_task;
  std::int64_t before = 0, total = 0;
  const OnProgress progress = [&](std::int64_t done, std::int64_t of) {
    total = of + (has_predictor ? split.size : 0);
    before = done;
    if (on_progress) on_progress(done, total);
  };
  std::vector<NamedScores> baselines;
  if (task.baselines) {
    for (const Baseline& one : task.baselines(data.train, split, progress))
      baselines.push_back({one.name, score_facts(one.scores), one.scores.criterion()});
  }
  if (!has_predictor) return baselines;
  ConfusionMatrix scores = confusion_for(split);
  for (std::int64_t i = 0; i < split.size; ++i) {
    scores.add(checked_sample(split, i).target, known->predictor.predict(data, i));
    if (on_progress) on_progress(before + i + 1, total);
  }
  baselines.push_back({std::string(known->predictor.name), score_facts(scores), criterion_for(scores)});
  return baselines;
}

std::int64_t in_channels_of(const CheckpointInfo& info) {
  return info.channels > 0 ? info.channels : in_channels_of(info.network);
}

std::int64_t in_channels_of(const std::string& description) {
  if (const auto channels = first_channels(detail::parse_json(resolved_description(description)).value))
    return *channels;
  throw ArgumentError(
      "network: no layer of it says how many channels its images have. Begin it with a convolution.");
}

}  // namespace trous::cli
