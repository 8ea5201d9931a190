// Graphs in JSON: one text for one graph, channels that follow, and the place of everything that is wrong.
#include <algorithm>
#include <sstream>
#include <utility>

#include <gtest/gtest.h>

#include <trous/layers/from_json.h>

#include "core/thrown.h"
#include "data/scratch.h"
#include "layers/toys.h"

namespace trous {
namespace {

std::string refused_description(const std::string& description) {
  return thrown<ArgumentError>([&] { network_from_json(description); });
}

constexpr const char* skipping_text = R"({"nodes": {
  "fine": {"conv2d": {"in_channels": 2, "out_channels": 3}},
  "deep": "max_pool2d",
  "fuse": {"concat": {}, "inputs": ["up", "fine"]},
  "head": ["relu", {"conv2d": {"out_channels": 2, "kernel": 1}}],
  "up": {"conv2d_transpose": {"out_channels": 4, "stride": 2, "kernel": 2}, "inputs": ["deep", "fine"]}
  }, "outputs": ["head"]})";

// Nodes stand in the order in which they run, and everything is said.
TEST(GraphJson, HasOneTextForOneGraph) {
  const std::string rest = R"("padding":"SAME","groups":1,"bias":true,"initializer":"he_normal"})";
  const std::string whole =
      R"({"inputs":["input"],"nodes":{)"
      R"("fine":{"conv2d":{"in_channels":2,"out_channels":3,"kernel":3,"stride":1,"rate":1,)" +
      rest +
      R"(,"inputs":["input"]},)"
      R"("deep":{"max_pool2d":{"window":2,"stride":2,"padding":"VALID"},"inputs":["fine"]},)"
      R"("up":{"conv2d_transpose":{"in_channels":3,"out_channels":4,"kernel":2,"stride":2,"rate":1,)" +
      rest +
      R"(,"inputs":["deep","fine"]},)"
      R"("fuse":{"concat":{},"inputs":["up","fine"]},)"
      R"("head":{"layers":["relu",{"conv2d":{"in_channels":7,"out_channels":2,"kernel":1,"stride":1,)"
      R"("rate":1,)" +
      rest +
      R"(}],"inputs":["fuse"]}},)"
      R"("outputs":["head"]})";
  EXPECT_EQ(resolved_description(skipping_text), whole);
  EXPECT_EQ(resolved_description(whole), whole);
  AnyLayer a = network_from_json(skipping_text), b = network_from_json(whole);
  initialize(a, Key{1});
  initialize(b, Key{1});
  EXPECT_TRUE(same_network(a, b));
  const Variable x = numbers({1, 6, 8, 2}, 1);
  EXPECT_TRUE(same(evaluate(a, x), evaluate(b, x)));
}

TEST(GraphJson, IsALayerOfAListAndOfAGraph) {
  const std::string text = resolved_description(R"({"layers": [
      {"conv2d": {"in_channels": 1, "out_channels": 4}},
      {"graph": {"nodes": {"a": {"conv2d": {"out_channels": 4, "kernel": 1}},
                           "sum": {"add": {}, "inputs": ["a", "input"]}}}},
      {"conv2d": {"out_channels": 2}}]})");
  EXPECT_NE(text.find(R"("a":{"conv2d":{"in_channels":4)"), std::string::npos) << text;
  EXPECT_EQ(resolved_description(text), text);
  const std::string nested = resolved_description(R"({"nodes": {
      "a": {"conv2d": {"in_channels": 1, "out_channels": 4}},
      "b": {"conv2d": {"in_channels": 1, "out_channels": 4}, "inputs": ["input"]},
      "gate": {"graph": {"inputs": ["x", "y"], "nodes": {"sum": {"add": {}, "inputs": ["x", "y"]},
                                                         "out": {"conv2d": {"out_channels": 2}}}},
               "inputs": ["a", "b"]}}})");
  EXPECT_NE(nested.find(R"("out":{"conv2d":{"in_channels":4)"), std::string::npos) << nested;
}

TEST(GraphJson, SeveralInputsAndOutputsAreReadAsAGraph) {
  EXPECT_EQ(
      refused_description(R"({"inputs": ["a", "b"], "nodes": {"sum": {"add": {}, "inputs": ["a", "b"]}}})"),
      "network_from_json: inputs are 2, and a network takes one value. Name one, or read it with "
      "graph_from_json.");
  const std::string text = R"({"inputs": ["a", "b"], "outputs": ["sum", "gap"],
      "nodes": {"sum": {"add": {}, "inputs": ["a", "b"]}, "gap": {"subtract": {}, "inputs": ["a", "b"]}}})";
  const Graph net = graph_from_json(text);
  const Variable a = numbers({2, 3}, 1), b = numbers({2, 3}, 2);
  Pass pass;
  EXPECT_EQ(net.all(std::vector{a, b}, pass).size(), 2U);
  EXPECT_EQ(refused_description(text),
            "network_from_json: inputs are 2, and a network takes one value. Name one, or read it with "
            "graph_from_json.");
  EXPECT_EQ(refused_description(R"({"outputs": ["a", "b"], "nodes": {"a": "relu", "b": "tanh"}})"),
            "network_from_json: outputs are 2, and a network gives one value. Name one, or read it with "
            "graph_from_json.");
}

