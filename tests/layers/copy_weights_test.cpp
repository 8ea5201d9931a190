// The weights of one network in another of the same layers, whatever type it has.
#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/layers/networks.h>
#include <trous/layers/norm.h>
#include <trous/layers/sequential.h>

#include "core/thrown.h"
#include "layers/toys.h"

namespace trous {
namespace {

Sequential two(std::int64_t channels, std::int64_t normed, std::uint64_t key) {
  Sequential net{Conv2d{{.in_channels = 1, .out_channels = channels}}, BatchNorm{{.channels = normed}}};
  initialize(net, Key{key});
  for (const auto& [path, buffer] : buffers(net)) buffer->value = numbers(buffer->spec.shape, key);
  return net;
}

TEST(CopyWeights, GivesWeightsAndStatisticsAcrossTypes) {
  const Sequential from = two(4, 4, 1);
  Sequential to = two(4, 4, 2);
  ASSERT_FALSE(same_network(to, from));
  copy_weights(from, to);
  EXPECT_TRUE(same_network(to, from));

  SmallDilated known({.in_channels = 1, .width = 2});
  initialize(known, Key{3});
  AnyLayer any = SmallDilated({.in_channels = 1, .width = 2});  // without values yet
  copy_weights(known, any);
  EXPECT_TRUE(same_network(Sequential{any}, Sequential{known}));
  SmallDilated back({.in_channels = 1, .width = 2});
  copy_weights(any, back);
  EXPECT_TRUE(same_network(back, known));
}

TEST(CopyWeights, ACopyIsItsOwn) {
  const Sequential from = two(4, 4, 1);
  Sequential to = two(4, 4, 2);
  copy_weights(from, to);
  parameters(to)[0].part->value = Tensor::zeros({3, 3, 1, 4}, DType::float32);
  EXPECT_TRUE(same_network(from, two(4, 4, 1)));
}

TEST(CopyWeights, RefusesOtherLayersAndChangesNothing) {
  const Sequential from = two(4, 4, 1);
  const auto refusal = [&]<class E>(E*, Sequential to) {
    const Sequential before = to;
    const std::string message = thrown<E>([&] { copy_weights(from, to); });
    EXPECT_TRUE(same_network(to, before));
    return message;
  };
  EXPECT_EQ(
      refusal(static_cast<ShapeError*>(nullptr), two(5, 4, 2)),
      "copy_weights: 0.filters has shape [3, 3, 1, 5], its source [3, 3, 1, 4]. Give networks of the same "
      "layers.");
  // The first layer fits; nothing of it is taken.
  EXPECT_EQ(refusal(static_cast<ShapeError*>(nullptr), two(4, 5, 2)),
            "copy_weights: 1.scale has shape [5], its source [4]. Give networks of the same layers.");
  Sequential one{Conv2d{{.in_channels = 1, .out_channels = 4}}};
  initialize(one, Key{2});
  EXPECT_EQ(refusal(static_cast<ArgumentError*>(nullptr), one),
            "copy_weights: 4 parameters and 2 buffers for 2 and 0. Give networks of the same layers.");
}

}  // namespace
}  // namespace trous
