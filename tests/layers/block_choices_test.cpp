// Norms and activations that have a name, in blocks and in whole networks; squeeze-excite and spatial
// dropout against their definitions.
#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include <trous/autograd/grad.h>
#include <trous/layers/check_network.h>
#include <trous/layers/from_json.h>
#include <trous/layers/group_norm.h>
#include <trous/layers/named_networks.h>
#include <trous/layers/networks.h>
#include <trous/layers/squeeze_excite.h>
#include <trous/layers/unet.h>
#include <trous/ops/activations.h>
#include <trous/ops/conv2d.h>
#include <trous/ops/group_norm.h>
#include <trous/ops/pointwise.h>

#include "core/thrown.h"
#include "layers/toys.h"

namespace trous {
namespace {

std::vector<double> as_doubles(const Variable& x) {
  return x.value().cast(DType::float64).to_vector<double>();
}

TEST(BlockChoices, ABlockIsItsThreeOps) {
  ConvNormRelu<Conv2d> block{Conv2d{{.in_channels = 2, .out_channels = 6, .bias = false}},
                             make_norm(NormKind::group, 6), Activation::silu};
  initialize(block, Key{3}, DType::float64);
  const Tensor x = normal({2, 5, 4, 2}, DType::float64, Key{4});
  const Tensor one = Tensor::ones({6}, DType::float64), zero = Tensor::zeros({6}, DType::float64);
  // One group: gcd(6 / 2, 8).
  const Variable expected = silu(group_norm(conv2d(x, block.conv.filters.get()), one, zero, 1));
  Pass pass;
  EXPECT_EQ(as_doubles(block(x, pass)), as_doubles(expected));
  block.activation = Activation::relu;
  EXPECT_EQ(as_doubles(block(x, pass)),
            as_doubles(group_norm_relu(conv2d(x, block.conv.filters.get()), one, zero, 1)));
}

TEST(BlockChoices, EachNameIsItsOwnFunction) {
  const Tensor x = normal({2, 4, 4, 16}, DType::float64, Key{1});
  std::set<std::vector<double>> results;
  for (const NamedActivation& row : named_activations()) {
    EXPECT_EQ(name(row.activation), row.name);
    EXPECT_TRUE(results.insert(as_doubles(activate(x, row.activation))).second) << row.name;
  }
  for (const NamedNorm& row : named_norms()) {
    EXPECT_EQ(name(row.kind), row.name);
    AnyNorm norm = make_norm(row.kind, 16);
    initialize(norm, Key{1}, DType::float64);
    Pass pass = Pass::training(Key{2});
    EXPECT_TRUE(results.insert(as_doubles(norm(x, pass))).second) << row.name;
  }
}

// The names of parameters do not depend on the norm.
TEST(BlockChoices, EveryNetworkTakesEveryNorm) {
  const Activation smooth[] = {Activation::silu, Activation::gelu, Activation::tanh, Activation::elu};
  for (const NamedNetwork& network : named_networks()) {
    std::size_t turn = 0;
    for (const NamedNorm& norm : named_norms()) {
      const Activation activation = smooth[turn++ % std::size(smooth)];
      AnyLayer net = network
                         .build({.in_channels = 1,
                                 .classes = 2,
                                 .width = 8,
                                 .kernel = network.name == "mirror-context" ? 1 : 3,
                                 .norm = norm.kind,
                                 .activation = activation})
                         .layer;
      initialize(net, Key{5});
      const std::string what = std::string(network.name) + " with " + std::string(norm.name);
      bool scales = false;
      for (const auto& [path, parameter] : parameters(net)) scales = scales || path.ends_with(".norm.scale");
      EXPECT_TRUE(scales) << what;
      const Tensor x = normal({2, 16, 16, 1}, DType::float32, Key{6});
      Pass pass = Pass::training(Key{7});
      const Variable logits = net(x, pass);
      EXPECT_EQ(logits.shape(), network.per_pixel ? Shape({2, 16, 16, 2}) : Shape({2, 2})) << what;
      for (const double v : as_doubles(logits)) ASSERT_TRUE(std::isfinite(v)) << what;
    }
  }
}

// A norm that knows no batch gives an image the same logits alone as beside others, in training as well.
TEST(BlockChoices, OnlyBatchNormDependsOnTheBatch) {
  for (const NamedNorm& norm : named_norms()) {
    UNet net({.in_channels = 1, .classes = 2, .width = 2, .norm = norm.kind});
    initialize(net, Key{5}, DType::float64);
    const Tensor both = normal({2, 16, 16, 1}, DType::float64, Key{6});
    const std::vector<double> values = both.to_vector<double>();
    const Tensor first({1, 16, 16, 1}, std::vector<double>(values.begin(), values.begin() + 256));
    Pass of_both = Pass::training(Key{7}), of_one = Pass::training(Key{7});
    std::vector<double> beside = as_doubles(net(both, of_both));
    const std::vector<double> alone = as_doubles(net(first, of_one));
    beside.resize(alone.size());
    EXPECT_EQ(beside == alone, norm.kind != NormKind::batch) << norm.name;
  }
}

TEST(BlockChoices, ANetworkWithANormAndAnActivationPassesItsCheck) {
  AnyLayer net = network_from_json(
      R"({"network": "unet", "in_channels": 1, "classes": 2, "width": 1,
          "norm": "group", "activation": "silu"})");
  initialize(net, Key{5}, DType::float64);
  const NetworkReport report = check_network(net, normal({2, 16, 16, 1}, DType::float64, Key{6}));
  EXPECT_TRUE(report.passed()) << report.whole;
}

TEST(BlockChoices, AreNamedInErrors) {
  const auto refused_text = [](const char* description) {
    return thrown<ArgumentError>([&] { network_from_json(description); });
  };
  EXPECT_EQ(
      refused_text(R"({"network": "unet", "norm": "grup"})"),
      "network_from_json: norm is \"grup\". Did you mean group? Norms are batch, group, instance, layer.");
  EXPECT_EQ(refused_text(R"({"layers": [{"conv2d_norm_relu": {"in_channels": 1, "out_channels": 4,
                             "activation": "swish"}}]})"),
            "network_from_json: layers[0].conv2d_norm_relu.activation is \"swish\". Activations are relu, "
            "leaky_relu, elu, gelu, silu, hardswish, tanh, sigmoid.");
  EXPECT_EQ(
      refused_text(R"({"layers": [{"group_norm": {"channels": 6, "groups": 4}}]})"),
      "network_from_json: layers[0].group_norm: GroupNorm: 4 groups of 6 channels do not come out even. "
      "Give a number that divides the channels, or 0 for 1.");
  EXPECT_EQ(thrown<ArgumentError>([] { GroupNorm({.channels = 0}); }),
            "GroupNorm: channels 0. Give 1 or more.");
  EXPECT_EQ(thrown<ArgumentError>([] { LayerNorm({.channels = 1}); }),
            "LayerNorm: channels 1. Give 2 or more, or another norm, since a variance needs 2.");
  EXPECT_EQ(thrown<ArgumentError>([] { InstanceNorm({.channels = 2, .epsilon = 0}); }),
            "InstanceNorm: epsilon 0 is not above 0. 1e-5 is usual.");
  EXPECT_EQ(thrown<ArgumentError>([] { SqueezeExcite({.channels = 4, .reduction = 0}); }),
            "SqueezeExcite: channels 4 and reduction 0. Give 1 or more of each.");
}

