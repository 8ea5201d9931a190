#include <algorithm>
#include <optional>

#include <trous/core/error.h>
#include <trous/run/detail/facts_json.h>

namespace trous::detail {
namespace {

constexpr std::int64_t max_pixels = std::int64_t{1} << 53;

void check_sum(const JsonPlace& place, const std::vector<std::int64_t>& pixels) {
  std::int64_t left = max_pixels;
  for (const std::int64_t count : pixels) left = count > left ? -1 : left - count;
  if (left < 0) place.fail("with a sum of more than 2^53 pixels");
}

Json number_or_null(const std::optional<std::int64_t>& number) {
  return number ? Json(*number) : Json(nullptr);
}

std::optional<std::int64_t> multiply_adds_from(const JsonPlace& owner) {
  const JsonPlace place = owner["multiply_adds"];  // throws where it is missing; null is unknown
  return owner.has("multiply_adds") ? std::optional(place.whole()) : std::nullopt;
}

// A side of a receptive field that is the whole image's is "all".
Json side_json(const std::optional<std::int64_t>& pixels) { return pixels ? Json(*pixels) : Json("all"); }

std::optional<std::int64_t> side_from(const JsonPlace& side) {
  if (side.is("all")) return std::nullopt;
  return side.whole();
}

Json field_json(const std::optional<ReceptiveField>& field) {
  if (!field) return nullptr;
  return {side_json(field->height), side_json(field->width)};
}

std::optional<ReceptiveField> field_from(const JsonPlace& owner) {
  if (!owner.has("receptive_field")) return std::nullopt;
  const std::vector<JsonPlace> sides = owner["receptive_field"].items();
  if (sides.size() != 2) owner["receptive_field"].fail(text("with ", sides.size(), " numbers instead of 2"));
  return ReceptiveField{side_from(sides[0]), side_from(sides[1])};
}

Json json_of(const LayerFacts& layer) {
  return {{"path", layer.path},
          {"kind", layer.kind},
          {"output", layer.output},
          {"parameters", layer.parameters},
          {"multiply_adds", number_or_null(layer.multiply_adds)},
          {"receptive_field", field_json(layer.receptive_field)}};
}

LayerFacts layer_from(const JsonPlace& layer) {
  return {.path = layer["path"].string(),
          .kind = layer["kind"].string(),
          .output = layer["output"].wholes(),
          .parameters = layer["parameters"].whole(),
          .multiply_adds = multiply_adds_from(layer),
          .receptive_field = field_from(layer)};
}

Json json_of(const BoxFacts& box) {
  return {{"name", box.name},
          {"ops", box.ops},
          {"output", box.output},
          {"receptive_field", field_json(box.receptive_field)},
          {"from", box.from}};
}

// The box that has `before` boxes before it in the list.
BoxFacts box_from(const JsonPlace& box, std::int64_t before) {
  BoxFacts facts{.name = box["name"].string(),
                 .ops = box["ops"].strings(),
                 .output = box["output"].wholes(),
                 .from = {},
                 .receptive_field = field_from(box)};
  for (const std::int64_t from : box["from"].wholes()) {
    if (from >= before) box["from"].fail(text("with box ", from, ", which is not before it"));
    facts.from.push_back(static_cast<std::size_t>(from));
  }
  return facts;
}

Json json_of(const SplitFacts& facts) {
  return {{"samples", facts.samples},
          {"class_pixels", facts.class_pixels},
          {"unknown_pixels", facts.unknown_pixels},
          {"images_with_class", facts.images_with_class}};
}

SplitFacts split_from(const JsonPlace& split, std::size_t classes) {
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

}  // namespace

Json json_of(const ConfusionMatrix& scores) {
  Json rows = Json::array();
  for (std::int64_t t = 0; t < scores.classes(); ++t) {
    Json row = Json::array();
    for (std::int64_t p = 0; p < scores.classes(); ++p) row.push_back(scores.count(t, p));
    rows.push_back(row);
  }
  return rows;
}

ConfusionMatrix confusion_from(const JsonPlace& matrix, std::size_t classes,
                               const std::vector<std::int32_t>& ignored) {
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

Json ignored_json(const ConfusionMatrix& scores) {
  Json ignored = Json::array();
  for (std::int64_t c = 0; c < scores.classes(); ++c) {
    if (scores.ignores(c)) ignored.push_back(c);
  }
  return ignored;
}

std::vector<std::int32_t> ignored_from(const JsonPlace& numbers, std::size_t classes) {
  std::vector<std::int32_t> ignored;
  for (const std::int64_t c : numbers.wholes()) {
    if (c >= static_cast<std::int64_t>(classes)) numbers.fail(text("with class ", c, " of ", classes));
    ignored.push_back(static_cast<std::int32_t>(c));
  }
  return ignored;
}

Json json_of(const ModelFacts& facts) {
  Json layers = Json::array(), graph = Json::array();
  for (const LayerFacts& layer : facts.layers) layers.push_back(json_of(layer));
  for (const BoxFacts& box : facts.graph) graph.push_back(json_of(box));
  Json model{{"name", facts.name},
             {"input", facts.input},
             {"parameters", facts.parameters},
             {"multiply_adds", number_or_null(facts.multiply_adds)},
             {"receptive_field", field_json(facts.receptive_field)},
             {"layers", layers},
             {"graph", graph}};
  if (!facts.output.empty()) model["output"] = facts.output;  // older versions did not write it
  return model;
}

ModelFacts model_from(const JsonPlace& model) {
  ModelFacts facts{.name = model["name"].string(),
                   .input = model["input"].wholes(),
                   .parameters = model["parameters"].whole(),
                   .multiply_adds = multiply_adds_from(model),
                   .receptive_field = field_from(model),
                   .layers = {},
                   .graph = {}};
  for (const JsonPlace& layer : model["layers"].items()) facts.layers.push_back(layer_from(layer));
  if (model.has("output")) facts.output = model["output"].wholes();
  if (!model.has("graph")) return facts;  // as older versions wrote it
  for (const JsonPlace& box : model["graph"].items())
    facts.graph.push_back(box_from(box, std::ssize(facts.graph)));
  return facts;
}

Json json_of(const CoverageFacts& facts) {
  return {{"pixel", {facts.row, facts.column}},
          {"top", facts.top},
          {"left", facts.left},
          {"height", facts.height},
          {"width", facts.width},
          {"share", facts.share()},
          {"map", facts.map}};
}

CoverageFacts coverage_from(const JsonPlace& all, const JsonPlace& input) {
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

Json json_of(const DataFacts& facts) {
  return {{"name", facts.name},
          {"source", facts.source},
          {"image", facts.image},
          {"train", json_of(facts.train)},
          {"validation", json_of(facts.validation)},
          {"test", json_of(facts.test)},
          {"shared",
           {{"train_validation", facts.train_validation},
            {"train_test", facts.train_test},
            {"validation_test", facts.validation_test}}}};
}

DataFacts data_from(const JsonPlace& data, std::size_t classes) {
  const JsonPlace shared = data["shared"];
  return {.name = data["name"].string(),
          .source = data["source"].string(),
          .image = data["image"].wholes(),
          .train = split_from(data["train"], classes),
          .validation = split_from(data["validation"], classes),
          .test = split_from(data["test"], classes),
          .train_validation = shared["train_validation"].whole(),
          .train_test = shared["train_test"].whole(),
          .validation_test = shared["validation_test"].whole()};
}

}  // namespace trous::detail
