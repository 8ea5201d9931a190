// The options of a training run: one list, from which the command line, config.json and the comparison of a
// resumed run with its past all come.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <trous/cli/option_pairs.h>
#include <trous/cli/options.h>
#include <trous/core/choices.h>
#include <trous/core/error.h>
#include <trous/data/augment.h>
#include <trous/data/named_data_sets.h>
#include <trous/layers/from_json.h>
#include <trous/layers/named_networks.h>
#include <trous/train/class_weights.h>
#include <trous/train/loss.h>
#include <trous/train/schedule.h>
#include <trous/train/trainer.h>

namespace trous::cli {

/// Throws ArgumentError, with a suggestion, for what is neither a network's name nor a FILE.json.
void check_model(const std::string& model);

/// "fashion or brain": the data sets that read files. `last` stands before the last one.
std::string data_sets_with_files(std::string_view last);
/// Help texts that list the rows of a table.
std::string data_choices();
std::string decay_choices();

/// Where the defaults of a run come from.
inline const TrainOptions library_defaults;

/// Empty texts and zeros that "the data set's own" is said of, and what is absent, are filled in by
/// `resolve`.
struct TrainConfig {
  std::string data{default_data_set}, data_dir;
  std::string model, augment;
  std::string out;
  std::string weights;
  std::string optimizer{default_optimizer};
  std::string schedule{name(library_defaults.schedule)};
  std::string loss = "cross-entropy", class_weights{name(default_class_weighting)};
  std::int64_t steps = 0, batch = 0, width = 0, kernel = 3, ignore_index = -1, mask_threshold = 0;
  std::int64_t validate_every = library_defaults.validate_every, patience = library_defaults.patience;
  std::int64_t save_every = library_defaults.save_every, warmup = library_defaults.warmup;
  double learning_rate = library_defaults.learning_rate, clip_norm = library_defaults.clip_norm;
  double average = library_defaults.average, min_delta = library_defaults.min_delta;
  std::optional<double> weight_decay;  ///< absent: the optimizer's own
  std::string freeze;
  std::uint64_t seed = library_defaults.seed;
  int threads = 0, loader_threads = library_defaults.loader_threads;
  bool pixel_baseline = false;

  /// f(name, member, check, help) for each.
  static void parts(auto& self, auto&& f) {
    constexpr std::int64_t most = std::int64_t{1} << 40;
    constexpr double any = std::numeric_limits<double>::infinity();
    f("data", self.data, not_empty(), data_choices());
    f("data_dir", self.data_dir, not_empty(),
      text("where the files of ", data_sets_with_files(" or "), " are, if not where Debian puts them"));
    f("mask_threshold", self.mask_threshold, whole(0, 255),
      "of a folder of grey masks: numbers from here on are foreground; 0 reads classes");
    f("model", self.model, parsed_by(check_model),
      text("network: ", listed(names_in(named_networks()), ", "), ", or a FILE.json"));
    f("out", self.out, not_empty(), "folder of the run; must be new");
    f("weights", self.weights, not_empty(), "checkpoint to start from instead of random weights");
    f("steps", self.steps, whole(1, most), "training steps; without it the data set's own number");
    f("batch", self.batch, whole(1, 65536), "images per step; without it the data set's own number");
    f("learning_rate", self.learning_rate, above_zero(), "highest");
    f("schedule", self.schedule, parsed_by(parse_schedule),
      text("of the learning rate: ", listed(names_in(named_schedules()))));
    f("warmup", self.warmup, whole(0, most), "steps over which the learning rate rises");
    f("optimizer", self.optimizer, one_of(names_in(named_optimizers())),
      listed(names_in(named_optimizers())));
    f("weight_decay", self.weight_decay, number(0, any), decay_choices());
    f("loss", self.loss, parsed_by([](const std::string& name) { make_loss(name); }), listed(loss_names()));
    f("class_weights", self.class_weights,
      parsed_by([](const std::string& list) { check_class_weights(list); }),
      text(listed(names_in(named_class_weightings()), ", "), ", or numbers such as 0.5,1,2"));
    f("ignore_index", self.ignore_index, whole(-1, 255),
      "class whose pixels do not count in loss and scores, where predicting it stays a mistake; -1 is none");
    f("augment", self.augment, parsed_by(parse_augmentation),
      "such as flip,scale=1.25,rotate=10,shift=0.1,noise=0.02, or none");
    f("clip_norm", self.clip_norm, number(0, any), "largest norm of the gradients; 0 is any");
    f("average", self.average, number(0, 1),
      "decay of the weights' moving average, which is what is scored; 0 is none");
    f("freeze", self.freeze, not_empty(), "paths of parts that do not learn: stem,context.0");
    f("validate_every", self.validate_every, whole(1, most), "steps");
    f("patience", self.patience, whole(0, most),
      "validations without a better score before the run ends; 0 is any number");
    f("min_delta", self.min_delta, number(0, any), "by which a better score must be better");
    f("save_every", self.save_every, whole(0, most), "steps; 0 saves at validations alone");
    f("width", self.width, whole(0, 4096), "channels of the network; 0 is its own default");
    f("kernel", self.kernel, whole(1, 31), "height and width of the filters");
    f("seed", self.seed, whole(0, std::numeric_limits<std::int64_t>::max()),
      "of weights, batches, augmentation and dropout");
    f("threads", self.threads, whole(0, 1024), "0 takes the machine's");
    f("loader_threads", self.loader_threads, whole(0, 256), "that make batches ahead");
    f("pixel_baseline", self.pixel_baseline, CLI::Validator(),
      "also train the same network with 1x1 filters");
  }
};

/// The number in environment.json that says how config.json is to be read. Without it, the run is of a
/// version in which weight_decay 0 stood for what the optimizer has of its own, 0.01 for adamw.
inline constexpr const char* config_format_key = "config_format";

/// --learning-rate for learning_rate.
std::string flag_of(std::string_view name);

/// The options of a run, or those whose names `wanted` takes.
void add_config(CLI::App& command, TrainConfig& config, bool (*wanted)(std::string_view name) = nullptr);

/// Throws ArgumentError naming the option if a text, such as a path, is not UTF-8: config.json could not hold
/// it.
void check_utf8(const TrainConfig& config);

/// Every option of the run, under its name.
nlohmann::ordered_json to_json(const TrainConfig& config);

/// The data sets that need no folder.
std::vector<std::string> built_in_data();
bool is_built_in_data(const std::string& name);
/// Whether --model is a FILE.json.
bool is_network_file(const std::string& model);

/// The options in a file as config.json of a run is one; the paths of a run that was begun in another folder
/// are taken from there, if they still lead somewhere. Throws FileError, naming file and option, if it is
/// no such file, has an option that is not known, or a value that is not allowed. An option that the file
/// leaves out is that of `base`.
TrainConfig read_config(const std::string& path, const TrainConfig& base = {});

/// `base`, with the options on the command line of `command` in their place, whose values are in `parsed`.
TrainConfig with_command_line(TrainConfig base, const TrainConfig& parsed, const CLI::App& command);

/// Sets the value of every option of `config` in `given`, and marks as given those in which `file`, an
/// options file, differs from the defaults.
void record_options(GivenOptions& given, const TrainConfig& config, const TrainConfig& file = {});

/// Throws ArgumentError naming the first option, of those that change what is learned, in which they differ.
void check_same_run(const std::string& run, const nlohmann::ordered_json& before,
                    const nlohmann::ordered_json& now);

}  // namespace trous::cli