TEST(SqueezeExcite, WeighsChannelsByTheMeanOfTheImage) {
  SqueezeExcite layer({.channels = 4, .reduction = 2});
  initialize(layer, Key{8}, DType::float64);
  layer.squeeze.bias->value = Tensor({2}, std::vector<double>{0.1, -0.2});
  const Tensor x = normal({2, 3, 2, 4}, DType::float64, Key{9});
  const std::vector<double> in = x.to_vector<double>(), out = as_doubles(layer(x));
  const std::vector<double> down = as_doubles(layer.squeeze.filters.get()),
                            up = as_doubles(layer.excite.filters.get());
  for (std::size_t n = 0; n < 2; ++n) {
    double mean[4] = {}, inner[2] = {0.1, -0.2};
    for (std::size_t i = 0; i < 24; ++i) mean[i % 4] += in[n * 24 + i] / 6;
    for (std::size_t k = 0; k < 2; ++k) {
      for (std::size_t c = 0; c < 4; ++c) inner[k] += mean[c] * down[c * 2 + k];
    }
    for (std::size_t i = 0; i < 24; ++i) {
      double gate = 0;
      for (std::size_t k = 0; k < 2; ++k) gate += std::max(0.0, inner[k]) * up[k * 4 + i % 4];
      EXPECT_NEAR(out[n * 24 + i], in[n * 24 + i] / (1 + std::exp(-gate)), 1e-15 * 8);
    }
  }
}

TEST(SpatialDropout, DropsWholeChannels) {
  const SpatialDropout layer({.probability = 0.25});
  const Tensor x = Tensor::ones({40, 3, 3, 25}, DType::float32);
  Pass pass = Pass::training(Key{1});
  const std::vector<float> y = layer(x, pass).value().to_vector<float>();
  int kept = 0;
  for (std::size_t n = 0; n < 40; ++n) {
    for (std::size_t c = 0; c < 25; ++c) {
      const float first = y[n * 225 + c];
      EXPECT_TRUE(first == 0 || first == 1 / 0.75F) << first;
      kept += first != 0;
      for (std::size_t p = 0; p < 9; ++p) EXPECT_EQ(y[n * 225 + p * 25 + c], first);
    }
  }
  // 1000 draws: five standard deviations are 68.
  EXPECT_NEAR(kept, 750, 68);
  EXPECT_EQ(as_doubles(layer(x)), as_doubles(x)) << "in evaluation";
  EXPECT_EQ(thrown<ArgumentError>([] { SpatialDropout({.probability = 1}); }),
            "SpatialDropout: probability 1 is not in [0, 1). It is the share that is dropped.");
  EXPECT_EQ(thrown<ShapeError>([&] {
              layer(Tensor::ones({4, 3}, DType::float32), pass);
            }),
            "SpatialDropout: x is [4, 3]. It must be [n, ..., channels] with pixels between.");
}

}  // namespace
}  // namespace trous
