#include <cmath>

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

}  // namespace

Json json_of(const RunResults& results) {
  Json baselines = Json::array(), image_scores = Json::array();
  for (const NamedScores& baseline : results.baselines)
    baselines.push_back({{"name", baseline.name}, {"confusion", json_of(baseline.scores)}});
  for (const std::optional<double>& score : results.image_scores) image_scores.push_back(or_null(score));
  Json all{{"split", results.split},
           {"step", results.step},
           {"steps", results.steps},
           {"stopped", results.stopped}};
  if (results.chosen_by) all["chosen_by"] = name(*results.chosen_by);
  all["classes"] = results.classes;
  all["ignored"] = ignored_json(results.scores);
  all["scores"] = {{"confusion", json_of(results.scores)}};
  all["baselines"] = baselines;
  all["image_scores"] = image_scores;
  all["pictures"] = {{"best", results.pictures.best},
                     {"median", results.pictures.median},
                     {"worst", results.pictures.worst}};
  for (const PixelPlace& place : results.pictures.worst_places)
    all["pictures"]["worst_places"].push_back({place.row, place.column});
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
  if (classes < 1 || classes > 255) all["classes"].fail(text("with ", classes, " names; 1 to 255 are read"));
  if (all.has("coverage")) results.coverage = coverage_from(all["coverage"], all["model"]["input"]);
  results.data = data_from(all["data"], classes);
  std::vector<std::int32_t> ignored;  // absent in results of older versions
  if (all.has("ignored")) ignored = ignored_from(all["ignored"], classes);
  if (all.has("chosen_by"))
    results.chosen_by =
        all["chosen_by"].parsed_by([](std::string_view word) { return parse_criterion(word); }, "criterion");
  results.scores = confusion_from(all["scores"]["confusion"], classes, ignored);
  for (const JsonPlace& baseline : all["baselines"].items()) {
    results.baselines.push_back(
        {baseline["name"].string(), confusion_from(baseline["confusion"], classes, ignored)});
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
  return results;
}

}  // namespace trous::detail
