#include <cmath>
#include <utility>

#include <trous/core/error.h>
#include <trous/run/detail/facts_json.h>
#include <trous/run/detail/results_json.h>

namespace trous::detail {
namespace {

// The numbers of pictured images, each less than `images`.
std::vector<std::int64_t> pictured_from(const JsonPlace& numbers, std::size_t images) {
  std::vector<std::int64_t> result = numbers.wholes();
  for (const std::int64_t number : result) {
    if (number >= static_cast<std::int64_t>(images)) {
      numbers.fail(text("with image ", number, " of ", images));
    }
  }
  return result;
}

// A pixel of the image for each of the worst images.
std::vector<PixelPlace> places_from(const JsonPlace& all, const RunResults& results) {
  std::vector<PixelPlace> result;
  const std::vector<std::int64_t>& image = results.data.image;
  if (image.size() != 3) all.fail(text("with places in an image of ", image.size(), " numbers instead of 3"));
  for (const JsonPlace& one : all.items()) {
    const std::vector<std::int64_t> place = one.wholes();
    if (place.size() != 2) one.fail(text("with ", place.size(), " numbers instead of 2"));
    if (place[0] >= image[0] || place[1] >= image[1]) {
      one.fail(text("with row ", place[0], ", column ", place[1], " of an image of ", image[0], " rows and ",
                    image[1], " columns"));
    }
    result.push_back({place[0], place[1]});
  }
  const std::size_t worst = results.pictures.worst.size();
  if (result.size() != worst) all.fail(text("with ", result.size(), " places for ", worst, " images"));
  return result;
}

// The scores of masks follow from their matrix, which is all that is written of them.
Json json_of_scores(const ScoreFacts& scores, bool of_masks) {
  Json all = Json::object();
  if (!of_masks) {
    all["numbers"] = Json::array();
    for (const Score& score : scores.all)
      all["numbers"].push_back({{"name", score.name}, {"value", or_null(score.value)}});
  }
  if (scores.confusion) all["confusion"] = detail::json_of(*scores.confusion);
  for (const CalibrationBin& bin : scores.calibration)
    all["calibration"].push_back({bin.count, or_null(bin.confidence), or_null(bin.accuracy)});
  for (const TruthAndPrediction& pair : scores.pairs) all["pairs"].push_back({pair.truth, pair.prediction});
  return all;
}

std::optional<double> unless_nan(const JsonPlace& place) {
  const double number = place.number();
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

CalibrationBin bin_from(const JsonPlace& place) {
  const std::vector<JsonPlace> parts = place.items();
  if (parts.size() != 3) place.fail(text("with ", parts.size(), " numbers instead of 3"));
  return {.count = parts[0].whole(), .confidence = unless_nan(parts[1]), .accuracy = unless_nan(parts[2])};
}

TruthAndPrediction pair_from(const JsonPlace& place) {
  const std::vector<JsonPlace> parts = place.items();
  if (parts.size() != 2) place.fail(text("with ", parts.size(), " numbers instead of 2"));
  return {parts[0].number(), parts[1].number()};
}

ScoreFacts scores_from(const JsonPlace& all, const RunResults& results,
                       const std::vector<std::int32_t>& ignored) {
  const std::size_t classes = results.classes.size();
  if (results.of_masks()) return score_facts(confusion_from(all["confusion"], classes, ignored));
  ScoreFacts scores;
  for (const JsonPlace& score : all["numbers"].items())
    scores.all.push_back({score["name"].string(), unless_nan(score["value"])});
  if (all.has("confusion")) scores.confusion = confusion_from(all["confusion"], classes, ignored);
  if (all.has("calibration")) {
    for (const JsonPlace& bin : all["calibration"].items()) scores.calibration.push_back(bin_from(bin));
  }
  if (all.has("pairs")) {
    for (const JsonPlace& pair : all["pairs"].items()) scores.pairs.push_back(pair_from(pair));
  }
  return scores;
}

Criterion leading_from(const JsonPlace& leading) {
  const Better better = leading["better"].string() == "lower" ? Better::lower : Better::higher;
  return leading["score"].parsed_by(
      [&](std::string_view word) { return Criterion::score(std::string(word), better); }, "score");
}

}  // namespace

Json json_of(const RunResults& results) {
  Json baselines = Json::array(), image_scores = Json::array();
  for (const NamedScores& baseline : results.baselines) {
    Json one{{"name", baseline.name}};
    one.update(json_of_scores(baseline.scores, results.of_masks()));
    baselines.push_back(std::move(one));
  }
  for (const std::optional<double>& score : results.image_scores) image_scores.push_back(or_null(score));
  Json all{{"split", results.split},
           {"step", results.step},
           {"steps", results.steps},
           {"stopped", results.stopped}};
  if (results.chosen_by) all["chosen_by"] = name(*results.chosen_by);
  if (!results.of_masks()) {
    all["task"] = results.task;
    all["leading"] = {{"score", name(results.leading)},
                      {"better", results.leading.better() == Better::lower ? "lower" : "higher"}};
  }
  all["classes"] = results.classes;
  if (results.scores.confusion) all["ignored"] = ignored_json(*results.scores.confusion);
  all["scores"] = json_of_scores(results.scores, results.of_masks());
  all["baselines"] = baselines;
  all["image_scores"] = image_scores;
  all["pictures"] = {{"best", results.pictures.best},
                     {"median", results.pictures.median},
                     {"worst", results.pictures.worst}};
  for (const PixelPlace& place : results.pictures.worst_places)
    all["pictures"]["worst_places"].push_back({place.row, place.column});
  for (const auto& [image, words] : results.pictures.words)
    all["pictures"]["words"].push_back({{"image", image}, {"words", words}});
  all["model"] = json_of(results.model);
  all["data"] = json_of(results.data);
  all["seconds"] = results.seconds;
  all["peak_bytes"] = results.peak_bytes;
  if (results.coverage) all["coverage"] = json_of(*results.coverage);
  return all;
}

RunResults results_from(const JsonPlace& all) {
  RunResults results{.split = all["split"].string(),
                     .step = all["step"].whole(),
                     .steps = all["steps"].whole(),
                     .stopped = all["stopped"].string(),
                     .chosen_by = std::nullopt,
                     .classes = all["classes"].strings(),
                     .baselines = {},
                     .image_scores = {},
                     .pictures = {},
                     .model = model_from(all["model"]),
                     .coverage = std::nullopt,
                     .data = {},
                     .seconds = all["seconds"].number(),
                     .peak_bytes = all["peak_bytes"].whole()};
  const std::size_t classes = results.classes.size();
  if (all.has("task")) results.task = all["task"].string();
  if (all.has("leading")) results.leading = leading_from(all["leading"]);
  if (results.of_masks() && (classes < 1 || classes > 255))
    all["classes"].fail(text("with ", classes, " names; 1 to 255 are read"));
  if (all.has("coverage")) results.coverage = coverage_from(all["coverage"], all["model"]["input"]);
  results.data = data_from(all["data"], classes);
  std::vector<std::int32_t> ignored;  // absent in results of older versions
  if (all.has("ignored")) ignored = ignored_from(all["ignored"], classes);
  if (all.has("chosen_by"))
    results.chosen_by =
        all["chosen_by"].parsed_by([](std::string_view word) { return parse_criterion(word); }, "criterion");
  results.scores = scores_from(all["scores"], results, ignored);
  for (const JsonPlace& baseline : all["baselines"].items()) {
    results.baselines.push_back({baseline["name"].string(), scores_from(baseline, results, ignored)});
  }
  for (const JsonPlace& score : all["image_scores"].items()) {
    const double number = score.number();
    results.image_scores.push_back(std::isfinite(number) ? std::optional(number) : std::nullopt);
  }
  const JsonPlace pictures = all["pictures"];
  const std::size_t images = results.image_scores.size();
  results.pictures = {.best = pictured_from(pictures["best"], images),
                      .median = pictured_from(pictures["median"], images),
                      .worst = pictured_from(pictures["worst"], images)};
  if (pictures.has("worst_places"))  // absent where images are shown whole, and in results of older versions
    results.pictures.worst_places = places_from(pictures["worst_places"], results);
  if (pictures.has("words")) {
    for (const JsonPlace& one : pictures["words"].items())
      results.pictures.words[one["image"].whole()] = one["words"].string();
  }
  return results;
}

}  // namespace trous::detail
