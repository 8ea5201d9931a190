// bind(net, weights) runs a network with other weights, and the network itself never notices.
#include <gtest/gtest.h>

#include <trous/autograd/grad.h>
#include <trous/autograd/node.h>
#include <trous/core/map.h>
#include <trous/layers/conv.h>
#include <trous/layers/networks.h>
#include <trous/layers/sequential.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/reduce.h>

#include "core/thrown.h"
#include "layers/toys.h"

namespace trous {
namespace {

Conv2d made_conv() {
  Conv2d conv{{.in_channels = 2, .out_channels = 3, .kernel = {3, 2}}};
  initialize(conv, Key{1});
  return conv;
}

TEST(Bind, TheCopyUsesTheVariablesAndTheNetworkDoesNot) {
  const Conv2d net = made_conv();
  const Conv2d before = net;
  const Variable x = numbers({2, 4, 5, 2}, 1);
  const std::vector<Variable> weights{track(numbers({3, 2, 2, 3}, 2)), track(numbers({3}, 3))};
  const Conv2d bound = bind(net, weights);
  EXPECT_TRUE(same_network(net, before));
  EXPECT_FALSE(net.filters.get().tracked());
  const Variable y = bound(x);
  EXPECT_TRUE(y.tracked());
  Conv2d assigned = net;
  assigned.filters.value = weights[0].value();
  assigned.bias->value = weights[1].value();
  EXPECT_TRUE(same(y, assigned(x)));
  EXPECT_FALSE(same_bits(y.value(), net(x).value()));
}

TEST(Bind, TrackedWeightsAreNamedLeavesInTheOrderOfParts) {
  const Conv2d net = made_conv();
  const std::vector<Variable> weights = tracked_weights(net);
  ASSERT_EQ(weights.size(), 2u);
  EXPECT_TRUE(weights[0].tracked() && weights[1].tracked());
  EXPECT_EQ(weights[0].node()->op.name, "filters");
  EXPECT_EQ(weights[1].node()->op.name, "bias");
  EXPECT_TRUE(weights[0].value().same_storage(net.filters.get().value()));
  // Bound to its own weights a network is itself.
  const Variable x = numbers({1, 4, 5, 2}, 1);
  EXPECT_TRUE(same(bind(net, weights)(x), net(x)));
}

// The derivative of sum(conv(x) + b) in b is the number of pixels: known without any rule of ours.
TEST(Bind, GradientsArriveAtTheBoundVariables) {
  const Conv2d net = made_conv();
  const std::vector<Variable> weights = tracked_weights(net);
  const auto gradients = grad(sum(bind(net, weights)(numbers({2, 4, 5, 2}, 1))), weights);
  EXPECT_EQ(gradients[1].value().to_vector<float>(), (std::vector<float>{40, 40, 40}));
  EXPECT_EQ(gradients[0].shape(), (Shape{3, 2, 2, 3}));
}

TEST(Bind, WorksWhereLayersAreHidden) {
  Sequential net{made_conv(), Conv2d{{.in_channels = 3, .out_channels = 1, .bias = false}}};
  initialize(net, Key{4});
  const Variable x = numbers({1, 4, 5, 2}, 1);
  const Variable before = net(x);
  std::vector<Variable> doubled;
  for (const Variable& w : tracked_weights(net)) doubled.push_back(w * 2.0);
  const Sequential bound = bind(net, doubled);
  // Biases are zero, and two layers twice as steep are four times as steep: exact in binary.
  EXPECT_TRUE(same(bound(x), map(before.value(), [](auto v) { return v * 4; })));
  EXPECT_TRUE(same(net(x), before));
}

TEST(Bind, SaysWhatDoesNotFit) {
  const Conv2d net = made_conv();
  EXPECT_EQ(
      thrown<ArgumentError>([&] { bind(net, {numbers({3}, 1)}); }),
      "bind: 1 weights for 2 parameters. Give one per parameter, in the order of tracked_weights(net).");
  EXPECT_EQ(thrown<ShapeError>([&] {
              bind(net, {numbers({3}, 1), numbers({3, 2, 2, 3}, 1)});
            }),
            "bind: filters has shape [3, 2, 2, 3], weight number 0 has [3]. Keep the order of "
            "tracked_weights(net).");
  EXPECT_EQ(thrown<ShapeError>([&] {
              bind(net, {numbers({3, 2, 2, 3}, 1), numbers({4}, 1)});
            }),
            "bind: bias has shape [3], weight number 1 has [4]. Keep the order of tracked_weights(net).");
}

TEST(CastNetwork, ConvertsWeightsAndBuffersOfACopy) {
  SmallDilated net({.in_channels = 1, .classes = 2, .width = 2});
  initialize(net, Key{1});
  const SmallDilated before = net;
  const SmallDilated wide = cast_network(net, DType::float64);
  EXPECT_TRUE(same_network(net, before));
  for (const auto& [path, p] : parameters(wide)) EXPECT_EQ(p->get().dtype(), DType::float64) << path;
  for (const auto& [path, b] : buffers(wide)) EXPECT_EQ(b->get().dtype(), DType::float64) << path;
  EXPECT_TRUE(same_network(cast_network(wide, DType::float32), before));
  EXPECT_EQ(wide(numbers({1, 8, 8, 1}, 1, DType::float64)).dtype(), DType::float64);
}

}  // namespace
}  // namespace trous
