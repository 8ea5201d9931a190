#include <algorithm>
#include <iomanip>
#include <sstream>

#include <trous/cli/environment.h>
#include <trous/cli/finish.h>
#include <trous/cli/output.h>
#include <trous/cli/tell.h>
#include <trous/core/detail/json.h>
#include <trous/core/error.h>
#include <trous/data/palette.h>
#include <trous/data/picture.h>
#include <trous/data/png.h>
#include <trous/train/evaluate.h>

namespace trous::cli {
namespace {

// Four samples, spread over the set: neighbours may be much alike.
std::vector<std::int64_t> fixed_samples(const Dataset& data) {
  const std::int64_t count = std::min<std::int64_t>(4, data.size);
  std::vector<std::int64_t> indices;
  for (std::int64_t k = 0; k < count; ++k) indices.push_back((2 * k + 1) * data.size / (2 * count));
  return indices;
}

Tensor prediction_of(const AnyLayer& net, const Dataset& data, std::int64_t i) {
  const Tensor labels = predict(net, make_batch(data, {{i}}).images);
  return labels.reshaped({labels.shape()[1], labels.shape()[2]});
}

void write_panel(const std::string& path, const AnyLayer& net, const Dataset& data,
                 const std::vector<std::int64_t>& indices, bool errors) {
  std::vector<Sample> samples;
  std::vector<Tensor> predictions;
  for (const std::int64_t i : indices) {
    samples.push_back(checked_sample(data, i));
    predictions.push_back(prediction_of(net, data, i));
  }
  write_png(path, prediction_panel(samples, predictions, {.errors = errors}));
}

}  // namespace

Picks pick(const std::vector<ConfusionMatrix>& images) {
  std::vector<std::optional<double>> scores;
  for (const ConfusionMatrix& one : images) scores.push_back(one.mean_iou(1));
  std::vector<std::int64_t> ordered;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (scores[i]) ordered.push_back(static_cast<std::int64_t>(i));
  }
  const auto at = [&](std::int64_t i) { return *scores[static_cast<std::size_t>(i)]; };
  std::stable_sort(ordered.begin(), ordered.end(), [&](auto a, auto b) { return at(a) > at(b); });
  const auto some = std::min<std::ptrdiff_t>(4, std::ssize(ordered));
  const auto middle = ordered.begin() + (std::ssize(ordered) - some) / 2;
  return {{ordered.begin(), ordered.begin() + some},
          {middle, middle + some},
          {ordered.rbegin(), ordered.rbegin() + some}};
}

void write_pictures(const std::string& path, const AnyLayer& net, const Dataset& data,
                    const std::vector<std::int64_t>& samples) {
  if (!samples.empty()) write_panel(path, net, data, samples, true);
}

void write_fixed(const RunFolder& folder, const Dataset& data) {
  std::vector<Sample> samples;
  for (const std::int64_t i : fixed_samples(data)) samples.push_back(checked_sample(data, i));
  write_png(folder.file("samples/fixed.png"), sample_panel(samples, {.scale = 1, .gap = 0, .margin = 0}));
}

void write_progress_pictures(const RunFolder& folder, const AnyLayer& net, const Dataset& data,
                             std::int64_t step) {
  const std::vector<std::int64_t> indices = fixed_samples(data);
  write_panel(folder.file(numbered("samples/step_", step)), net, data, indices, false);
  const std::int64_t height = data.image_shape[0], width = data.image_shape[1];
  std::vector<std::int32_t> labels;
  for (const std::int64_t i : indices) {
    const std::vector<std::int32_t> one = prediction_of(net, data, i).to_vector<std::int32_t>();
    labels.insert(labels.end(), one.begin(), one.end());
  }
  const Tensor stacked({static_cast<std::int64_t>(indices.size()) * height, width}, labels);
  write_indexed_png(folder.file(numbered("samples/labels_", step)), stacked, class_palette());
}

void write_results(const RunFolder& folder, const TrainConfig& config, const Splits& data,
                   const Survey& facts, const Summary& summary, const std::optional<Coverage>& seen,
                   const std::vector<Baseline>& baselines, const SplitScores& scores, const Picks& picks,
                   const RunOutcome& outcome) {
  using Json = nlohmann::ordered_json;
  Json beside = Json::array(), images = Json::array();
  for (const Baseline& baseline : baselines)
    beside.push_back({{"name", baseline.name}, {"confusion", json_of(baseline.scores)}});
  for (const ConfusionMatrix& one : scores.images) images.push_back(detail::or_null(one.mean_iou(1)));
  Json results{{"split", "test"},
               {"step", outcome.step},
               {"steps", outcome.steps},
               {"stopped", outcome.stopped},
               {"chosen_by", name(outcome.chosen_by)},
               {"classes", data.test.classes},
               {"ignored", ignored_of(scores.all)},
               {"scores", {{"confusion", json_of(scores.all)}}},
               {"baselines", beside},
               {"image_scores", images},
               {"pictures", {{"best", picks.best}, {"median", picks.median}, {"worst", picks.worst}}},
               {"model", json_of(summary, config.model)},
               {"data", json_of(data, facts)},
               {"seconds", outcome.seconds},
               {"peak_bytes", peak_bytes()}};
  if (seen) results["coverage"] = json_of(*seen);
  write_text(folder.file("results.json"), detail::dump_json(results, 1) + '\n');
}

}  // namespace trous::cli
