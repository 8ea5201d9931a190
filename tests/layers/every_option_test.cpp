// No option is accepted and ignored: each changes what a layer is made of or what it does, or is refused.
#include <map>
#include <optional>
#include <regex>
#include <set>

#include <gtest/gtest.h>

#include <trous/layers/from_json.h>

#include "layers/toys.h"

namespace trous {
namespace {

using Options = std::map<std::string, std::string>;
using Numbers = std::vector<double>;

// Other values of each option; of a pair one for each axis.
const std::map<std::string, std::vector<std::string>> others{
    {"activation", {"\"silu\"", "\"leaky_relu\""}},
    {"alpha", {"0.5"}},
    {"bias", {"true", "false"}},
    {"block", {"[2, 1]", "[1, 2]"}},
    {"channels", {"3"}},
    {"classes", {"4"}},
    {"epsilon", {"1"}},
    {"first_slope", {"0.5"}},
    {"groups", {"2"}},
    {"in_channels", {"3"}},
    {"in_features", {"3"}},
    {"initializer", {"\"ones\""}},
    {"kernel", {"[3, 2]", "[2, 3]"}},
    {"momentum", {"0.5"}},
    {"multiplier", {"2"}},
    {"norm", {"\"group\"", "\"instance\"", "\"layer\""}},
    {"out_channels", {"6"}},
    {"out_features", {"4"}},
    {"padding", {"\"SAME\"", "\"VALID\"", "[[1, 1], [1, 0]]", "[[1, 1], [0, 1]]"}},
    {"probability", {"0.25"}},
    {"rate", {"[2, 1]", "[1, 2]"}},
    {"reduction", {"1"}},
    {"scale", {"[3, 2]", "[2, 3]"}},
    {"slope", {"0.5"}},
    {"stride", {"[3, 1]", "[1, 3]"}},
    {"width", {"3"}},
    {"window", {"[3, 2]", "[2, 3]"}}};

std::string description(const std::string& layer, const Options& options) {
  std::string written;
  for (const auto& [key, value] : options)
    written += (written.empty() ? "\"" : ", \"") + key + "\": " + value;
  return R"({"layers": [{"conv2d": {"in_channels": 1, "out_channels": 4}}, {")" + layer + "\": {" + written +
         "}}]}";
}

Options needed_options(const std::string& layer) {
  if (layer == "depthwise_conv2d") return {};
  if (layer.find("conv2d") != std::string::npos) return {{"out_channels", "4"}};
  if (layer == "dense") return {{"out_features", "3"}};
  return {};
}

// The layer's options as they are when nothing is said; none where it takes none.
Options resolved(const std::string& layer) {
  const std::string all = resolved_description(description(layer, needed_options(layer)));
  const std::string begin = "{\"" + layer + "\":{";
  const std::size_t at = all.rfind(begin);
  Options options;
  if (at == std::string::npos) return options;
  const std::string own = all.substr(at + begin.size());
  const std::regex pair(R"re("(\w+)":((?:"[^"]*"|\[[^\]]*\]|[^,}\]])+))re");
  for (std::sregex_iterator i(own.begin(), own.end(), pair), end; i != end; ++i) options[(*i)[1]] = (*i)[2];
  return options;
}

// Weights, results in training and evaluation with their shapes, and statistics; nothing where it is refused.
std::optional<Numbers> all_of(const std::string& layer, const Options& options) {
  Numbers all;
  const auto add = [&all](const Tensor& t) {
    for (const std::int64_t extent : t.shape()) all.push_back(static_cast<double>(extent));
    for (const float v : t.to_vector<float>()) all.push_back(v);
  };
  try {
    AnyLayer net = network_from_json(description(layer, options));
    initialize(net, Key{7});
    for (const auto& [path, part] : parameters(net)) add(part->get().value());
    // Odd extents, but for the layer that takes whole blocks alone.
    const Tensor x = numbers(layer == "pixel_unshuffle" ? Shape{1, 40, 36, 1} : Shape{1, 41, 37, 1}, 1);
    add(evaluate(net, x).value());
    Pass pass = Pass::training(Key{3});
    add(net(x, pass).value());
    commit(pass, net, net);
    for (const auto& [path, part] : buffers(net)) add(part->get());
  } catch (const ArgumentError&) {
    return std::nullopt;
  }
  return all;
}

// keras#8159, TF#21598 and tfjs's layers.conv2dTranspose: a dilation that a layer took and forgot.
TEST(EveryOption, keras_8159_ChangesWhatALayerDoes) {
  int tried = 0, refusals = 0;
  for (const std::string& layer : layer_names()) {
    // These take layers, not options, or several values.
    if (layer == "residual" || layer == "graph" || layer.ends_with("_like") ||
        std::set<std::string>{"add", "concat", "multiply", "subtract"}.contains(layer))
      continue;
    const Options base = resolved(layer);
    for (const auto& [key, value] : base) {
      ASSERT_TRUE(others.contains(key)) << layer << " has a new option " << key << ": give it other values";
      std::vector<Numbers> seen{*all_of(layer, base)};
      for (const std::string& other : others.at(key)) {
        if (other == value) continue;
        Options changed = base;
        changed[key] = other;
        const std::optional<Numbers> got = all_of(layer, changed);
        ++(got ? tried : refusals);
        if (!got) continue;
        for (const Numbers& before : seen) EXPECT_NE(*got, before) << layer << ", " << key << " " << other;
        seen.push_back(*got);
      }
    }
  }
  EXPECT_GT(tried, 80);
  EXPECT_LT(refusals, 40)
      << "channels that the layer before does not give, padding by counts of atrous layers";
}

}  // namespace
}  // namespace trous
