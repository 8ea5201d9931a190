// Graphs against functions written by hand, and a message with the place for everything that is wrong.
#include <gtest/gtest.h>

#include <trous/autograd/recording.h>
#include <trous/core/choices.h>
#include <trous/core/storage.h>
#include <trous/layers/conv.h>
#include <trous/layers/from_json.h>
#include <trous/layers/graph.h>
#include <trous/layers/join.h>
#include <trous/layers/named_networks.h>
#include <trous/layers/resample.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/join.h>
#include <trous/ops/pointwise.h>

#include "core/thrown.h"
#include "data/scratch.h"
#include "layers/toys.h"

namespace trous {
namespace {

Conv2d small_conv(std::int64_t in, std::int64_t out, std::int64_t kernel = 3) {
  return Conv2d{{.in_channels = in, .out_channels = out, .kernel = kernel}};
}

// An encoder and decoder with a skip, listed out of order.
Graph skipping() {
  return Graph{{.nodes = {{"fine", small_conv(2, 3)},
                          {"deep", MaxPool2d{{.padding = Padding::same}}},
                          {"fuse", Concat{}, {"up", "fine"}},
                          {"head", small_conv(7, 2, 1)},
                          {"up",
                           Conv2dTranspose{{.in_channels = 3, .out_channels = 4, .stride = 2}},
                           {"deep", "fine"}}},
                .outputs = {"head"}}};
}

TEST(Graph, IsTheFunctionOfItsNodes) {
  Graph net = skipping();
  initialize(net, Key{1});
  const auto weights = parameters(net);
  ASSERT_EQ(parameter_paths(net), (std::vector<std::string>{"fine.filters", "fine.bias", "up.filters",
                                                            "up.bias", "head.filters", "head.bias"}));
  Conv2d fine = small_conv(2, 3), head = small_conv(7, 2, 1);
  Conv2dTranspose up{{.in_channels = 3, .out_channels = 4, .stride = 2}};
  std::size_t k = 0;
  for (Parameter* part : {&fine.filters, &*fine.bias, &up.filters, &*up.bias, &head.filters, &*head.bias})
    part->value = weights[k++].part->get();
  const Variable x = numbers({2, 7, 9, 2}, 3);
  Pass pass;
  const Variable a = fine(x);
  const Variable b = up(max_pool2d(a, {.padding = Padding::same}), a, pass);
  EXPECT_TRUE(same(net(x), head(concat({b, a}, -1))));
}

TEST(Graph, TakesAndGivesSeveralValues) {
  const Graph net{
      {.nodes = {{"sum", Add{}, {"a", "b", "a"}},
                 {"difference", [](const Variable& x, const Variable& y) { return x - y; }, {"sum", "b"}},
                 {"product", Multiply{}, {"difference", "a"}}},
       .inputs = {"a", "b"},
       .outputs = {"product", "sum"}}};
  const Variable a = numbers({2, 3}, 1), b = numbers({2, 3}, 2);
  Pass pass;
  const std::vector<Variable> both = net.all(std::vector{a, b}, pass);
  ASSERT_EQ(both.size(), 2U);
  EXPECT_TRUE(same(both[1], a + b + a));
  EXPECT_TRUE(same(both[0], (a + b + a - b) * a));
  EXPECT_EQ(thrown<ArgumentError>([&] {
              net(std::vector{a, b}, pass);
            }),
            "Graph: it has 2 outputs, product, sum, and one is wanted. Call all() for all of them.");
  EXPECT_EQ(thrown<ArgumentError>([&] { net.all(std::vector{a}, pass); }),
            "Graph: 1 value is given to a graph that takes 2: a, b. Give one for each.");
}

// A graph of several inputs is a layer of several values.
TEST(Graph, IsANodeOfAnother) {
  const Graph gate{{.nodes = {{"product", Multiply{}, {"x", "weight"}}}, .inputs = {"x", "weight"}}};
  Graph net{{.nodes = {{"conv", small_conv(2, 2)},
                       {"weight", [](const Variable& x) { return sigmoid(global_average_pool(x)); }},
                       {"gated", gate, {"conv", "weight"}}}}};
  initialize(net, Key{2});
  const Variable x = numbers({1, 4, 5, 2}, 1);
  Conv2d conv = small_conv(2, 2);
  conv.filters.value = parameters(net)[0].part->get();
  conv.bias->value = parameters(net)[1].part->get();
  EXPECT_TRUE(same(net(x), conv(x) * sigmoid(global_average_pool(conv(x)))));
}

// What a node has read is given back once its last reader has run: a chain of 50 needs no more than two.
TEST(Graph, KeepsNoValueThatNobodyReadsAnyMore) {
  const auto peak_of = [](int nodes) {
    std::vector<GraphNode> chain;
    for (int i = 0; i < nodes; ++i)
      chain.push_back({"n" + std::to_string(i), [](const Variable& x) { return relu(x); }});
    const Graph net{{.nodes = std::move(chain)}};
    const Recording scope(Recording::nothing);
    const Variable x = Tensor::zeros({1000, 1000}, DType::float32);
    const std::int64_t before = live_storage().bytes;
    lower_storage_peak();
    net(x);
    return storage_peak() - before;
  };
  EXPECT_EQ(peak_of(50), peak_of(3));
}

std::string refused_graph(GraphOptions options) {
  return thrown<ArgumentError>([&] { Graph{std::move(options)}; });
}

GraphNode square(std::string name, std::vector<std::string> inputs = {}) {
  return {std::move(name), [](const Variable& x) { return x * x; }, std::move(inputs)};
}

TEST(Graph, NamesTheNodeThatIsWrong) {
  EXPECT_EQ(refused_graph({}), "Graph: nodes: there is none. Give one node or more.");
  EXPECT_EQ(refused_graph({.nodes = {square("a")}, .inputs = {}}),
            "Graph: inputs: there is none. Name what the graph takes, such as \"input\".");
  EXPECT_EQ(refused_graph({.nodes = {square("skip"), {"fuse", Add{}, {"skip", "skp"}}}}),
            "Graph: nodes.fuse.inputs[1]: there is no \"skp\". Did you mean skip?");
  EXPECT_EQ(refused_graph({.nodes = {square("a"), square("a")}}),
            "Graph: nodes.a: there are two values called \"a\". Give each a name of its own.");
  EXPECT_EQ(refused_graph({.nodes = {square("input")}}),
            "Graph: nodes.input: there are two values called \"input\". Give each a name of its own.");
  EXPECT_EQ(refused_graph({.nodes = {square("a.b")}}),
            "Graph: nodes.a.b: \"a.b\" is no name of a value. Use letters, digits, '_' and '-'.");
  EXPECT_EQ(refused_graph({.nodes = {square("")}}),
            "Graph: nodes.: \"\" is no name of a value. Use letters, digits, '_' and '-'.");
  EXPECT_EQ(
      refused_graph({.nodes = {square("a", {"c"}), square("b", {"a"}), square("c", {"b"})}}),
      "Graph: nodes.a: the nodes form a cycle: a reads c reads b reads a. Let one of them read something "
      "earlier.");
  EXPECT_EQ(refused_graph({.nodes = {square("a", {"a"})}}),
            "Graph: nodes.a: the nodes form a cycle: a reads a. Let one of them read something earlier.");
  EXPECT_EQ(
      refused_graph({.nodes = {square("a"), square("b"), square("c", {"a"})}}),
      "Graph: nodes.b: no output depends on it. Let a node that leads to an output read it, or remove it.");
  EXPECT_EQ(refused_graph({.nodes = {square("a")}, .inputs = {"x", "mask"}}),
            "Graph: inputs[1]: no output depends on \"mask\". Let a node that leads to an output read it, or "
            "remove it.");
  EXPECT_EQ(refused_graph({.nodes = {square("a")}, .outputs = {"input"}}),
            "Graph: outputs[0]: there is no node \"input\".");
  EXPECT_EQ(refused_graph({.nodes = {square("a")}, .outputs = {"a", "a"}}),
            "Graph: outputs[1]: \"a\" is an output already. Name it once.");
  EXPECT_EQ(refused_graph({.nodes = {square("a"), square("b"), square("c", {"a", "b"})}}),
            "Graph: nodes.c.inputs: 2 are named, and the layer takes 1 value.");
}

TEST(Graph, SaysHowManyValuesALayerTakes) {
  const auto words = [](const AnyLayer& layer) { return layer.takes_in_words(); };
  EXPECT_EQ(words(MaxPool2d{}), "1 value");
  EXPECT_EQ(words(Subtract{}), "2 values");
  EXPECT_EQ(words(Add{}), "2 values or more");
  EXPECT_EQ(words(Conv2dTranspose{{.in_channels = 1, .out_channels = 1}}), "1 or 2 values");
  EXPECT_EQ(words(skipping()), "1 value");
  EXPECT_EQ(words([](const auto& x) { return relu(x); }), "1 value");
  EXPECT_EQ(words([](std::span<const Variable> xs) { return xs[0]; }), "1 value or more");
  Pass pass;
  EXPECT_EQ(thrown<ArgumentError>([&] { AnyLayer(Subtract{})(numbers({1}, 1), pass); }),
            "AnyLayer: 1 value is given to a layer that takes 2 values.");
}

// A layer and its first part have one address; the message names the layer that is at fault.
TEST(Graph, NamesTheLayerAndNotItsFirstPart) {
  const Graph net{{.nodes = {{"body", Residual{Sequential{MaxPool2d{}, MaxPool2d{}}}}}}};
  Pass pass;
  pass.name_layers(net);
  EXPECT_EQ(thrown<ShapeError>([&] {
              net(numbers({1, 4, 4, 2}, 1), pass);
            }).find("body: Residual: x is "),
            0U);
}

// Shapes are known when the graph runs, and the message names the node with both.
TEST(Graph, NamesTheNodeWhoseShapesDoNotMeet) {
  const Graph net{{.nodes = {{"deep", MaxPool2d{}}, {"fuse", Concat{}, {"deep", "input"}}}}};
  Pass pass;
  pass.name_layers(net);
  const std::string message = thrown<ShapeError>([&] { net(numbers({1, 4, 4, 2}, 1), pass); });
  EXPECT_EQ(message.find("fuse: concat: "), 0U) << message;
  EXPECT_NE(message.find("[1, 2, 2, 2]"), std::string::npos) << message;
  EXPECT_NE(message.find("[1, 4, 4, 2]"), std::string::npos) << message;
}

// The files are the structs, with the same first values under the same key.
TEST(Graph, OfAFileIsTheNetworkOfThatName) {
  for (const std::string name : {"unet", "dilated-unet", "dlink", "mini-deeplab", "small-classifier"}) {
    const Bytes bytes = slurp(std::string(TROUS_SOURCE_DIR) + "/examples/networks/" + name + ".json");
    AnyLayer graph = network_from_json(std::string(bytes.begin(), bytes.end()));
    AnyLayer whole = network_from_json("{\"network\": \"" + name + "\"}");
    initialize(graph, Key{4});
    initialize(whole, Key{4});
    EXPECT_TRUE(same_network(graph, whole)) << name;
    const bool per_pixel = find_row(named_networks(), name)->per_pixel;
    for (const Shape& shape : {Shape{2, 32, 24, 3}, Shape{1, 37, 21, 3}}) {
      const Variable x = numbers(shape, 1);
      const Variable y = evaluate(whole, x);
      EXPECT_EQ(y.shape(), per_pixel ? (Shape{shape[0], shape[1], shape[2], 5}) : (Shape{shape[0], 5}));
      EXPECT_TRUE(same(evaluate(graph, x), y)) << name;
      Pass first = Pass::training(Key{3}), second = Pass::training(Key{3});
      EXPECT_TRUE(same(graph(x, first), whole(x, second))) << name;
    }
  }
}

}  // namespace
}  // namespace trous
