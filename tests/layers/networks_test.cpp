// The networks that the program trains: sizes, counts, and the pairing of both atrous ops.
#include <gtest/gtest.h>

#include <trous/autograd/recording.h>
#include <trous/autograd/tape.h>
#include <trous/layers/from_json.h>
#include <trous/layers/networks.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/pointwise.h>

#include "core/thrown.h"
#include "layers/toys.h"

namespace trous {
namespace {

template <class Net>
Net made(const SegmentationOptions& options) {
  Net net(options);
  initialize(net, Key{1});
  return net;
}

template <class Net>
Tape tape_of(const Net& net, const Shape& image) {
  const Recording scope(Recording::everything);
  Pass pass = Pass::training(Key{1});
  return Tape::of(net(numbers(image, 1), pass));
}

TEST(SmallDilated, OneNetworkTakesImagesOfEverySize) {
  const auto net = made<SmallDilated>({.in_channels = 3, .classes = 5, .width = 2});
  for (const Shape& image : {Shape{1, 64, 64, 3}, Shape{2, 6, 20, 3}, Shape{1, 7, 13, 3}, Shape{1, 1, 1, 3},
                             Shape{1, 64, 64, 3}}) {
    EXPECT_EQ(net(numbers(image, 1)).shape(), (Shape{image[0], image[1], image[2], 5}));
  }
}

TEST(DeepDilated, OneNetworkTakesImagesOfEverySize) {
  const auto net = made<DeepDilated>({.in_channels = 3, .classes = 5, .width = 2});
  for (const Shape& image : {Shape{1, 64, 64, 3}, Shape{2, 6, 20, 3}, Shape{1, 7, 13, 3}, Shape{1, 1, 1, 3},
                             Shape{1, 5, 2, 3}, Shape{1, 64, 64, 3}}) {
    EXPECT_EQ(net(numbers(image, 1)).shape(), (Shape{image[0], image[1], image[2], 5}));
  }
}

TEST(DeepDilated, IsBuiltFromItsDescription) {
  AnyLayer read =
      network_from_json(R"({"network": "deep-dilated", "in_channels": 1, "classes": 4, "width": 3})");
  initialize(read, Key{1});
  const auto net = made<DeepDilated>({.in_channels = 1, .classes = 4, .width = 3});
  EXPECT_EQ(parameter_paths(read), parameter_paths(net));
  const Tensor image = numbers({1, 9, 12, 1}, 1);
  EXPECT_TRUE(same(evaluate(read, image), net(image)));
}

TEST(MirrorContext, OneNetworkTakesEveryImageAbove32) {
  const auto net = made<MirrorContext>({.in_channels = 1, .classes = 4, .width = 2});
  for (const Shape& image : {Shape{1, 64, 64, 1}, Shape{2, 33, 47, 1}, Shape{1, 84, 33, 1}}) {
    EXPECT_EQ(net(numbers(image, 1)).shape(), (Shape{image[0], image[1], image[2], 4}));
  }
  EXPECT_EQ(thrown<ShapeError>([&] {
              net(numbers({1, 32, 64, 1}, 1));
            }),
            "atrous_conv2d: no window fits on the height axis. The filter spans 17 pixels (3 taps, rate 8), "
            "value has 16. Use SAME, a smaller rate or a larger image.");
}

TEST(Networks, CountTheirParameters) {
  // stem + norm, down + norm, five blocks, up (4x4) + norm, head.
  EXPECT_EQ(
      count_parameters(SmallDilated({.in_channels = 3, .classes = 5})),
      (9 * 3 * 16 + 32) + (9 * 16 * 32 + 64) + 5 * (9 * 32 * 32 + 64) + (16 * 32 * 16 + 32) + (16 * 5 + 5));
  EXPECT_EQ(count_parameters(SmallDilated({.in_channels = 1, .classes = 11, .width = 4, .kernel = 1})),
            (4 + 8) + (4 * 8 + 16) + 5 * (8 * 8 + 16) + (8 * 4 + 8) + (4 * 11 + 11));
  // Widths 12, 24, 48, 24, 12.
  EXPECT_EQ(count_parameters(DeepDilated({.in_channels = 3, .classes = 5})),
            (9 * 3 * 12 + 24) + (9 * 12 * 24 + 48) + (9 * 24 * 48 + 96) + 5 * (9 * 48 * 48 + 96) +
                (16 * 48 * 24 + 48) + (16 * 24 * 12 + 24) + (12 * 5 + 5));
  // About 12 thousand, as its design says.
  EXPECT_EQ(count_parameters(MirrorContext({.in_channels = 3, .classes = 5})),
            (9 * 3 * 12 + 24) + 9 * (9 * 12 * 12 + 24) + (12 * 5 + 5));
}

TEST(Networks, MirrorContextPairsBothAtrousOps) {
  const Tape tape = tape_of(made<MirrorContext>({.width = 2}), {1, 40, 36, 3});
  EXPECT_EQ(tape.count("atrous_conv2d"), 5u);
  EXPECT_EQ(tape.count("atrous_conv2d_transpose"), 5u);
  EXPECT_EQ(tape.count("conv2d"), 1u);
  EXPECT_EQ(tape.count("batch_norm_relu"), 10u);
}

TEST(Networks, SmallDilatedIsBuiltAsItSays) {
  const Tape tape = tape_of(made<SmallDilated>({.width = 2}), {1, 8, 6, 3});
  EXPECT_EQ(tape.count("conv2d"), 3u);
  EXPECT_EQ(tape.count("atrous_conv2d"), 5u);
  EXPECT_EQ(tape.count("conv2d_transpose"), 1u);
  std::vector<std::string> rates;
  for (const NodePtr& node : tape) {
    if (node->op.kind == "atrous_conv2d") rates.push_back(text(node->op.attributes));
  }
  EXPECT_EQ(rates, (std::vector<std::string>{"rate 2x2 SAME", "rate 4x4 SAME", "rate 8x8 SAME",
                                             "rate 4x4 SAME", "rate 2x2 SAME"}));
}

TEST(Networks, DeepDilatedIsBuiltAsItSays) {
  const Tape tape = tape_of(made<DeepDilated>({.width = 2}), {1, 16, 12, 3});
  EXPECT_EQ(tape.count("conv2d"), 4u);
  EXPECT_EQ(tape.count("atrous_conv2d"), 5u);
  EXPECT_EQ(tape.count("conv2d_transpose"), 2u);
  EXPECT_EQ(tape.count("batch_norm_relu"), 10u);
  EXPECT_EQ(tape.count("add"), 5u + 2u + 1u);  // residuals, features of each size, the bias of the head
  std::vector<std::string> rates;
  for (const NodePtr& node : tape) {
    if (node->op.kind != "atrous_conv2d") continue;
    rates.push_back(text(node->op.attributes));
    EXPECT_EQ(node->shape, (Shape{1, 4, 3, 8})) << "a quarter of the sides, four widths";
  }
  EXPECT_EQ(rates, (std::vector<std::string>{"rate 2x2 SAME", "rate 4x4 SAME", "rate 8x8 SAME",
                                             "rate 4x4 SAME", "rate 2x2 SAME"}));
}

// The baseline of the program: with 1x1 filters a pixel's class depends on nothing but that pixel.
TEST(Networks, With1x1FiltersAPixelSeesItselfAlone) {
  const auto net = made<MirrorContext>({.in_channels = 1, .classes = 3, .width = 3, .kernel = 1});
  Tensor image = Tensor::zeros({1, 6, 6, 1}, DType::float32);
  const Tensor before = net(image).value();
  Tensor changed = Tensor::zeros({1, 6, 6, 1}, DType::float32);
  changed.mutable_values<float>()[14] = 1;
  const Tensor after = net(changed).value();
  for (std::size_t i = 0; i < 36 * 3; ++i) {
    EXPECT_EQ(before.values<float>()[i] == after.values<float>()[i], i / 3 != 14) << i;
  }
}

// Halves its input: a norm that knows neither pass nor ReLU.
struct Halve {
  Variable operator()(const Variable& x) const { return 0.5 * x; }
  static void parts(auto&, auto&&) {}
};

TEST(ConvNormRelu, TakesAnyNorm) {
  ConvNormRelu<Conv2d, Halve> block{Conv2d{{.in_channels = 2, .out_channels = 3, .kernel = 3, .bias = false}},
                                    Halve{}};
  initialize(block, Key{1});
  const Variable x = numbers({1, 4, 5, 2}, 1);
  Pass pass = Pass::training(Key{1});
  EXPECT_TRUE(same(block(x, pass), relu(0.5 * block.conv(x, pass))));
}

TEST(Networks, RefuseOptionsThatMakeNoNetwork) {
  EXPECT_EQ(thrown<ArgumentError>([] { SmallDilated({.in_channels = 0}); }),
            "Conv2d: in_channels 0, out_channels 16, kernel 3x3. Each must be 1 or more.");
  EXPECT_EQ(thrown<ArgumentError>([] { MirrorContext({.classes = 0}); }),
            "Conv2d: in_channels 12, out_channels 0, kernel 1x1. Each must be 1 or more.");
  EXPECT_EQ(thrown<ArgumentError>([] {
              SmallDilated({.kernel = {3, 0}});
            }),
            "Conv2d: in_channels 3, out_channels 16, kernel 3x0. Each must be 1 or more.");
  for (const char* what : {"SmallDilated", "DeepDilated", "MirrorContext"}) {
    const auto build = [&] {
      const SegmentationOptions negative{.width = -4};
      if (std::string(what) == "SmallDilated") SmallDilated{negative};
      if (std::string(what) == "DeepDilated") DeepDilated{negative};
      if (std::string(what) == "MirrorContext") MirrorContext{negative};
    };
    EXPECT_EQ(thrown<ArgumentError>(build),
              "SegmentationOptions: width -4. Give the number of channels, or 0 for the network's own.");
  }
}

}  // namespace
}  // namespace trous
