// trous train: a network learns to segment, and is scored beside predictors that learn nothing.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <limits>
#include <numeric>

#include <CLI/CLI.hpp>

#include <trous/cli/commands.h>
#include <trous/core/parallel.h>
#include <trous/data/fashion.h>
#include <trous/data/picture.h>
#include <trous/data/png.h>
#include <trous/data/shapes.h>
#include <trous/data/survey.h>
#include <trous/layers/network.h>
#include <trous/layers/networks.h>
#include <trous/layers/summary.h>
#include <trous/train/baselines.h>
#include <trous/train/checkpoint.h>
#include <trous/train/class_weights.h>
#include <trous/train/progress.h>
#include <trous/train/trainer.h>

namespace trous::cli {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string data = "fashion", data_directory, model = "small-dilated", out;
  std::string optimizer = "adam", schedule = "poly", class_weights = "inverse-sqrt";
  std::int64_t steps = 400, batch = 16, validate_every = 100, width = 0, kernel = 3;
  double learning_rate = 8e-3;
  std::uint64_t seed = 0;
  int threads = 0;
  bool pixel_baseline = false, quiet = false;
};

Splits open_data(const Arguments& a) {
  if (a.data == "shapes") {
    if (!a.data_directory.empty())
      throw ArgumentError("train: --data-dir is for data in files, and shapes are generated. Leave it out.");
    return shapes();
  }
  FashionOptions options;
  if (!a.data_directory.empty()) options.directory = a.data_directory;
  return fashion(options);
}

Optimizer make_optimizer(const std::string& name) {
  if (name == "sgd") return Sgd({.momentum = 0.9, .nesterov = true});
  if (name == "adamw") return AdamW();
  return Adam();
}

AnyLayer make_network(const Arguments& a, const Splits& data, std::int64_t kernel) {
  const SegmentationOptions options{.in_channels = data.train.image_shape[2],
                                    .classes = static_cast<std::int64_t>(data.train.classes.size()),
                                    .width = a.width,
                                    .kernel = kernel};
  AnyLayer net =
      a.model == "mirror-context" ? AnyLayer(MirrorContext(options)) : AnyLayer(SmallDilated(options));
  initialize(net, fold_in(Key{a.seed}, 0));
  return net;
}

std::string percent(double share) {
  std::ostringstream stream;
  stream << std::fixed << std::setprecision(1) << 100 * share << " %";
  return stream.str();
}

// Run folders are never overwritten.
void check_run_folder(const std::string& out) {
  std::error_code failure;
  if (fs::exists(out, failure) && !(fs::is_directory(out, failure) && fs::is_empty(out, failure))) {
    throw FileError(text(
        out, ": it exists and is not an empty folder. Choose another --out; runs are never overwritten."));
  }
}

void make_run_folder(const std::string& out) {
  std::error_code failure;
  fs::create_directories(fs::path(out) / "samples", failure);
  if (failure)
    throw FileError(text(out, ": the folder cannot be made, ", failure.message(), ". Choose another --out."));
}

Summary summary_of(const Arguments& a, const AnyLayer& net, const Shape& image) {
  try {
    return summarize(net, {1, image[0], image[1], image[2]});
  } catch (const ShapeError& error) {
    throw ArgumentError(text("train: ", a.model, " with --kernel ", a.kernel, " does not fit images of ",
                             image[0], 'x', image[1], ". ", error.what()));
  }
}

void print_data(const Splits& data, const std::vector<std::int64_t>& pixels) {
  const Shape& image = data.train.image_shape;
  std::cout << "data    " << data.train.size << " train, " << data.validation.size << " validation, "
            << data.test.size << " test images of " << image[0] << 'x' << image[1] << 'x' << image[2]
            << "\n        " << data.train.source << "\n        pixels:";
  const double all = static_cast<double>(std::accumulate(pixels.begin(), pixels.end(), std::int64_t{0}));
  for (std::size_t c = 0; c < pixels.size(); ++c) {
    std::cout << (c ? ", " : " ") << data.train.classes[c] << ' '
              << percent(static_cast<double>(pixels[c]) / all);
  }
  std::cout << "\n\n";
}

void write_panel(const std::string& path, const AnyLayer& net, const Dataset& data, std::int64_t count) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(std::min(count, data.size)));
  std::iota(indices.begin(), indices.end(), 0);
  std::vector<Sample> samples;
  std::vector<Tensor> predictions;
  for (const std::int64_t i : indices) {
    samples.push_back(checked_sample(data, i));
    const Shape& mask = samples.back().mask.shape();
    predictions.push_back(predict(net, make_batch(data, {{i}}).images).reshaped(mask));
  }
  write_png(path, prediction_panel(samples, predictions, {.columns = 2}));
}

// The tables stay within 60 columns.
void print_heading(const std::string& title) {
  std::cout << std::left << std::setw(35) << title << std::right << std::setw(9) << "fg mIoU" << std::setw(10)
            << "accuracy" << '\n';
}

