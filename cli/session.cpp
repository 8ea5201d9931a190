#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>

#include <trous/cli/phase.h>
#include <trous/cli/program_name.h>
#include <trous/cli/resume.h>
#include <trous/cli/session.h>
#include <trous/cli/tables.h>
#include <trous/core/clock.h>
#include <trous/core/error.h>
#include <trous/data/file.h>
#include <trous/data/windows.h>
#include <trous/layers/coverage.h>
#include <trous/layers/network.h>
#include <trous/run/data_record.h>
#include <trous/train/class_weights.h>

namespace trous::cli {
namespace {

std::vector<ParameterGroup> frozen_groups(const std::string& paths) {
  std::vector<ParameterGroup> groups;
  std::istringstream words(paths);
  for (std::string path; std::getline(words, path, ',');) groups.push_back({.path = path, .frozen = true});
  return groups;
}

// A run that goes on needs the weights it began with no more.
AnyLayer make_network(const TrainConfig& config, const std::string& description, bool goes_on) {
  AnyLayer net = network_from_json(description);
  initialize(net, stream_of(config.training.seed, Stream::weights));
  if (!config.weights.empty() && !goes_on) {
    SafetensorsFile file = read_safetensors(config.weights);
    if (cast_to_float32(config.weights, file)) warn_of_cast(config.weights);
    restore_network(config.weights, file, parameters(net), buffers(net));
  }
  return net;
}

// The steps that take `epochs` passes over `samples`, the last of which may begin another pass.
std::int64_t steps_of(std::int64_t epochs, std::int64_t samples, const TrainOptions& options) {
  const std::int64_t images = options.batch * options.accumulate;
  return (epochs * samples + images - 1) / images;
}

// How many steps fit into the minutes: the first steps are left out, a validation is counted in.
std::int64_t steps_in(double minutes, const AnyLayer& net, const Splits& data, TrainOptions options) {
  constexpr std::int64_t warm = 3, timed = 8;
  const std::int64_t every = options.validate_every;
  options.steps = warm + timed;
  options.warmup = 0;
  options.validate_every = warm + timed;
  std::int64_t done = 0;
  Clock::time_point begin = Clock::now();
  double stepping = 0;
  Trainer probe(net, data, options);
  probe.run({.on_step = [&](const StepReport& r) {
    if (r.step == warm) begin = Clock::now();
    done = r.step;
    stepping = seconds_since(begin);
  }});
  const double validating = seconds_since(begin) - stepping;
  const double per_step = stepping / static_cast<double>(std::max<std::int64_t>(1, done - warm)) +
                          validating / static_cast<double>(every);
  constexpr double most = 1099511627776;  // 2^40, as --steps
  return static_cast<std::int64_t>(std::clamp(60 * minutes / per_step, 1.0, most));
}

// The memory of the run at its worst moment: the table of the network, a step, a validation or the test,
// beside what the steps keep.
MemoryDemand demand_of(const TrainConfig& c, const AnyLayer& net, const Splits& data, const Survey& facts) {
  const TrainOptions options = make_options(c, facts);
  const Shape cropped = augmented_shape(data.train.image_shape, options.augmentation);
  const std::int64_t channels = cropped[2];
  const Shape images{options.batch, cropped[0], cropped[1], channels};
  const Role role = data.train.target.role;
  const auto step = std::make_shared<MemoryForecast>(training_memory(net, images, options, role));
  const auto scored = [&](const Dataset& split, const Loss& loss) {
    const Shape& shape = split.image_shape;
    return std::make_shared<EvaluationMemory>(net, Shape{options.batch, shape[0], shape[1], shape[2]}, loss,
                                              role);
  };
  const auto validation = scored(data.validation, options.loss), test = scored(data.test, nullptr);
  const auto table = std::make_shared<MemoryForecast>([&](const Shape& small) { summarize(net, small); },
                                                      Shape{1, images[1], images[2], channels});
  MemoryDemand demand{
      .command = "train", .work = "the run", .images = images, .bytes = [=](const Shape& s) {
        const std::int64_t kept = step->at({0, s[1], s[2], channels}).resident;
        return std::max({step->at(s).resident, kept + validation->resident(s[0]), kept + test->resident(s[0]),
                         kept + table->at({1, s[1], s[2], channels}).resident});
      }};
  if (step->any_size())
    demand.crop_option = [](std::int64_t h, std::int64_t w) { return text("--crop ", h, 'x', w); };
  return demand;
}

// The report's picture is made from one image in float64, which can be more than a step takes.
std::optional<std::int64_t> predicted_coverage_bytes(const AnyLayer& net, const Shape& image) {
  try {
    const Shape images{1, image[0], image[1], image[2]};
    return MemoryForecast([&](const Shape& small) { coverage(net, small); }, images).at(images).resident;
  } catch (const Error&) {
    return std::nullopt;
  }
}

// A run that goes on takes the split that it remembers.
DataRequest request_of(const TrainCommand& command) {
  DataRequest request = data_of(command.config);
  const auto past = command.resuming ? run_data(command.config.out) : std::nullopt;
  if (past) {
    request.folder.split = past->split;
    request.folder.stratified = past->split.has_value();
    request.folder.white = white_of_run(command.config.out);
    const std::vector<std::string> added = new_images(*past, request.name);
    if (past->split && !added.empty()) {
      std::cerr << "train: since the run began, " << added.size()
                << (added.size() == 1 ? " image has" : " images have") << " come to " << request.name << ", "
                << (added.size() == 1 ? "" : "the first is ") << added.front()
                << ". The run goes on with its own; to learn from all, begin another.\n";
    }
  }
  return request;
}

// The existing folder in or above which the run's folder is made.
std::string disk_of(const std::string& out) {
  std::error_code failure;
  std::filesystem::path folder = std::filesystem::absolute(out, failure);
  while (!std::filesystem::is_directory(folder, failure) && folder.has_relative_path())
    folder = folder.parent_path();
  return folder.string();
}

// Decoded images that are too large for memory are kept on the disk of the run.
Splits read_data(const TrainCommand& command) {
  DataRequest request = request_of(command);
  request.folder.cache = disk_of(command.config.out);
  // A quarter of what is available at most, since the training needs memory too.
  if (const auto available = available_memory())
    request.folder.memory = std::min(request.folder.memory, available->bytes / 4);
  for (;;) {
    Phase reading("train", command.style, "reading", "images");
    request.folder.on_progress = reading.on_progress();
    try {
      return open_data(request);
    } catch (const ScratchError& error) {
      std::cerr << "train: " << error.what() << " Without it files are decoded anew for each crop.\n";
      request.folder.cache.clear();
    }
  }
}

Survey count_data(const TrainCommand& command, const Splits& data) {
  Phase counting("train", command.style, "counting", "samples");
  return survey(data, counting.on_progress());
}

std::vector<NamedScores> score_baselines(const TrainCommand& command, const Task& task, const Splits& data,
                                         const Dataset& validation) {
  Phase baselines("train", command.style, "baselines", "images");
  return baselines_of(command.config.data, task, data, validation, baselines.on_progress());
}

// What validations score: large images as a whole if that takes at most a tenth of the time of the steps
// between two validations, of which a pixel costs at least twice as much as one that is only predicted. Else
// as many windows as the tenth allows, at least one of each image.
Dataset validation_for(const TrainConfig& c, const Splits& data) {
  const Dataset& whole = data.validation;
  const std::optional<Window> crop = augmentation_of(c).crop;
  const std::int64_t height = whole.image_shape[0], width = whole.image_shape[1];
  if (!crop || height * width <= max_whole_pixels) return whole;
  const auto real = [](std::int64_t number) { return static_cast<double>(number); };
  const double tenth = real(c.training.validate_every) * real(c.training.accumulate) *
                       real(c.training.batch) * real(crop->height * crop->width) * 2 / 10;
  if (static_cast<double>(whole.size * height * width) <= tenth) return whole;
  const Window window{std::min(2 * crop->height, height), std::min(2 * crop->width, width)};
  const std::int64_t count = std::max(
      whole.size, static_cast<std::int64_t>(tenth / static_cast<double>(window.height * window.width)));
  return windows_of(whole, window, count, stream_of(c.training.seed, Stream::validation_windows));
}

// CheckpointInfo::channels. In a graph a join may come before the first layer with a number of channels, so
// that layer need not have the number of the images.
std::int64_t channels_beside(const std::string& description, std::int64_t channels) {
  try {
    return in_channels_of(description) == channels ? 0 : channels;
  } catch (const ArgumentError&) {
    return channels;
  }
}

}  // namespace

TrainOptions make_options(const TrainConfig& c, const Survey& facts) {
  const bool own_loss = c.loss.empty();  // of the task
  std::optional<Tensor> weights;
  if (own_loss ? c.class_weights != name(ClassWeighting::none) : takes_class_weights(c.loss))
    weights = parse_class_weights(c.class_weights, facts.train.class_pixels);
  TrainOptions options = c.training;
  if (!c.task.empty()) options.task = named_task(c.task);
  options.schedule = parse_schedule(c.schedule);
  options.optimizer = make_optimizer(c.optimizer, c.weight_decay);
  if (own_loss) {
    if (weights) options.class_weights = *weights;
  } else {
    options.loss = make_loss(c.loss, weights, c.label_smoothing);
  }
  options.groups = frozen_groups(c.freeze);
  options.augmentation = augmentation_of(c);
  return options;
}

std::string crop_words(const Session& s) {
  const Augmentation augmentation = augmentation_of(s.config);
  if (!augmentation.crop) return {};
  const Shape &image = s.data.train.image_shape, &window = s.scored.validation.image_shape;
  std::string words = text(s.config.crop, " at random places of images of ", image[0], 'x', image[1]);
  if (s.data.train.target.role == Role::mask)
    words += text("; ", percent(augmentation.foreground), " hold a pixel of the foreground");
  words += " (--crop)";
  if (window != s.data.validation.image_shape) {
    words += text("; validation scores ", s.scored.validation.size,
                  s.scored.validation.size == 1 ? " window of " : " windows of ", window[0], 'x', window[1],
                  " of ", s.data.validation.size, s.data.validation.size == 1 ? " image" : " images",
                  ", in a tenth of the time");
  }
  return words;
}

// Everything that can be refused is, before the run's folder is made.
Session open_session(TrainCommand& command) {
  TrainConfig& c = command.config;
  TrainOptions& training = c.training;
  resolve(c);
  check_network_file(c);
  Splits data = read_data(command);
  resolve_for(c, data.train,
              command.given.given("--class-weights") ? WeightsFrom::words
              : command.resuming                     ? WeightsFrom::run
                                                     : WeightsFrom::default_);
  const InterruptibleOps ops("train", "before the first step, and nothing was written");
  if (command.epochs > 0) training.steps = steps_of(command.epochs, data.train.size, training);
  const std::string description = describe_network(c, data, c.kernel);
  AnyLayer net = make_network(c, description, command.resuming && has_state(c.out));
  resolve_crop(c, net, data.train);
  const Shape cropped = augmented_shape(data.train.image_shape, augmentation_of(c));
  // A network that does not fit is refused before the data are counted. Where the table itself may take too
  // much memory, that is predicted first.
  std::optional<Summary> summary;
  if (cropped[0] * cropped[1] <= max_whole_pixels) summary = summary_of(c.model, net, cropped);
  Survey facts = count_data(command, data);
  Splits scored = data;
  scored.validation = validation_for(c, data);
  MemoryCheck memory = check_memory([&] { return demand_of(c, net, scored, facts); });
  if (!summary) summary = summary_of(c.model, net, cropped);
  const std::optional<std::int64_t> coverage_bytes = predicted_coverage_bytes(net, cropped);
  if (command.minutes > 0 && !command.resuming)
    training.steps = steps_in(command.minutes, net, scored, make_options(c, facts));
  record_options(command.given, c);
  check_pairs(command.given);
  CheckpointInfo about{.network = description,
                       .classes = data.train.classes,
                       .data = c.data,
                       .program = recorded_program(),
                       .channels = channels_beside(description, data.train.image_shape[2]),
                       .white = data.train.white,
                       .resize = resize_of(c.resize),
                       .target_white = data.train.target.white,
                       .number_names = data.train.number_names};
  if (!lies_on_pixels(data.train.target.role))
    about.image_size = {data.train.image_shape[0], data.train.image_shape[1]};
  Trainer trainer(net, scored, make_options(c, facts));
  trainer.rehearse();
  const Task task = trainer.task();
  std::vector<NamedScores> baselines = score_baselines(command, task, data, scored.validation);
  // A baseline has counted the targets of validation.
  const Criterion chosen_by = baselines.empty() ? task.leading : baselines.front().chosen_by;
  std::vector<std::string> shown = shown_scores(task.scores(scored.validation).all(), name(task.leading));
  return {command,
          c,
          std::move(data),
          std::move(scored),
          std::move(facts),
          description,
          std::move(net),
          std::move(*summary),
          std::move(about),
          std::move(trainer),
          std::move(baselines),
          chosen_by,
          task.leading,
          std::move(shown),
          std::move(memory),
          coverage_bytes};
}

}  // namespace trous::cli
