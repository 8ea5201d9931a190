// What a run keeps of its best weights: their scores on the test split, beside those of baselines, and
// pictures.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <new>
#include <optional>
#include <utility>

#include <trous/cli/interrupt.h>
#include <trous/cli/phase.h>
#include <trous/cli/run_results.h>
#include <trous/cli/score.h>
#include <trous/core/error.h>
#include <trous/layers/coverage.h>
#include <trous/layers/network.h>
#include <trous/run/environment.h>
#include <trous/run/samples.h>
#include <trous/train/evaluate.h>
#include <trous/train/progress.h>

namespace trous::cli {
namespace {

// Scores the same network with 1x1 filters, trained the same way, which sees neighbours by strides, pools and
// resizes alone. Nothing if it diverged or was interrupted.
std::optional<NamedScores> pixel_baseline(const Session& s) {
  const OutputStyle& style = s.command.style;
  if (style.prints_text()) {
    std::cout << "\nThe same network with 1x1 filters, " << s.config.training.steps
              << " steps, for comparison." << std::endl;
  }
  AnyLayer blind = network_from_json(describe_network(s.config, s.data, 1));
  initialize(blind, stream_of(s.config.training.seed, Stream::weights));
  Progress progress(images_per_step(s.config), !style.prints_text(), "1x1 step");
  const TrainResult result =
      train(blind, s.scored, make_options(s.config, s.facts),
            {.on_step =
                 [&](const StepReport& r) {
                   progress.step(r.step, r.steps, r.loss, r.learning_rate, r.gradient_norm);
                 },
             .stop = interrupted});
  progress.clear();
  if (result.diverged) std::cerr << "The network with 1x1 filters is left out: " << *result.diverged << ".\n";
  if (result.interrupted || result.diverged) return std::nullopt;
  return NamedScores{s.config.model + ", 1x1 filters",
                     score_facts(evaluate_with(blind, s.data.test,
                                               {.batch = s.config.training.batch, .task = s.trainer.task()})
                                     .scores)};
}

// What the middle pixel of the output sees. It is a picture of the report: where the memory does not suffice
// for it, it is left out, and no score is lost.
std::optional<CoverageFacts> coverage_of(const Session& s) {
  if (!lies_on_pixels(s.data.train.target.role)) return std::nullopt;  // no output pixel
  const std::optional<AvailableMemory> available = available_memory();
  try {
    if (available && s.coverage_bytes && *s.coverage_bytes > available->bytes) throw std::bad_alloc();
    return coverage_facts(coverage(s.trainer.best(), s.summary.input));
  } catch (const std::bad_alloc&) {
    std::cerr << "train: there is not enough memory to find out what an output pixel sees; the report leaves "
                 "it out.\n";
    return std::nullopt;
  }
}

std::vector<NamedScores> test_baselines(const Session& s) {
  std::vector<NamedScores> baselines;
  {
    Phase shown("train", s.command.style, "baselines", "images");
    baselines = baselines_of(s.config.data, s.trainer.task(), s.data, s.data.test, shown.on_progress());
  }
  if (s.config.pixel_baseline) {
    if (auto pixel = pixel_baseline(s)) baselines.push_back(std::move(*pixel));
    check_interrupt("train", "while training the comparison");
  }
  return baselines;
}
// Of a label "boot, called sandal", else the numbers.
std::string words_beside(const Dataset& data, const Tensor& truth, const Tensor& prediction) {
  if (data.target.role == Role::label) {
    const auto name = [&](const Tensor& label) {
      const auto c = static_cast<std::size_t>(label.item<std::int32_t>());
      return c < data.classes.size() ? data.classes[c] : "unknown";
    };
    return text(name(truth), ", called ", name(prediction));
  }
  if (truth.elements() > 4) return text(truth.elements(), " numbers");
  const auto numbers = [](const Tensor& all) {
    std::string words;
    for (const float value : all.values<float>()) words += text(words.empty() ? "" : " ", value);
    return words;
  };
  return text(numbers(truth), ", predicted ", numbers(prediction));
}

// How good the prediction for one sample is: of labels the probability of the truth, else the leading score.
std::optional<double> image_score(const Session& s, const ScoreFacts& image) {
  const std::optional<double> minus_log = image["negative_log_likelihood"];
  return minus_log ? std::optional(std::exp(-*minus_log)) : image[name(s.leading)];
}

struct TestScores {
  SplitScores scores;
  std::vector<std::string> words;  // of each sample
};

TestScores test_scores(const Session& s) {
  Phase scoring("train", s.command.style, "scoring", "images");
  std::vector<std::string> words;
  ScoreOptions options{
      .task = s.trainer.task(), .batch = s.config.training.batch, .on_progress = scoring.on_progress()};
  if (!lies_on_pixels(s.data.test.target.role)) {
    options.on_image = [&](std::int64_t, const Tensor& truth, const Tensor& prediction, const Tensor&) {
      words.push_back(words_beside(s.data.test, truth, prediction));
    };
  }
  SplitScores scores = score(s.trainer.best(), s.data.test, options);
  return {std::move(scores), std::move(words)};
}

PictureFacts test_pictures(const Session& s, const RunFolder& folder,
                           const std::vector<std::optional<double>>& image_scores) {
  PictureFacts pictures = pictured_images(
      image_scores, s.data.test.target.role == Role::label ? Better::higher : s.leading.better());
  Phase writing("train", s.command.style, "pictures", "files");
  pictures.worst_places = write_test_pictures(folder, s.trainer.best(), s.trainer.task(), s.data.test,
                                              pictures, writing.on_progress());
  return pictures;
}

}  // namespace

RunResults results_of(const Session& s, const RunFolder& folder, const TrainResult& result, double seconds) {
  const InterruptibleOps ops("train", "while scoring the test images");
  std::vector<NamedScores> baselines = test_baselines(s);
  const auto [scores, words] = test_scores(s);
  std::vector<std::optional<double>> image_scores;
  for (const ScoreFacts& image : scores.images) image_scores.push_back(image_score(s, image));
  PictureFacts pictures = test_pictures(s, folder, image_scores);
  for (const auto* chosen : {&pictures.best, &pictures.median, &pictures.worst}) {
    for (const std::int64_t i : *chosen) {
      if (!words.empty() && !words[static_cast<std::size_t>(i)].empty())
        pictures.words[i] = words[static_cast<std::size_t>(i)];
    }
  }
  return {.split = "test",
          .step = result.best_step,
          .steps = result.steps,
          .stopped = result.stopped_early.value_or("all steps done"),
          .chosen_by = result.chosen_by,
          .classes = s.data.test.classes,
          .task = s.trainer.task().name,
          .leading = s.leading,
          .scores = score_facts(scores.all),
          .baselines = std::move(baselines),
          .image_scores = std::move(image_scores),
          .pictures = std::move(pictures),
          .model = model_facts(s.config.model, s.summary),
          .coverage = coverage_of(s),
          .data = data_facts(s.data, s.facts),
          .seconds = seconds,
          .peak_bytes = peak_bytes()};
}

}  // namespace trous::cli
