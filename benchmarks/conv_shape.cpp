#include <algorithm>
#include <fstream>
#include <set>

#include <nlohmann/json.hpp>

#include <trous/benchmarks/conv_shape.h>
#include <trous/core/error.h>

namespace trous::benchmarks {
namespace {

using Json = nlohmann::json;

PerAxis per_axis(const Json& json) {
  if (json.is_array()) return {json.at(0).get<std::int64_t>(), json.at(1).get<std::int64_t>()};
  return json.get<std::int64_t>();
}

// SAME pads to keep the size, which is even on both sides only at stride 1 and with an odd reach.
ExplicitPadding padding_of(const Json& json, const ConvShape& shape) {
  if (json == "VALID") return {};
  if (json == "SAME") {
    const std::int64_t high = (shape.kernel.height - 1) * shape.rate.height;
    const std::int64_t wide = (shape.kernel.width - 1) * shape.rate.width;
    if (shape.stride.height != 1 || shape.stride.width != 1 || high % 2 || wide % 2) {
      throw ArgumentError(text("shapes.json: ", shape.name,
                               " is SAME with a stride or an even reach, which not all libraries have. Give "
                               "[top, bottom, left, right]."));
    }
    return {high / 2, high / 2, wide / 2, wide / 2};
  }
  const auto sides = json.get<std::vector<std::int64_t>>();
  if (sides.size() != 4 || sides[0] != sides[1] || sides[2] != sides[3]) {
    throw ArgumentError(text("shapes.json: ", shape.name, " has a padding that is not even on both sides."));
  }
  return {sides[0], sides[1], sides[2], sides[3]};
}

ConvShape shape_of(const Json& json) {
  const std::string dtype = json.at("dtype");
  ConvShape shape{.name = json.at("name"),
                  .net = json.at("net"),
                  .layer = json.at("layer"),
                  .n = json.at("n"),
                  .h = json.at("h"),
                  .w = json.at("w"),
                  .in = json.at("in"),
                  .out = json.at("out"),
                  .kernel = per_axis(json.at("kernel")),
                  .rate = per_axis(json.at("rate")),
                  .stride = per_axis(json.at("stride")),
                  .padding = {},
                  .dtype = dtype == "float64" ? DType::float64 : DType::float32,
                  .channel_groups = json.value("channel_groups", 1),
                  .groups = json.at("groups")};
  shape.padding = padding_of(json.at("padding"), shape);
  const std::int64_t groups = shape.channel_groups;
  if (groups < 1 || shape.in % groups != 0 || shape.out % groups != 0) {
    throw ArgumentError(text("shapes.json: ", shape.name, " has ", groups, " groups of ", shape.in,
                             " and of ", shape.out, " channels. Both must be multiples of the groups."));
  }
  if (shape.height().out < 1 || shape.width().out < 1) {
    throw ArgumentError(text("shapes.json: ", shape.name, " has no window inside its image."));
  }
  return shape;
}

WindowAxis axis(std::int64_t in, std::int64_t taps, std::int64_t stride, std::int64_t rate,
                std::int64_t before) {
  const std::int64_t reach = in + 2 * before - (taps - 1) * rate - 1;
  return {in, reach < 0 ? 0 : reach / stride + 1, taps, stride, rate, before};
}

}  // namespace

bool ConvShape::in_group(const std::string& group) const {
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

WindowAxis ConvShape::height() const {
  return axis(h, kernel.height, stride.height, rate.height, padding.top);
}

WindowAxis ConvShape::width() const { return axis(w, kernel.width, stride.width, rate.width, padding.left); }

Conv2dOptions ConvShape::options() const {
  return {.stride = {stride.height, stride.width},
          .rate = {rate.height, rate.width},
          .padding = padding,
          .groups = channel_groups};
}

double ConvShape::operations() const {
  return 2.0 * static_cast<double>(n * in_of_group() * out) * static_cast<double>(reads_inside(height())) *
         static_cast<double>(reads_inside(width()));
}

double ConvShape::nominal_operations() const {
  return 2.0 * static_cast<double>(n * in_of_group() * out) * static_cast<double>(reads_nominal(height())) *
         static_cast<double>(reads_nominal(width()));
}

std::vector<ConvShape> load_shapes(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw FileError(text(path, ": it cannot be read. Give --shapes benchmarks/shapes.json."));
  std::vector<ConvShape> shapes;
  std::set<std::string> names;
  const Json json = Json::parse(file);
  for (const Json& line : json.at("shapes")) {
    shapes.push_back(shape_of(line));
    if (!names.insert(shapes.back().name).second) {
      throw ArgumentError(text("shapes.json: ", shapes.back().name, " stands there twice."));
    }
  }
  return shapes;
}

}  // namespace trous::benchmarks
