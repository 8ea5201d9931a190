// Graphs that nobody chose: each is the function of its nodes, one text, and the same network after a file;
// its gradients are right.
#include <map>
#include <numeric>
#include <properties/random_cases.h>

#include <trous/layers/check_network.h>
#include <trous/train/checkpoint.h>

#include "data/scratch.h"

namespace trous {
namespace {

struct DrawnNode {
  std::string name, layer;  // as JSON, {"conv2d": ...}
  std::vector<std::string> inputs;
  Int channels;
};

struct DrawnGraph {
  Int in_channels;
  std::vector<DrawnNode> nodes;  // each reads earlier ones
};

// A layer of one value that keeps height and width.
std::string draw_unary(Int in, Int& out) {
  const auto conv = [&](const char* name, const std::string& more) {
    out = draw("out", 1, 3);
    return text("{\"", name, "\": {\"in_channels\": ", in, ", \"out_channels\": ", out, ", \"kernel\": [",
                draw("kernel", 1, 3), ", ", draw("kernel", 1, 3), "], \"rate\": ", draw("rate", 1, 2), more,
                "}}");
  };
  switch (draw("layer", 0, 7)) {
    case 0:
      return conv("conv2d", "");
    case 1:
      return conv("atrous_conv2d", ", \"bias\": false");
    case 2:
      return conv("separable_conv2d", "");
    case 3:
      return conv("atrous_conv2d_transpose", "");
    case 4:
      return "{\"tanh\": {}}";
    case 5:
      return "{\"sigmoid\": {}}";
    case 6:
      return R"({"average_pool2d": {"window": 3, "stride": 1, "padding": "SAME"}})";
    default:
      return text(R"({"residual": [{"conv2d": {"in_channels": )", in, R"(, "out_channels": )", in,
                  R"(, "kernel": 1}}, "tanh"]})");
  }
}

DrawnGraph draw_graph() {
  DrawnGraph graph{.in_channels = draw("channels", 1, 3), .nodes = {}};
  std::vector<std::pair<std::string, Int>> values{{"input", graph.in_channels}};
  std::map<std::string, bool> read;
  const auto some = [&](const char* what) {
    return values[static_cast<std::size_t>(draw(what, 0, std::ssize(values) - 1))];
  };
  const Int count = draw("nodes", 1, 7);
  for (Int k = 0; k < count; ++k) {
    const auto [first, channels] = some("first");
    DrawnNode node{.name = text("n", k), .layer = {}, .inputs = {first}, .channels = channels};
    const auto [second, other] = some("second");
    if (draw("joins", 0, 2) > 0) {
      node.layer = draw_unary(channels, node.channels);
    } else if (other == channels) {
      const std::vector<std::string> joins{"add", "multiply", "subtract", "concat", "resize_bilinear_like"};
      const std::string& join = joins[static_cast<std::size_t>(draw("join", 0, 4))];
      node.layer = "{\"" + join + "\": {}}";
      node.inputs.push_back(second);
      if (join == "concat") node.channels += other;
    } else {
      node.layer = "{\"concat\": {}}";
      node.inputs.push_back(second);
      node.channels += other;
    }
    for (const std::string& name : node.inputs) read[name] = true;
    values.emplace_back(node.name, node.channels);
    graph.nodes.push_back(std::move(node));
  }
  DrawnNode all{.name = "all", .layer = "{\"concat\": {}}", .inputs = {}, .channels = 0};
  for (const auto& [name, channels] : values) {
    if (!read[name]) all.inputs.push_back(name);
  }
  if (all.inputs.size() == 1) all.layer = "{\"tanh\": {}}";
  graph.nodes.push_back(std::move(all));
  return graph;
}

// The description, the nodes in the order of `places`.
std::string described(const DrawnGraph& graph, const std::vector<std::size_t>& places) {
  std::string nodes;
  for (const std::size_t place : places) {
    const DrawnNode& node = graph.nodes[place];
    std::string inputs;
    for (const std::string& input : node.inputs) inputs += (inputs.empty() ? "\"" : ", \"") + input + '"';
    nodes += (nodes.empty() ? "\"" : ", \"") + node.name +
             "\": " + node.layer.substr(0, node.layer.size() - 1) + ", \"inputs\": [" + inputs + "]}";
  }
  return "{\"nodes\": {" + nodes + "}, \"outputs\": [\"all\"]}";
}

// The value of a node, by recursion: ops where they are ops, and for layers with weights the layer alone,
// with the weights of that name.
Variable value_of(const DrawnGraph& graph, const std::string& name, const AnyLayer& net, const Variable& x) {
  if (name == "input") return x;
  const auto node = std::find_if(graph.nodes.begin(), graph.nodes.end(),
                                 [&](const DrawnNode& one) { return one.name == name; });
  std::vector<Variable> read;
  for (const std::string& input : node->inputs) read.push_back(value_of(graph, input, net, x));
  const std::string kind = node->layer.substr(2, node->layer.find('"', 2) - 2);
  if (kind == "add") return read[0] + read[1];
  if (kind == "subtract") return read[0] - read[1];
  if (kind == "multiply") return read[0] * read[1];
  if (kind == "concat") return concat(read, -1);
  if (kind == "resize_bilinear_like") return read[0];  // all have one size
  if (kind == "tanh") return tanh(read[0]);
  if (kind == "sigmoid") return sigmoid(read[0]);
  AnyLayer alone = network_from_json("{\"layers\": [" + node->layer + "]}");
  std::map<std::string, Variable> weights;
  for (const auto& [path, part] : parameters(net)) weights.emplace(path, part->get());
  for (const auto& [path, part] : parameters(alone)) part->value = weights.at(name + path.substr(1));
  return evaluate(alone, read[0]);
}

TEST(RandomGraphs, RunSaveLoadAndAreRight_slow) {
  const Scratch scratch;
  for_all(
      [&] {
        const DrawnGraph graph = draw_graph();
        std::vector<std::size_t> places(graph.nodes.size());
        std::iota(places.begin(), places.end(), std::size_t{0});
        const std::string listed = described(graph, places);
        for (std::size_t i = places.size() - 1; i > 0; --i)
          std::swap(places[i], places[static_cast<std::size_t>(draw("place", 0, static_cast<Int>(i)))]);
        const std::string shuffled = described(graph, places);

        const std::string whole = resolved_description(listed);
        RC_ASSERT(resolved_description(whole) == whole);
        AnyLayer net = network_from_json(listed), other = network_from_json(shuffled);
        initialize(net, Key{3}, DType::float64);
        const Tensor x = integers({2, 4, 3, graph.in_channels}, 1);
        const Variable y = evaluate(net, x);
        RC_ASSERT(same_bits(y.value(), value_of(graph, "all", net, x).value()));

        // A checkpoint goes by names, so it also fits the graph that is listed in another order.
        save(net, scratch / "net.safetensors");
        load(other, scratch / "net.safetensors");
        RC_ASSERT(same_bits(evaluate(other, x).value(), y.value()));

        RC_ASSERT(check_network(net, x, {.directions = 1}).passed());
      },
      10);
}

}  // namespace
}  // namespace trous