void print_score(const std::string& who, const ConfusionMatrix& scores) {
  std::cout << "  " << std::left << std::setw(33) << who << std::right << std::fixed << std::setprecision(3)
            << std::setw(9) << scores.mean_iou(1) << std::setw(10) << scores.pixel_accuracy() << '\n';
}

void print_threshold(const ThresholdBaseline& baseline, const Splits& data) {
  print_score(text("brightness > ", std::setprecision(2), baseline.threshold, " is ",
                   data.train.classes[static_cast<std::size_t>(baseline.common_class)]),
              baseline.scores);
}

void print_weakest(const ConfusionMatrix& scores, const std::vector<std::string>& classes) {
  std::vector<std::pair<double, std::string>> ordered;
  for (std::int64_t c = 1; c < scores.classes(); ++c) {
    if (const auto iou = scores.iou(c)) ordered.emplace_back(*iou, classes[static_cast<std::size_t>(c)]);
  }
  std::sort(ordered.begin(), ordered.end());
  std::cout << "\n  weakest classes:";
  for (std::size_t i = 0; i < std::min<std::size_t>(3, ordered.size()); ++i) {
    std::cout << (i ? ", " : " ") << ordered[i].second << ' ' << ordered[i].first;
  }
  if (!ordered.empty()) std::cout << "; strongest: " << ordered.back().second << ' ' << ordered.back().first;
  std::cout << "\n\n";
}

std::string weights_path(const Arguments& a) { return (fs::path(a.out) / "best.safetensors").string(); }

// At every best validation, so that an interrupted run keeps what it had.
void save_weights(const Arguments& a, const AnyLayer& net, std::int64_t step) {
  save(net, weights_path(a), {{"model", a.model}, {"data", a.data}, {"step", std::to_string(step)}});
}

// Trains one network, with its progress and, where `table` asks for it, a line per validation.
TrainResult train_shown(const Arguments& a, AnyLayer& net, const Splits& data, const TrainOptions& options,
                        bool table) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  Progress progress(a.batch, a.quiet);
  TrainCallbacks callbacks;
  callbacks.on_step = [&](const StepReport& r) { progress.step(r.step, r.steps, r.loss, r.learning_rate); };
  callbacks.on_validation = [&](const ValidationReport& r, const AnyLayer& now) {
    progress.clear();
    if (!table) return;
    if (r.best) save_weights(a, now, r.step);
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    std::cout << std::setw(7) << r.step << std::fixed << std::setprecision(4) << std::setw(10) << r.train_loss
              << std::setprecision(3) << std::setw(10) << r.scores.mean_iou(1) << std::setw(10)
              << r.scores.pixel_accuracy() << std::setw(8) << clock_text(seconds) << std::setprecision(0)
              << std::setw(8) << static_cast<double>(r.step * a.batch) / seconds << (r.best ? "  best" : "")
              << std::endl;
    std::ostringstream name;
    name << "step_" << std::setfill('0') << std::setw(6) << r.step << ".png";
    write_panel((fs::path(a.out) / "samples" / name.str()).string(), now, data.validation, 8);
  };
  if (table) {
    std::cout << "Training, scored on validation\n   step      loss   fg mIoU  accuracy    time   img/s\n";
  }
  return train(net, data, options, callbacks);
}

int run(const Arguments& a) {
  if (a.threads > 0) set_threads(a.threads);
  check_run_folder(a.out);
  const Splits data = open_data(a);
  AnyLayer net = make_network(a, data, a.kernel);
  const Summary summary = summary_of(a, net, data.train.image_shape);
  make_run_folder(a.out);  // nothing that was asked for can be refused any more
  std::cout << "trous " TROUS_VERSION "  train " << a.model << " on " << a.data << ": " << a.steps
            << " steps of " << a.batch << " images, seed " << a.seed << ", " << threads()
            << (threads() == 1 ? " thread" : " threads") << "\n"
            << std::endl;
  const std::vector<std::int64_t> pixels = class_pixels(data.train);
  print_data(data, pixels);
  std::cout << summary << '\n';
  print_heading("Without learning, on validation");
  print_score("all background", background_baseline(data.validation));
  print_threshold(threshold_baseline(data.train, data.validation), data);
  std::cout << std::endl;

  const TrainOptions options{.steps = a.steps,
                             .batch = a.batch,
                             .learning_rate = a.learning_rate,
                             .schedule = parse_schedule(a.schedule),
                             .optimizer = make_optimizer(a.optimizer),
                             .class_weights = class_weights(parse_class_weighting(a.class_weights), pixels),
                             .validate_every = a.validate_every,
                             .seed = a.seed};
  const TrainResult result = train_shown(a, net, data, options, true);
  if (result.diverged) {
    std::cerr << "train: " << *result.diverged << ". Lower --learning-rate.\n";
    if (result.best_step > 0)
      std::cerr << "The best weights so far, of step " << result.best_step << ", are in " << weights_path(a)
                << ".\n";
    return diverged;
  }

  std::optional<ConfusionMatrix> pixel;
  std::optional<std::string> pixel_failure;
  if (a.pixel_baseline) {
    std::cout << "\nThe same network with 1x1 filters, " << a.steps << " steps, for comparison." << std::endl;
    AnyLayer blind = make_network(a, data, 1);
    pixel_failure = train_shown(a, blind, data, options, false).diverged;
    if (!pixel_failure) pixel = evaluate_on(blind, data.test, a.batch);
  }
  const ConfusionMatrix scores = evaluate_on(net, data.test, a.batch);
  std::cout << "\nTest: " << data.test.size << " images, scored once, weights of step " << result.best_step
            << "\n\n";
  print_heading("");
  print_score("all background", background_baseline(data.test));
  print_threshold(threshold_baseline(data.train, data.test), data);
  if (pixel) print_score(a.model + ", 1x1 filters", *pixel);
  if (pixel_failure) std::cout << "  " << a.model << ", 1x1 filters: it diverged, " << *pixel_failure << '\n';
  print_score(a.model, scores);
  print_weakest(scores, data.test.classes);
  const std::string panel = (fs::path(a.out) / "samples" / "test.png").string();
  write_panel(panel, net, data.test, 12);
  std::cout << "  weights   " << weights_path(a) << "\n  pictures  " << panel
            << "   (input | truth | prediction)\n";
  return ok;
}