TEST(GraphJson, NamesThePlaceOfWhatIsWrong) {
  const auto fault = [](const std::string& nodes) {
    return refused_description("{\"nodes\": " + nodes + "}");
  };
  EXPECT_EQ(fault(R"({"skip": "relu", "fuse": {"add": {}, "inputs": ["skip", "skp"]}})"),
            "network_from_json: nodes.fuse.inputs[1]: there is no \"skp\". Did you mean skip?");
  EXPECT_EQ(
      fault(R"({"a": {"conv2d": {"in_channels": 2, "out_channels": 3}},
                      "b": {"conv2d": {"in_channels": 2, "out_channels": 4}, "inputs": ["input"]},
                      "c": {"add": {}, "inputs": ["a", "b"]}})"),
      "network_from_json: nodes.c.add takes 3 and 4 channels. They are combined one by one, so they must "
      "agree, or one must be 1.");
  EXPECT_EQ(fault(R"({"a": {"conv2d": {"in_channels": 2, "out_channels": 3}},
                      "b": {"conv2d": {"in_channels": 2, "out_channels": 4}}})"),
            "network_from_json: nodes.b.conv2d.in_channels is 2, but what comes before gives 3 channels.");
  EXPECT_EQ(fault(R"({"a": "relu", "b": {"relu": {}, "inputs": ["a", "input"]}})"),
            "network_from_json: nodes.b.inputs: 2 are named, and the layer takes 1 value.");
  EXPECT_EQ(fault(R"({"a": "subtract"})"),
            "network_from_json: nodes.a.inputs: 1 is named, and the layer takes 2 values.");
  EXPECT_EQ(fault(R"({"a": {"add": {"axis": 1}, "inputs": ["input", "input"]}})"),
            "network_from_json: nodes.a.add.axis is not known. There are no options.");
  EXPECT_EQ(fault(R"({"a": {"relu": {}, "input": ["input"]}})"),
            "network_from_json: nodes.a.input is not known. Did you mean inputs? A node is one layer and its "
            "inputs, {\"relu\": {}, \"inputs\": [\"a\"]}.");
  EXPECT_EQ(
      fault(R"({"a": {"relu": {}, "tanh": {}}})"),
      "network_from_json: nodes.a has 2 layers. A node is one, or {\"layers\": [...], \"inputs\": [...]}.");
  EXPECT_EQ(
      fault(R"({"a": {"inputs": ["input"]}})"),
      "network_from_json: nodes.a has no layer. A node is one and its inputs, {\"relu\": {}, \"inputs\": "
      "[\"a\"]}.");
  EXPECT_EQ(fault(R"({"a": "relu", "b": {"concat": {}}})"),
            "network_from_json: nodes.b.inputs: 1 is named, and the layer takes 2 values or more.");
  EXPECT_EQ(fault(R"({"a": {"relu": {}, "inputs": "input"}})"),
            "network_from_json: nodes.a.inputs is \"input\". Give a list of names, such as [\"input\"].");
  EXPECT_EQ(fault(R"({"a": {"relu": {}, "inputs": [1]}})"),
            "network_from_json: nodes.a.inputs[0] is 1. Give a name.");
  EXPECT_EQ(fault("{}"), "network_from_json: nodes is {}. Give {\"name\": layer, ...}.");
  EXPECT_EQ(fault(R"({"a": "relu", "a": "relu"})").find("network_from_json: the description "), 0U);
  EXPECT_EQ(refused_description(R"({"nodes": {"a": "relu"}, "output": ["a"]})"),
            "network_from_json: output is not known. Did you mean outputs? Keys are inputs, nodes, outputs.");
  EXPECT_EQ(
      refused_description(R"({"layers": [{"conv2d": {"in_channels": 1, "out_channels": 2}}, "subtract"]})"),
      "network_from_json: layers[1] takes 2 values, and a list gives it one. Make it a node, {\"add\": {}, "
      "\"inputs\": [\"a\", \"b\"]}, in {\"nodes\": {...}}.");
}

// Every example on the page is a network, and its tables list all networks and layers.
TEST(GraphJson, ThePageIsTrue) {
  const Bytes bytes = slurp(TROUS_SOURCE_DIR "/docs/networks.md");
  std::istringstream page(std::string(bytes.begin(), bytes.end()));
  std::vector<std::string> examples, named;
  std::string example;
  for (std::string line; std::getline(page, line);) {
    const bool inside = line.starts_with("    ");
    if (inside && (line.starts_with("    {") || !example.empty())) {
      example += line;
    } else if (!inside && !example.empty()) {
      examples.push_back(std::exchange(example, ""));
    }
    if (line.starts_with("| `")) named.push_back(line.substr(3, line.find('`', 3) - 3));
  }
  ASSERT_EQ(examples.size(), 3U);
  for (const std::string& text : examples) {
    const std::string whole = resolved_description(text);
    EXPECT_EQ(resolved_description(whole), whole);
  }
  for (const std::string& network : network_names())
    EXPECT_EQ(std::count(named.begin(), named.end(), network), 1) << network;
  const std::string all(bytes.begin(), bytes.end());
  for (const std::string& layer : layer_names())
    EXPECT_NE(all.find('`' + layer + '`'), std::string::npos) << layer << " is not in docs/networks.md";
}

}  // namespace
}  // namespace trous
