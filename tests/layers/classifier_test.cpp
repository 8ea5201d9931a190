// The network for labels: images of every size, built as it says, and what no cut of an image can give.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <trous/autograd/recording.h>
#include <trous/autograd/tape.h>
#include <trous/core/error.h>
#include <trous/layers/classifier.h>
#include <trous/layers/named_networks.h>
#include <trous/layers/tiling.h>

#include "core/thrown.h"
#include "layers/toys.h"

namespace trous {
namespace {

SmallClassifier classifier(const SegmentationOptions& options) {
  SmallClassifier net(options);
  initialize(net, Key{1});
  return net;
}

TEST(SmallClassifier, OneNetworkTakesImagesOfEverySize) {
  const SmallClassifier net = classifier({.in_channels = 3, .classes = 5, .width = 2});
  for (const Shape& image :
       {Shape{1, 64, 64, 3}, Shape{2, 6, 20, 3}, Shape{3, 7, 13, 3}, Shape{1, 1, 1, 3}, Shape{0, 8, 8, 3}}) {
    EXPECT_EQ(net(numbers(image, 1)).shape(), (Shape{image[0], 5}));
  }
}

TEST(SmallClassifier, CountsItsParameters) {
  // stem, and of each stage a stride and two blocks, all with norms; the head.
  EXPECT_EQ(count_parameters(SmallClassifier({.in_channels = 3, .classes = 10})),
            (9 * 3 * 16 + 32) + (9 * 16 * 32 + 64) + 2 * (9 * 32 * 32 + 64) + (9 * 32 * 64 + 128) +
                2 * (9 * 64 * 64 + 128) + (64 * 10 + 10));
}

TEST(SmallClassifier, IsBuiltAsItSays) {
  const Recording scope(Recording::everything);
  Pass pass = Pass::training(Key{1});
  const Tape tape = Tape::of(classifier({.width = 2})(numbers({2, 16, 12, 3}, 1), pass));
  EXPECT_EQ(tape.count("conv2d"), 3u);
  EXPECT_EQ(tape.count("batch_norm_relu"), 7u);
  EXPECT_EQ(tape.count("matmul"), 1u);
  EXPECT_EQ(tape.count("add"), 4u + 1u);  // residuals, the bias of the head
  std::vector<std::string> blocks;
  for (const NodePtr& node : tape) {
    if (node->op.kind == "atrous_conv2d") blocks.push_back(text(node->op.attributes, ' ', node->shape));
  }
  EXPECT_EQ(blocks, (std::vector<std::string>{"rate 1x1 SAME [2, 8, 6, 4]", "rate 2x2 SAME [2, 8, 6, 4]",
                                              "rate 1x1 SAME [2, 4, 3, 8]", "rate 2x2 SAME [2, 4, 3, 8]"}));
}

// Its classes are those of the whole image, so they see all of it, and no tile has them.
TEST(SmallClassifier, SeesTheWholeImage) {
  const SmallClassifier net = classifier({.in_channels = 2, .classes = 3, .width = 2});
  EXPECT_FALSE(exact_tiling(AnyLayer(net), {192, 160, 2}));
  const Tensor image = Tensor::zeros({1, 9, 11, 2}, DType::float32);
  const std::vector<float> before = net(image).value().to_vector<float>();
  for (const std::size_t corner : {0UL, 20UL, 176UL, 196UL}) {
    std::vector<float> pixels(9 * 11 * 2);
    pixels[corner] = 1;
    EXPECT_NE(net(Tensor(image.shape(), pixels)).value().to_vector<float>(), before) << corner;
  }
}

TEST(SmallClassifier, RefusesOptionsThatMakeNoNetwork) {
  EXPECT_EQ(thrown<ArgumentError>([] { SmallClassifier({.width = -4}); }),
            "SegmentationOptions: width -4. Give the number of channels, or 0 for the network's own.");
  EXPECT_EQ(thrown<ArgumentError>([] { SmallClassifier({.classes = 0}); }),
            "Dense: in_features 64, out_features 0. Each must be 1 or more.");
}

TEST(NamedNetworks, SayWhetherTheyGiveLogitsOfEachPixel) {
  for (const NamedNetwork& network : named_networks()) {
    AnyLayer net = network.build({.in_channels = 1, .classes = 3, .width = 4}).layer;
    initialize(net, Key{1});
    const Shape logits = evaluate(net, numbers({2, 35, 40, 1}, 1)).shape();
    EXPECT_EQ(logits, network.per_pixel ? (Shape{2, 35, 40, 3}) : (Shape{2, 3})) << network.name;
  }
}

}  // namespace
}  // namespace trous