// The number that all of `word` spells, or nothing.
template <class T>
std::optional<T> parsed(const std::string& word) {
  T number{};
  const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (failure != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return number;
}

// Checks that the text is a whole number from `low` to `high`.
CLI::Validator whole(std::int64_t low, std::int64_t high) {
  return {[low, high](const std::string& word) {
            const auto number = parsed<std::int64_t>(word);
            if (number && *number >= low && *number <= high) return std::string();
            return text(word, " is not a whole number from ", low, " to ", high);
          },
          ""};
}

CLI::Validator above_zero() {
  return {[](const std::string& word) {
            const auto number = parsed<double>(word);
            if (number && *number > 0 && std::isfinite(*number)) return std::string();
            return text(word, " is not a number above 0");
          },
          ""};
}

CLI::Validator not_empty() {
  return {
      [](const std::string& word) { return word.empty() ? std::string("the name is empty") : std::string(); },
      ""};
}

}  // namespace

void add_train(CLI::App& app, int& code) {
  constexpr std::int64_t most = std::int64_t{1} << 40;
  const auto a = std::make_shared<Arguments>();
  CLI::App* const train =
      app.add_subcommand("train", "Trains a segmentation network and scores it beside baselines.");
  train->add_option("--data", a->data, "data set")
      ->check(CLI::IsMember({"fashion", "shapes"}))
      ->capture_default_str();
  train->add_option("--data-dir", a->data_directory,
                    "where the files of the data set are, if not where Debian puts them");
  train->add_option("--model", a->model, "network")
      ->check(CLI::IsMember({"small-dilated", "mirror-context"}))
      ->capture_default_str();
  train->add_option("--out", a->out, "folder of the run; must be new")->required()->check(not_empty());
  train->add_option("--steps", a->steps, "training steps")->check(whole(1, most))->capture_default_str();
  train->add_option("--batch", a->batch, "images per step")->check(whole(1, 65536))->capture_default_str();
  train->add_option("--learning-rate", a->learning_rate, "at the first step")
      ->check(above_zero())
      ->capture_default_str();
  train->add_option("--schedule", a->schedule, "of the learning rate")
      ->check(CLI::IsMember({"constant", "poly", "cosine"}))
      ->capture_default_str();
  train->add_option("--optimizer", a->optimizer)
      ->check(CLI::IsMember({"sgd", "adam", "adamw"}))
      ->capture_default_str();
  train->add_option("--class-weights", a->class_weights, "from class frequencies")
      ->check(CLI::IsMember({"none", "inverse-sqrt", "enet"}))
      ->capture_default_str();
  train->add_option("--validate-every", a->validate_every, "steps")
      ->check(whole(1, most))
      ->capture_default_str();
  train->add_option("--width", a->width, "channels of the network; 0 is its own default")
      ->check(whole(0, 4096))
      ->capture_default_str();
  train->add_option("--kernel", a->kernel, "height and width of the filters")
      ->check(whole(1, 31))
      ->capture_default_str();
  train->add_option("--seed", a->seed, "of weights, batches and dropout")
      ->check(whole(0, std::numeric_limits<std::int64_t>::max()))
      ->capture_default_str();
  train->add_option("--threads", a->threads, "0 takes the machine's")
      ->check(whole(0, 1024))
      ->capture_default_str();
  train->add_flag("--pixel-baseline", a->pixel_baseline, "also train the same network with 1x1 filters");
  train->add_flag("-q,--quiet", a->quiet, "no progress line");
  train->callback([a, &code] { code = run(*a); });
}

}  // namespace trous::cli
