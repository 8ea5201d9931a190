#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include <trous/core/detail/json.h>
#include <trous/core/error.h>
#include <trous/data/file.h>
#include <trous/train/report/logs.h>
#include <trous/train/run_record.h>

namespace trous {
namespace {

using detail::JsonPlace;
using ordered_json = detail::Json;
using namespace report;

constexpr std::int64_t max_json_bytes = std::int64_t{1} << 26;
constexpr int max_depth = 32;
constexpr std::int64_t max_whole = std::int64_t{1} << 53;

// Parses an object from `file`, whose text begins on line `first_line`. Depth is limited, since what is
// nested is later walked by recursion.
ordered_json parse_object(std::string_view text, const std::string& file, std::int64_t first_line) {
  detail::ParsedJson parsed = detail::parse_json(text, max_depth);
  if (parsed.byte > 0) {
    const std::size_t end = std::min(parsed.byte - 1, text.size());
    const auto breaks = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '\n');
    refuse(file + " line " + std::to_string(first_line + breaks), "is no JSON");
  }
  if (!parsed.fault.empty()) refuse(file, parsed.fault);
  if (!parsed.value.is_object()) refuse(file + " line " + std::to_string(first_line), "holds no JSON object");
  return std::move(parsed.value);
}

ordered_json read_object(const std::string& path) {
  return parse_object(read_text(path, max_json_bytes), path, 1);
}

// A value of `file`, for errors as refuse() throws them.
JsonPlace place_in(const std::string& file, const ordered_json& value) {
  return {value, "read_run: " + file, "Write the file again."};
}

bool is_flat_list(const ordered_json& value) {
  return value.is_array() && std::none_of(value.begin(), value.end(),
                                          [](const ordered_json& item) { return item.is_structured(); });
}

void flatten(const ordered_json& value, const std::string& path, std::vector<Field>& fields) {
  if (value.is_object()) {
    for (const auto& [key, item] : value.items())
      flatten(item, path.empty() ? key : text(path, '.', key), fields);
  } else if (value.is_array() && !is_flat_list(value)) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      flatten(value[i], path + "[" + std::to_string(i) + "]", fields);
    }
  } else if (value.is_array()) {
    std::string items;
    for (const ordered_json& item : value) {
      items += (items.empty() ? "" : ", ") + (item.is_string() ? item.get<std::string>() : item.dump());
    }
    fields.push_back({path, items});
  } else {
    fields.push_back({path, value.is_string() ? value.get<std::string>() : value.dump()});
  }
}

// A folder of images has thousands of files; a page for people shows the first.
void shorten_files(ordered_json& environment) {
  constexpr std::size_t most = 50;
  const auto found = environment.find("files");
  if (found == environment.end() || !found->is_array() || found->size() <= most) return;
  const std::size_t more = found->size() - most;
  found->erase(found->begin() + most, found->end());
  found->push_back(text(more, " more are listed in environment.json"));
}

std::vector<Field> fields_of(const ordered_json& object) {
  std::vector<Field> fields;
  flatten(object, "", fields);
  return fields;
}

void read_events(const std::string& path, RunRecord& run) {
  if (!exists(path)) return;
  const std::string all = read_text(path);
  const std::vector<std::string_view> lines = finished_lines(all);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const ordered_json object = parse_object(lines[i], path, static_cast<std::int64_t>(i) + 1);
    const JsonPlace line = place_in(line_name(path, i), object);
    const std::string event = line["event"].string();
    const std::int64_t step = line["step"].whole();
    if (event == "step") {
      if (!run.steps.empty() && step <= run.steps.back().step) {
        refuse(line_name(path, i), text("has step ", step, " after step ", run.steps.back().step));
      }
      run.steps.push_back({.step = step,
                           .loss = line["loss"].number(),
                           .learning_rate = line["learning_rate"].number(),
                           .gradient_norm = line["gradient_norm"].number()});
    } else {
      if (line.has("chosen_by")) run.chosen_by = line["chosen_by"].parsed_by(parse_criterion, "criterion");
      run.events.push_back({.event = event,
                            .step = step,
                            .time = line.has("time") ? line["time"].string() : "",
                            .why = line.has("why") ? line["why"].string() : ""});
    }
  }
}

// So that a double holds every sum of them.
void check_sum(const JsonPlace& place, const std::vector<std::int64_t>& pixels) {
  std::int64_t left = max_whole;
  for (const std::int64_t count : pixels) left = count > left ? -1 : left - count;
  if (left < 0) place.fail("with a sum of more than 2^53 pixels");
}

