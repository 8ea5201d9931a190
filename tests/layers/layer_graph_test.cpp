// The boxes and arrows of networks, against what their calls say: written down by hand.
#include <gtest/gtest.h>

#include <trous/layers/conv.h>
#include <trous/layers/dense.h>
#include <trous/layers/networks.h>
#include <trous/layers/norm.h>
#include <trous/layers/resample.h>
#include <trous/layers/sequential.h>
#include <trous/layers/summary.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/compare.h>
#include <trous/ops/pointwise.h>
#include <trous/ops/reduce.h>

#include "layers/toys.h"

namespace trous {
namespace {

// A line a box: its number, name, ops, output, and what it reads.
std::string drawn(const std::vector<GraphBox>& graph) {
  std::string lines;
  for (std::size_t i = 0; i < graph.size(); ++i) {
    lines += text(i, ' ', graph[i].name, " [");
    for (std::size_t k = 0; k < graph[i].ops.size(); ++k) lines += (k ? ", " : "") + graph[i].ops[k];
    lines += text("] ", graph[i].output, " <-");
    for (const std::size_t from : graph[i].from) lines += text(' ', from);
    lines += '\n';
  }
  return lines;
}

template <class Net>
std::string graph_of(Net net, const Shape& input) {
  initialize(net, Key{1});
  return drawn(summarize(net, input).graph);
}

TEST(LayerGraph, OfSmallDilatedIsItsResidualsAndItsSkip) {
  EXPECT_EQ(graph_of(SmallDilated({.in_channels = 1, .classes = 2, .width = 3}), {1, 10, 12, 1}),
            "0 input [] [1, 10, 12, 1] <-\n"
            "1 stem [conv2d, batch_norm_inference_relu] [1, 10, 12, 3] <- 0\n"
            "2 down [conv2d stride 2x2, batch_norm_inference_relu] [1, 5, 6, 6] <- 1\n"
            "3 context.0 [atrous_conv2d rate 2x2, batch_norm_inference_relu] [1, 5, 6, 6] <- 2\n"
            "4  [add] [1, 5, 6, 6] <- 2 3\n"
            "5 context.1 [atrous_conv2d rate 4x4, batch_norm_inference_relu] [1, 5, 6, 6] <- 4\n"
            "6  [add] [1, 5, 6, 6] <- 4 5\n"
            "7 context.2 [atrous_conv2d rate 8x8, batch_norm_inference_relu] [1, 5, 6, 6] <- 6\n"
            "8  [add] [1, 5, 6, 6] <- 6 7\n"
            "9 context.3 [atrous_conv2d rate 4x4, batch_norm_inference_relu] [1, 5, 6, 6] <- 8\n"
            "10  [add] [1, 5, 6, 6] <- 8 9\n"
            "11 context.4 [atrous_conv2d rate 2x2, batch_norm_inference_relu] [1, 5, 6, 6] <- 10\n"
            "12  [add] [1, 5, 6, 6] <- 10 11\n"
            "13 up [conv2d_transpose stride 2x2, batch_norm_inference_relu] [1, 10, 12, 3] <- 12\n"
            "14  [add] [1, 10, 12, 3] <- 1 13\n"
            "15 head [conv2d, bias] [1, 10, 12, 2] <- 14\n");
}

// Every skip of the mirror ends at the encoder's output of its own size; the outermost is not added.
TEST(LayerGraph, OfMirrorContextNestsItsSkips) {
  MirrorContext net({.in_channels = 1, .classes = 2, .width = 2});
  initialize(net, Key{1});
  const std::vector<GraphBox> graph = summarize(net, {1, 40, 44, 1}).graph;
  std::size_t skips = 0;
  for (const GraphBox& box : graph) {
    if (box.from.size() < 2) continue;
    ++skips;
    ASSERT_EQ(box.from.size(), 2U);
    EXPECT_EQ(graph[box.from[0]].name, text("encoder.", 4 - skips));
    EXPECT_EQ(graph[box.from[1]].name, text("decoder.", skips - 1));
    EXPECT_EQ(graph[box.from[0]].output, box.output);
  }
  EXPECT_EQ(skips, 4U);
}

TEST(LayerGraph, LayersOfAListAreBoxesOfTheirOwn) {
  const Sequential net{Conv2d{{.in_channels = 2, .out_channels = 4, .bias = false}},
                       BatchNorm{{.channels = 4}},
                       [](const Variable& x) { return relu(x); },
                       MaxPool2d(),
                       Dropout{{.probability = 0.5}},
                       ResizeBilinear{{.scale = 2}},
                       Dense{{.in_features = 4, .out_features = 3}}};
  EXPECT_EQ(graph_of(net, {1, 4, 6, 2}),
            "0 input [] [1, 4, 6, 2] <-\n"
            "1 0 [conv2d] [1, 4, 6, 4] <- 0\n"
            "2 1 [batch_norm_inference, relu] [1, 4, 6, 4] <- 1\n"
            "3  [max_pool2d, resize_bilinear] [1, 4, 6, 4] <- 2\n"
            "4 6 [matmul, bias] [1, 4, 6, 3] <- 3\n");
}

struct Twice {
  Conv2d conv{{.in_channels = 2, .out_channels = 2, .bias = false}};

