// The table of a network, compared whole, its multiply-adds counted by hand.
#include <regex>

#include <gtest/gtest.h>

#include <trous/layers/conv.h>
#include <trous/layers/dense.h>
#include <trous/layers/norm.h>
#include <trous/layers/sequential.h>
#include <trous/layers/summary.h>
#include <trous/ops/conv2d.h>
#include <trous/ops/depthwise_conv2d.h>
#include <trous/ops/pointwise.h>
#include <trous/ops/reduce.h>
#include <trous/ops/resize.h>

#include "core/thrown.h"
#include "layers/toys.h"

namespace trous {
namespace {

struct Small {
  Conv2d down{{.in_channels = 3, .out_channels = 4, .stride = 2}};
  BatchNorm norm{{.channels = 4}};
  std::vector<AtrousConv2d> context{
      AtrousConv2d{{.in_channels = 4, .out_channels = 4, .rate = 2, .bias = false}}};
  Conv2dTranspose up{{.in_channels = 4, .out_channels = 2, .kernel = 4, .stride = 2}};
  Sequential head{[](const Variable& x) { return relu(x); }, Dense{{.in_features = 2, .out_features = 300}}};

  Variable operator()(const Variable& x, Pass& pass) const {
    return head(up(context[0](norm(down(x, pass), pass), pass), pass), pass);
  }
  static void parts(auto& self, auto&& f) {
    f("down", self.down);
    f("norm", self.norm);
    f("context", self.context);
    f("up", self.up);
    f("head", self.head);
  }
};

Small made_small() {
  Small net;
  initialize(net, Key{1});
  return net;
}

// down      4x4 pixels, 9 taps, 3 -> 4                    16 * 108
// context   4x4 pixels, 9 taps, 4 -> 4                    16 * 144
// up        each of the 4x4 pixels of its input meets 16 taps, 4 -> 2
// head      8x8 pixels, 2 -> 300
TEST(Summary, IsOneTableWithHandCountedCosts) {
  EXPECT_EQ(text(summarize(made_small(), {1, 8, 8, 3})),
            "  layer      kind                  output            field  parameters           MACs\n"
            "  input                            [1, 8, 8, 3]          -           -              -\n"
            "  down       conv2d                [1, 4, 4, 4]        3x3         112          1,728\n"
            "  norm       batch_norm_inference  [1, 4, 4, 4]        3x3           8              -\n"
            "  context.0  atrous_conv2d         [1, 4, 4, 4]      11x11         144          2,304\n"
            "  up         conv2d_transpose      [1, 8, 8, 2]      13x13         130          2,048\n"
            "  head.1     matmul                [64, 300]         13x13         900         38,400\n"
            "  total                                              13x13       1,294         44,480\n");
}

// A branch that pools the image to one pixel has one value a channel for the statistics of a batch of one.
TEST(Summary, NeedsNoStatistics) {
  Sequential net{Conv2d{{.in_channels = 1, .out_channels = 2}},
                 Residual{Sequential{[](const Variable& x) {
                                       return mean(x, {1, 2}, true);
                                     },
                                     Conv2d{{.in_channels = 2, .out_channels = 2, .kernel = 1}},
                                     BatchNorm{{.channels = 2}}, Dropout{{.probability = 0.5}},
                                     [](const Variable& x) { return resize_bilinear(x, 6, 5); }}}};
  initialize(net, Key{1});
  EXPECT_EQ(text(summarize(net, {1, 6, 5, 1})),
            "  layer       kind                  output              field  parameters           MACs\n"
            "  input                             [1, 6, 5, 1]            -           -              -\n"
            "  0           conv2d                [1, 6, 5, 2]          3x3          20            540\n"
            "  1.layers.1  conv2d                [1, 1, 1, 2]  whole image           6              4\n"
            "  1.layers.2  batch_norm_inference  [1, 1, 1, 2]  whole image           4              -\n"
            "  total                                           whole image          30            544\n");
  Pass pass = Pass::training(Key{1});
  EXPECT_EQ(
      thrown<ShapeError>([&] {
        net(Tensor::zeros({1, 6, 5, 1}, DType::float32), pass);
      }),
      "batch_norm: x [1, 1, 1, 2] has 1 value per channel, and a variance needs 2. Use a larger batch, or "
      "evaluation mode.")
      << "training needs them all the same";
}

TEST(Summary, CountsTheWholeBatch) {
  const Summary one = summarize(made_small(), {1, 8, 8, 3}), three = summarize(made_small(), {3, 8, 8, 3});
  EXPECT_EQ(three.multiply_adds, 3 * one.multiply_adds);
  EXPECT_EQ(three.parameters, one.parameters);
}

TEST(Summary, TheFirstColumnsGrowWithTheInput) {
  // The input's shape is the longest of all: the columns must still stand in line.
  const Summary summary{.input = {100, 1000, 1000, 3},
                        .layers = {{"a", "conv2d", {1, 1, 1, 1}, 7, 8, {1, 12}}}};
  EXPECT_EQ(text(summary),
            "  layer  kind    output                    field  parameters           MACs\n"
            "  input          [100, 1000, 1000, 3]          -           -              -\n"
            "  a      conv2d  [1, 1, 1, 1]               1x12           7              8\n"
            "  total                                        -           0              0\n");
}

TEST(Summary, TheTotalCoversOpsThatNoLayerNames) {
  Sequential net{Conv2d{{.in_channels = 2, .out_channels = 3, .bias = false}},
                 [](const Variable& x) {
                   return conv2d(x, Tensor::ones({1, 1, 3, 5}, DType::float32));
                 },
                 [](const Variable& x) {
                   return depthwise_conv2d(x, Tensor::ones({3, 3, 5, 1}, DType::float32));
                 }};
  initialize(net, Key{1});
  const Summary summary = summarize(net, {1, 4, 4, 2});
  EXPECT_EQ(summary.layers.size(), 1u);
  EXPECT_EQ(summary.multiply_adds, 16 * (9 * 2 * 3) + 16 * (3 * 5) + 16 * (9 * 5));
}

TEST(Summary, KnowsTheNetworksOutputAlsoBehindTheLastLayer) {
  EXPECT_EQ(summarize(made_small(), {3, 8, 8, 3}).output, Shape({3, 8, 8, 300}));
  const auto total = [](const Variable& x, Pass& pass) { return sum(made_small()(x, pass), {1, 2, 3}); };
  EXPECT_EQ(summarize(Sequential{total}, {3, 8, 8, 3}).output, Shape({3}));
}

TEST(Summary, TakesAFloat64Network) {
  const Summary narrow = summarize(made_small(), {2, 8, 8, 3});
  const Summary wide = summarize(cast_network(made_small(), DType::float64), {2, 8, 8, 3});
  EXPECT_EQ(text(wide), text(narrow));
}

TEST(Summary, LeavesTheNetworkAlone) {
  const Small net = made_small();
  summarize(net, {2, 8, 8, 3});
  EXPECT_TRUE(same_network(net, made_small()));
}

TEST(Summary, ANarrowTableLeavesColumnsOut) {
  const Summary summary = summarize(made_small(), {1, 8, 8, 3});
  const std::string full = text(summary);
  const auto head = [&](int columns) {
    const std::string table = narrow_table(summary, columns);
    return table.substr(0, table.find('\n'));
  };
  const auto width = static_cast<int>(full.find('\n'));
  EXPECT_EQ(narrow_table(summary, width), full);
  const auto words = [](const std::string& line) { return std::regex_replace(line, std::regex(" +"), " "); };
  EXPECT_EQ(words(head(width)), " layer kind output field parameters MACs");
  EXPECT_EQ(words(head(width - 1)), " layer output field parameters MACs");
  const auto narrower = static_cast<int>(head(width - 1).size());
  EXPECT_EQ(words(head(narrower)), " layer output field parameters MACs");
  EXPECT_EQ(words(head(narrower - 1)), " layer output field MACs");
  EXPECT_EQ(words(head(1)), " layer output MACs");
}

}  // namespace
}  // namespace trous