ConfusionMatrix read_confusion(const JsonPlace& scores, std::size_t classes,
                               const std::vector<std::int32_t>& ignored) {
  const JsonPlace matrix = scores["confusion"];
  std::vector<std::int64_t> counts;
  const std::vector<JsonPlace> rows = matrix.items();
  if (rows.size() != classes) matrix.fail(text("with ", rows.size(), " rows for ", classes, " classes"));
  for (const JsonPlace& row : rows) {
    const std::vector<std::int64_t> cells = row.wholes();
    if (cells.size() != classes) row.fail(text("with ", cells.size(), " cells for ", classes, " classes"));
    counts.insert(counts.end(), cells.begin(), cells.end());
  }
  check_sum(matrix, counts);
  for (const std::int32_t c : ignored) {
    const auto row = counts.begin() + c * static_cast<std::ptrdiff_t>(classes);
    if (std::any_of(row, row + static_cast<std::ptrdiff_t>(classes), [](std::int64_t n) { return n > 0; }))
      matrix.fail(text("with pixels of class ", c, ", which is ignored"));
  }
  return ConfusionMatrix::from_counts(static_cast<std::int64_t>(classes), std::move(counts), ignored);
}

// Absent in results of older versions.
std::vector<std::int32_t> read_ignored(const JsonPlace& all, std::size_t classes) {
  std::vector<std::int32_t> ignored;
  if (!all.has("ignored")) return ignored;
  for (const std::int64_t c : all["ignored"].wholes()) {
    if (c >= static_cast<std::int64_t>(classes)) all["ignored"].fail(text("with class ", c, " of ", classes));
    ignored.push_back(static_cast<std::int32_t>(c));
  }
  return ignored;
}

// A number of pixels, or "all" where a side is that of the whole image.
std::optional<std::int64_t> read_side(const JsonPlace& side) {
  if (side.is("all")) return std::nullopt;
  return side.whole();
}

std::optional<ReceptiveField> read_receptive_field(const JsonPlace& owner) {
  if (!owner.has("receptive_field")) return std::nullopt;
  const std::vector<JsonPlace> sides = owner["receptive_field"].items();
  if (sides.size() != 2) owner["receptive_field"].fail(text("with ", sides.size(), " numbers instead of 2"));
  return ReceptiveField{read_side(sides[0]), read_side(sides[1])};
}

std::optional<std::int64_t> read_multiply_adds(const JsonPlace& owner) {
  const JsonPlace place = owner["multiply_adds"];  // throws where it is missing; null is unknown
  return owner.has("multiply_adds") ? std::optional(place.whole()) : std::nullopt;
}

std::vector<BoxFacts> read_graph(const JsonPlace& model) {
  std::vector<BoxFacts> boxes;
  if (!model.has("graph")) return boxes;
  for (const JsonPlace& box : model["graph"].items()) {
    BoxFacts facts{.name = box["name"].string(),
                   .ops = box["ops"].strings(),
                   .output = box["output"].wholes(),
                   .from = {}};
    for (const std::int64_t from : box["from"].wholes()) {
      if (from >= std::ssize(boxes)) box["from"].fail(text("with box ", from, ", which is not before it"));
      facts.from.push_back(static_cast<std::size_t>(from));
    }
    boxes.push_back(std::move(facts));
  }
  return boxes;
}

ModelFacts read_model(const JsonPlace& model) {
  ModelFacts facts{.name = model["name"].string(),
                   .input = model["input"].wholes(),
                   .parameters = model["parameters"].whole(),
                   .multiply_adds = read_multiply_adds(model),
                   .receptive_field = read_receptive_field(model),
                   .layers = {},
                   .graph = read_graph(model)};
  for (const JsonPlace& layer : model["layers"].items()) {
    facts.layers.push_back({.path = layer["path"].string(),
                            .kind = layer["kind"].string(),
                            .output = layer["output"].wholes(),
                            .parameters = layer["parameters"].whole(),
                            .multiply_adds = read_multiply_adds(layer),
                            .receptive_field = read_receptive_field(layer)});
  }
  return facts;
}

// Of an image of `input` [n, h, w, c].
CoverageFacts read_coverage(const JsonPlace& all, const JsonPlace& input) {
  const std::vector<std::int64_t> image = input.wholes(), pixel = all["pixel"].wholes();
  if (image.size() != 4) input.fail(text("with ", image.size(), " numbers instead of 4"));
  if (pixel.size() != 2) all["pixel"].fail(text("with ", pixel.size(), " numbers instead of 2"));
  CoverageFacts facts{.row = pixel[0],
                      .column = pixel[1],
                      .top = all["top"].whole(),
                      .left = all["left"].whole(),
                      .height = all["height"].whole(),
                      .width = all["width"].whole(),
                      .map = all["map"].strings()};
  if (facts.row >= image[1] || facts.column >= image[2] || facts.top + facts.height > image[1] ||
      facts.left + facts.width > image[2]) {
    all.fail(text("beyond an input of ", image[1], 'x', image[2]));
  }
  const bool sound =
      std::ssize(facts.map) == facts.height &&
      std::all_of(facts.map.begin(), facts.map.end(), [&](const std::string& row) {
        return std::ssize(row) == facts.width && row.find_first_not_of("#.") == std::string::npos;
      });
  if (!sound) {
    all["map"].fail(text("which is not ", facts.height, " strings of ", facts.width, " times # or ."));
  }
  return facts;
}