  Variable operator()(const Variable& x, Pass& pass) const { return conv(relu(conv(x, pass)), pass) * x; }
  static void parts(auto& self, auto&& f) { f("conv", self.conv); }
};

TEST(LayerGraph, ALayerThatRunsTwiceIsNamedTwice) {
  EXPECT_EQ(graph_of(Twice{}, {1, 4, 4, 2}),
            "0 input [] [1, 4, 4, 2] <-\n"
            "1 conv [conv2d, relu, conv2d] [1, 4, 4, 2] <- 0\n"
            "2  [mul] [1, 4, 4, 2] <- 0 1\n");
}

// What two read ends its box, so that each arrow begins at the value that is passed on.
struct Forked {
  Conv2d conv{{.in_channels = 2, .out_channels = 2, .bias = false}};

  Variable operator()(const Variable& x, Pass& pass) const {
    const Variable y = conv(x, pass);
    return relu(y) + y;
  }
  static void parts(auto& self, auto&& f) { f("conv", self.conv); }
};

TEST(LayerGraph, AForkEndsABox) {
  EXPECT_EQ(graph_of(Forked{}, {1, 4, 4, 2}),
            "0 input [] [1, 4, 4, 2] <-\n"
            "1 conv [conv2d] [1, 4, 4, 2] <- 0\n"
            "2  [relu] [1, 4, 4, 2] <- 1\n"
            "3  [add] [1, 4, 4, 2] <- 1 2\n");
}

// The mask is not differentiable, and an arrow all the same. x + x has one source, and adds no bias.
TEST(LayerGraph, FollowsWhatNoGradientFollows) {
  const Sequential net{[](const Variable& x) {
    const Variable doubled = x + x;
    return doubled * sign(x);
  }};
  EXPECT_EQ(graph_of(net, {1, 4, 4, 2}),
            "0 input [] [1, 4, 4, 2] <-\n"
            "1  [add] [1, 4, 4, 2] <- 0\n"
            "2  [sign] [1, 4, 4, 2] <- 0\n"
            "3  [mul] [1, 4, 4, 2] <- 1 2\n");
}

TEST(LayerGraph, OfAConstantIsEmpty) {
  const Sequential net{[](const Variable& x) { return Variable(Tensor::zeros(x.shape(), x.dtype())); }};
  EXPECT_EQ(graph_of(net, {1, 4, 4, 2}), "");
}

// What each box sees: a skip sees what either side of it sees, and all of the image stays all of it.
TEST(LayerGraph, KnowsWhatEachBoxSees) {
  const Sequential net{
      Residual{Sequential{Conv2d{{.in_channels = 2, .out_channels = 2}},
                          AtrousConv2d{{.in_channels = 2, .out_channels = 2, .kernel = {1, 3}, .rate = 4}}}},
      [](const Variable& x) {
        return x + mean(x, {1, 2}, true);
      }};
  AnyLayer any = net;
  initialize(any, Key{1});
  std::vector<ReceptiveField> seen;
  for (const GraphBox& box : summarize(any, {1, 4, 4, 2}).graph) seen.push_back(box.receptive_field);
  const ReceptiveField all = ReceptiveField::whole_image();
  EXPECT_EQ(seen, (std::vector<ReceptiveField>{{1, 1}, {3, 3}, {3, 11}, {3, 11}, all, all}));
}

TEST(Graphviz, DrawsTheBoxesAndTheArrows) {
  const std::vector<GraphBox> graph{{"input", {}, {1, 8, 9, 3}, {1, 1}, {}},
                                    {"stem", {"conv2d stride 2x2", "relu"}, {1, 4, 5, 6}, {3, 3}, {0}},
                                    {"context", {"atrous_conv2d"}, {1, 4, 5, 6}, {7, 11}, {1}},
                                    {"", {"add"}, {1, 4, 5, 6}, ReceptiveField::whole_image(), {1, 2}},
                                    {"rows", {}, {1, 4, 5, 6}, {std::nullopt, 5}, {3}}};
  EXPECT_EQ(graphviz(graph),
            "digraph network {\n"
            "  node [shape=box, fontname=\"sans-serif\"];\n"
            "  box0 [label=\"input\\n[1, 8, 9, 3]\"];\n"
            "  box1 [label=\"stem\\nconv2d stride 2x2, relu\\n[1, 4, 5, 6]\\nsees 3x3\"];\n"
            "  box2 [label=\"context\\natrous_conv2d\\n[1, 4, 5, 6]\\nsees 7x11\"];\n"
            "  box3 [label=\"add\\n[1, 4, 5, 6]\\nsees whole image\"];\n"
            "  box4 [label=\"rows\\n[1, 4, 5, 6]\\nsees all x 5\"];\n"
            "  box0 -> box1;\n"
            "  box1 -> box2;\n"
            "  box1 -> box3;\n"
            "  box2 -> box3;\n"
            "  box3 -> box4;\n"
            "}\n");
  EXPECT_EQ(graphviz({}), "digraph network {\n  node [shape=box, fontname=\"sans-serif\"];\n}\n");
}

// A name may hold what means something else inside a label: quotes, escapes, HTML's characters, lines.
TEST(Graphviz, EscapesNames) {
  const std::vector<GraphBox> graph{{"a \"b\" \\N &lt; {x|y}\n\xC3\xA9", {}, {1}, {}, {}}};
  EXPECT_EQ(graphviz(graph),
            "digraph network {\n"
            "  node [shape=box, fontname=\"sans-serif\"];\n"
            "  box0 [label=\"a \\\"b\\\" \\\\N &amp;lt; {x|y} \xC3\xA9\\n[1]\"];\n"
            "}\n");
}

}  // namespace
}  // namespace trous
