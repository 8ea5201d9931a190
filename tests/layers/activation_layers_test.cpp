// Activations with options or weights as layers: the ops that they stand for, their JSON, what they refuse.
#include <limits>

#include <gtest/gtest.h>

#include <trous/autograd/grad.h>
#include <trous/layers/activations.h>
#include <trous/layers/from_json.h>
#include <trous/layers/resample.h>
#include <trous/layers/sequential.h>
#include <trous/layers/summary.h>
#include <trous/ops/activations.h>
#include <trous/ops/reduce.h>

#include "core/thrown.h"
#include "layers/toys.h"

namespace trous {
namespace {

TEST(ActivationLayers, AreTheirOps) {
  const Variable x = numbers({2, 3, 4, 3}, 1);
  EXPECT_TRUE(same(LeakyRelu({.slope = 0.125})(x), leaky_relu(x, 0.125)));
  EXPECT_TRUE(same(LeakyRelu()(x), leaky_relu(x, 0.01)));
  EXPECT_TRUE(same(Elu({.alpha = 2})(x), elu(x, 2)));
  EXPECT_TRUE(same(Elu()(x), elu(x, 1)));
}

TEST(ActivationLayers, PReluLearnsASlopeForEachChannel) {
  PRelu layer{{.channels = 3, .first_slope = 0.5}};
  initialize(layer, Key{1});
  EXPECT_EQ(layer.slope.get().value().to_vector<float>(), (std::vector<float>{0.5F, 0.5F, 0.5F}));
  const Variable x = numbers({2, 3, 4, 3}, 1);
  EXPECT_TRUE(same(layer(x), leaky_relu(x, 0.5)));
  const auto weights = tracked_weights(layer);
  const Variable slope_gradient = grad(sum(bind(layer, weights)(x)), {weights[0]})[0];
  EXPECT_EQ(slope_gradient.shape(), Shape{3});
}

TEST(ActivationLayers, PReluHasARowInTheTable) {
  Sequential net(std::vector<AnyLayer>{PRelu({.channels = 3})});
  initialize(net, Key{1});
  const Summary table = summarize(net, {1, 2, 2, 3});
  ASSERT_EQ(table.layers.size(), 1U);
  EXPECT_EQ(table.layers[0].path, "0");
  EXPECT_EQ(table.layers[0].parameters, 3);
}

TEST(ActivationLayers, ComeFromJson) {
  const std::string resolved = resolved_description(R"({"layers": [
      {"prelu": {"channels": 8}}, "elu", {"leaky_relu": {"slope": 0.125}},
      {"pixel_shuffle": {"block": [2, 1]}}, "prelu", "pixel_unshuffle",
      {"dense": {"out_features": 2}}, "softplus"]})");
  EXPECT_EQ(resolved,
            R"({"layers":[{"prelu":{"channels":8,"first_slope":0.25}},{"elu":{"alpha":1.0}},)"
            R"({"leaky_relu":{"slope":0.125}},{"pixel_shuffle":{"block":[2,1]}},)"
            R"({"prelu":{"channels":4,"first_slope":0.25}},{"pixel_unshuffle":{"block":2}},)"
            R"({"dense":{"in_features":16,"out_features":2,"bias":true,"initializer":"glorot_uniform"}},)"
            R"("softplus"]})");
  AnyLayer net = network_from_json(resolved);
  initialize(net, Key{1});
  EXPECT_EQ(evaluate(net, numbers({1, 3, 4, 8}, 1)).shape(), (Shape{1, 3, 2, 2}));
}

TEST(ActivationLayers, RefuseBadOptions) {
  const double none = std::numeric_limits<double>::infinity();
  EXPECT_EQ(thrown<ArgumentError>([&] { LeakyRelu({.slope = none}); }),
            "LeakyRelu: slope inf. Give a finite number.");
  EXPECT_EQ(thrown<ArgumentError>([&] { Elu({.alpha = -none}); }), "Elu: alpha -inf. Give a finite number.");
  EXPECT_EQ(thrown<ArgumentError>([&] { PRelu({.channels = 1, .first_slope = none}); }),
            "PRelu: first_slope inf. Give a finite number.");
  EXPECT_EQ(thrown<ArgumentError>([] { PRelu({.channels = 0}); }), "PRelu: channels 0. Give 1 or more.");
  EXPECT_EQ(thrown<ArgumentError>([] { network_from_json(R"({"layers": ["prelu"]})"); }),
            "network_from_json: layers[0].prelu.channels is missing. No layer before says how many channels "
            "there are. Give a whole number.");
}

TEST(PixelShuffleLayers, RefuseBadBlocks) {
  EXPECT_EQ(thrown<ArgumentError>([] { PixelShuffle({.block = 0}); }),
            "PixelShuffle: block 0. It must be 1 or more.");
  EXPECT_EQ(thrown<ArgumentError>([] {
              PixelUnshuffle({.block = {1, 0}});
            }),
            "PixelUnshuffle: block 1x0. It must be 1 or more.");
  const auto refused_after_6 = [](const std::string& layer) {
    return thrown<ArgumentError>([&] {
      network_from_json(R"({"layers": [{"conv2d": {"in_channels": 1, "out_channels": 6}}, )" + layer + "]}");
    });
  };
  EXPECT_EQ(refused_after_6(R"("pixel_shuffle")"),
            "network_from_json: layers[1].pixel_shuffle has a block of 2, but what comes before gives 6 "
            "channels. They must fill whole blocks.");
  EXPECT_EQ(refused_after_6(R"({"pixel_unshuffle": {"block": [4611686018427387904, 2]}})"),
            "network_from_json: layers[1].pixel_unshuffle has a block of 4611686018427387904x2. 6 channels "
            "times that exceed 2^63 - 1. Use a smaller block.");
}

}  // namespace
}  // namespace trous
