// The options of a training run: the list of the library with those of the program, from which the command
// line, config.json and the comparison of a resumed run with its past all come.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <trous/cli/option_pairs.h>
#include <trous/cli/options.h>
#include <trous/core/choices.h>
#include <trous/core/error.h>
#include <trous/data/augment.h>
#include <trous/data/named_data_sets.h>
#include <trous/data/resize_image.h>
#include <trous/layers/from_json.h>
#include <trous/layers/named_networks.h>
#include <trous/train/class_weights.h>
#include <trous/train/crop.h>
#include <trous/train/loss.h>
#include <trous/train/schedule.h>
#include <trous/train/task.h>
#include <trous/train/train_options.h>

namespace trous::cli {

/// The crop that --crop names; absent for "none". Throws ArgumentError for other words.
std::optional<Window> parse_crop(const std::string& words);

/// Throws ArgumentError, with a suggestion, for what is neither a network's name nor a FILE.json.
void check_model(const std::string& model);

/// Lists the data sets that read files, "fashion or brain". `last` stands before the last one.
std::string data_sets_with_files(std::string_view last);
/// Help texts that list the rows of a table.
std::string data_choices();
std::string decay_choices();
/// The help text of --resize, followed by `then`.
std::string resize_help(std::string_view then = "");

/// The options of a run: those of the library, `training`, and the program's own. A choice that has a name is
/// a text here and becomes a value in make_options. `resolve` fills in empty texts, steps and batch of 0, and
/// absent options.
struct TrainConfig {
  std::string data{default_data_set}, data_dir;
  std::string resize;  ///< empty: images are as large as in their files
  std::string task;    ///< empty: that of the data set
  std::string model, augment, crop;
  std::string out;
  std::string weights;
  std::string optimizer{default_optimizer};
  std::string schedule{name(TrainOptions().schedule)};
  std::string loss;  ///< empty: the one that suits the targets, or the task's own
  std::string class_weights{name(default_class_weighting)};
  std::optional<double> weight_decay;  ///< absent: the optimizer's own
  double label_smoothing = 0;
  std::string freeze;
  TrainOptions training{.steps = 0, .batch = 0};
  std::int64_t width = 0, kernel = 3, ignore_index = -1, mask_threshold = 0;
  int threads = 0;
  std::string norm{name(SegmentationOptions().norm)}, activation{name(SegmentationOptions().activation)};
  bool pixel_baseline = false;

  /// f(option, member, check) for each, in the order of config.json.
  static void parts(auto& self, auto&& f) {
    f(TrainOption{.name = "data", .help = data_choices(), .step_time = true}, self.data, not_empty());
    f(TrainOption{.name = "data_dir",
                  .help = text("where the files of ", data_sets_with_files(" or "),
                               " are, if not where Debian puts them"),
                  .step_time = true},
      self.data_dir, not_empty());
    f(TrainOption{.name = "mask_threshold",
                  .help =
                      "for a folder of grey masks: numbers from this one on are foreground; 0 reads classes",
                  .step_time = true},
      self.mask_threshold, whole(0, 255));
    f(TrainOption{.name = "resize",
                  .help =
                      resize_help("; training and scores use the small images, predictions have the size of "
                                  "the file"),
                  .step_time = true},
      self.resize, parsed_by(parse_resize));
    f(TrainOption{.name = "task",
                  .help = text("what is learned: ", listed(names_in(named_tasks())),
                               "; without it what the data set or its targets say"),
                  .step_time = true},
      self.task, one_of(names_in(named_tasks())));
    f(TrainOption{.name = "model",
                  .help = text("network: ", listed(names_in(named_networks()), ", "), ", or a FILE.json"),
                  .step_time = true},
      self.model, parsed_by(check_model));
    f(TrainOption{.name = "out", .help = "folder of the run; must be new", .changes_learning = false},
      self.out, not_empty());
    f(TrainOption{.name = "weights", .help = "checkpoint to start from instead of random weights"},
      self.weights, not_empty());
    TrainOptions::parts(self.training, [&](const TrainOption& option, auto& member, const auto& range) {
      training_part(self, option, member, range, f);
    });
    f(TrainOption{.name = "pixel_baseline", .help = "also train the same network with 1x1 filters"},
      self.pixel_baseline, CLI::Validator());
  }