SplitFacts read_split(const JsonPlace& split, std::size_t classes) {
  SplitFacts facts{.samples = split["samples"].whole(),
                   .class_pixels = split["class_pixels"].wholes(),
                   .unknown_pixels = split.has("unknown_pixels") ? split["unknown_pixels"].whole() : 0,
                   .images_with_class = split["images_with_class"].wholes()};
  check_sum(split["class_pixels"], facts.class_pixels);
  for (const char* name : {"class_pixels", "images_with_class"}) {
    const std::size_t count = split[name].items().size();
    if (count != classes) split[name].fail(text("with ", count, " numbers for ", classes, " classes"));
  }
  return facts;
}

DataFacts read_data(const JsonPlace& data, std::size_t classes) {
  const JsonPlace shared = data["shared"];
  return {.name = data["name"].string(),
          .source = data["source"].string(),
          .image = data["image"].wholes(),
          .train = read_split(data["train"], classes),
          .validation = read_split(data["validation"], classes),
          .test = read_split(data["test"], classes),
          .train_validation = shared["train_validation"].whole(),
          .train_test = shared["train_test"].whole(),
          .validation_test = shared["validation_test"].whole()};
}

std::vector<std::int64_t> read_picture_numbers(const JsonPlace& numbers, std::size_t images) {
  std::vector<std::int64_t> result = numbers.wholes();
  for (const std::int64_t number : result) {
    if (number >= static_cast<std::int64_t>(images)) {
      numbers.fail(text("with image ", number, " of ", images));
    }
  }
  return result;
}

RunResults read_results(const JsonPlace& all) {
  RunResults results{.split = all["split"].string(),
                     .step = all["step"].whole(),
                     .steps = all["steps"].whole(),
                     .stopped = all["stopped"].string(),
                     .classes = all["classes"].strings(),
                     .baselines = {},
                     .image_scores = {},
                     .pictures = {},
                     .model = read_model(all["model"]),
                     .coverage = std::nullopt,
                     .data = {},
                     .seconds = all["seconds"].number(),
                     .peak_bytes = all["peak_bytes"].whole()};
  const std::size_t classes = results.classes.size();
  if (classes < 1 || classes > 255) all["classes"].fail(text("with ", classes, " names; 1 to 255 are read"));
  if (all.has("coverage")) results.coverage = read_coverage(all["coverage"], all["model"]["input"]);
  results.data = read_data(all["data"], classes);
  const std::vector<std::int32_t> ignored = read_ignored(all, classes);
  results.scores = read_confusion(all["scores"], classes, ignored);
  for (const JsonPlace& baseline : all["baselines"].items()) {
    results.baselines.push_back({baseline["name"].string(), read_confusion(baseline, classes, ignored)});
  }
  for (const JsonPlace& score : all["image_scores"].items()) {
    const double number = score.number();
    results.image_scores.push_back(std::isfinite(number) ? std::optional(number) : std::nullopt);
  }
  const JsonPlace pictures = all["pictures"];
  const std::size_t images = results.image_scores.size();
  results.pictures = {.best = read_picture_numbers(pictures["best"], images),
                      .median = read_picture_numbers(pictures["median"], images),
                      .worst = read_picture_numbers(pictures["worst"], images)};
  return results;
}

}  // namespace

std::optional<std::string> find_field(const std::vector<Field>& fields, const std::string& name) {
  for (const Field& field : fields) {
    if (field.name == name) return field.value;
  }
  return std::nullopt;
}

RunRecord read_run(const std::string& folder) {
  const std::string base = folder + "/";
  if (!exists(base + "config.json")) {
    throw FileError(text("read_run: ", folder,
                         " is no run folder. It has no config.json. Give what "
                         "trous train --out made."));
  }
  const ordered_json config = read_object(base + "config.json");
  ordered_json environment = read_object(base + "environment.json");
  shorten_files(environment);
  RunRecord run{.folder = folder,
                .config = fields_of(config),
                .environment = fields_of(environment),
                .metrics = read_metrics(base + "metrics.csv"),
                .steps = {},
                .events = {},
                .chosen_by = Criterion::foreground_iou,
                .results = std::nullopt,
                .json = ""};
  read_events(base + "events.jsonl", run);
  ordered_json copy{{"config", config}, {"environment", environment}};
  if (exists(base + "results.json")) {
    ordered_json results = read_object(base + "results.json");
    const JsonPlace all = place_in(base + "results.json", results);
    run.results = read_results(all);
    if (all.has("chosen_by")) run.chosen_by = all["chosen_by"].parsed_by(parse_criterion, "criterion");
    if (run.results->image_scores.size() > 5000) results.erase("image_scores");
    const auto& seen = run.results->coverage;
    if (seen && seen->height * seen->width > 250 * 250) results["coverage"].erase("map");
    copy["results"] = std::move(results);
  }
  run.json = detail::dump_json(copy);
  return run;
}

}  // namespace trous