 private:
  // Lists one of the library's options, with its name and range, and after it the program's own that belong
  // there. The library's choices have the program's names; a type without a case here does not compile.
  // `width`, `kernel`, `norm` and `activation` follow "save_every" and `threads` follows "seed"; a test
  // checks that all are listed.
  template <class Member, class Range>
  static void training_part(auto& self, const TrainOption& option, Member& member, const Range& range,
                            auto&& f) {
    using Type = std::remove_cv_t<Member>;
    const auto named = [&](const char* name) {
      return TrainOption{name, option.help, option.changes_learning, option.step_time};
    };
    if constexpr (std::same_as<Type, Schedule>) {
      f(option, self.schedule, parsed_by(parse_schedule));
    } else if constexpr (std::same_as<Type, Optimizer>) {
      f(option, self.optimizer, one_of(names_in(named_optimizers())));
      f(TrainOption{.name = "weight_decay", .help = decay_choices()}, self.weight_decay,
        in_range(NumberRange{}));
    } else if constexpr (std::same_as<Type, Loss>) {
      TrainOption loss = option;
      loss.help += text("; without it ", loss_names_for(Role::mask).front(), " for masks and labels, ",
                        loss_names_for(Role::numbers).front(), " for numbers and images");
      f(loss, self.loss, parsed_by([](const std::string& name) { make_loss(name); }));
      f(TrainOption{.name = "label_smoothing",
                    .help = "share of each label that " + listed(smoothing_loss_names(), " and ") +
                            " spread over all classes; 0 is none",
                    .step_time = true},
        self.label_smoothing, in_range(NumberRange{0, 1}));
    } else if constexpr (std::same_as<Type, std::optional<ClassWeights>>) {
      f(option, self.class_weights, parsed_by([](const std::string& list) { check_class_weights(list); }));
      f(TrainOption{.name = "ignore_index",
                    .help = "class whose pixels do not count in loss and scores, where predicting it remains "
                            "a mistake; -1 is none",
                    .step_time = true},
        self.ignore_index, whole(-1, 255));
    } else if constexpr (std::same_as<Type, Augmentation>) {
      f(named("augment"), self.augment, parsed_by(parse_augmentation));
      // What is learned depends on the augmentation with this crop, which a state holds.
      f(TrainOption{.name = "crop",
                    .help = text(
                        "height x width of the random crops that training takes, such as 256x256, or none; "
                        "without it images of more than ",
                        max_whole_pixels, " pixels are cropped, unless they are resized"),
                    .changes_learning = false,
                    .step_time = true},
        self.crop, parsed_by(parse_crop));
    } else if constexpr (std::same_as<Type, std::vector<ParameterGroup>>) {
      TrainOption freeze = named("freeze");
      freeze.help = "paths of parts that do not learn: stem,context.0";
      f(freeze, self.freeze, not_empty());
    } else if (is_of_data_set(option.name)) {
      TrainOption of_data_set = option;
      of_data_set.help += "; without it the data set's own number";
      f(of_data_set, member, in_range(range));
    } else {
      f(option, member, in_range(range));
    }
    if (option.name == "save_every") {
      f(
          TrainOption{
              .name = "width", .help = "channels of the network; 0 is its own default", .step_time = true},
          self.width, whole(0, 4096));
      f(TrainOption{.name = "kernel", .help = "height and width of the filters", .step_time = true},
        self.kernel, whole(1, 31));
      f(TrainOption{.name = "norm", .help = "what the network's blocks normalise by", .step_time = true},
        self.norm, one_of(names_in(named_norms())));
      f(
          TrainOption{
              .name = "activation", .help = "function behind each norm of the network", .step_time = true},
          self.activation, one_of(names_in(named_activations())));
    }
    if (option.name == "seed")
      f(TrainOption{.name = "threads",
                    .help = "number of threads; 0 takes the machine's",
                    .changes_learning = false,
                    .step_time = true},
        self.threads, whole(0, 1024));
  }

  static bool is_of_data_set(std::string_view name) { return name == "steps" || name == "batch"; }
};

/// Returns the flag of an option: --learning-rate for learning_rate.
std::string flag_of(std::string_view name);

/// Adds the options of a run to a command: all, or those for which `wanted` returns true.
void add_config(CLI::App& command, TrainConfig& config, bool (*wanted)(const TrainOption& option) = nullptr);

/// Throws ArgumentError naming the option if a text, such as a path, is not UTF-8: config.json could not hold
/// it.
void check_utf8(const TrainConfig& config);

/// The images of a step, in a number and in words: "16 images" or "4 batches of 16 images".
std::int64_t images_per_step(const TrainConfig& config);
std::string step_words(const TrainConfig& config);

/// Returns every option of the run under its name.
nlohmann::ordered_json to_json(const TrainConfig& config);

/// The command that repeats the run: the options that differ from an empty command line, as a shell takes
/// them.
std::string command_of(const TrainConfig& config);

/// The data sets that need no folder.
std::vector<std::string> built_in_data();
bool is_built_in_data(const std::string& name);
/// Whether --model is a FILE.json.
bool is_network_file(const std::string& model);

/// Reads the options in a file such as a run's config.json; an option that the file leaves out keeps its
/// value in `base`. Relative paths of a run that was begun in another folder are resolved there, if they
/// exist there. Throws FileError, naming file and option, if it is no such file, has an unknown option, or a
/// value that is not allowed.
TrainConfig read_config(const std::string& path, const TrainConfig& base = {});

/// Returns `base` with the options on the command line of `command` replaced by their values in `parsed`.
TrainConfig with_command_line(TrainConfig base, const TrainConfig& parsed, const CLI::App& command);

/// Sets the value of every option of `config` in `given`, and marks as given those in which `file`, an
/// options file, differs from the defaults.
void record_options(GivenOptions& given, const TrainConfig& config, const TrainConfig& file = {});

/// Throws ArgumentError naming the first option, of those that change what is learned, in which they differ.
void check_same_run(const std::string& run, const nlohmann::ordered_json& before,
                    const nlohmann::ordered_json& now);

}  // namespace trous::cli
