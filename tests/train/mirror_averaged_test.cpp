#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/layers/conv.h>
#include <trous/layers/network.h>
#include <trous/ops/pool.h>
#include <trous/ops/softmax.h>
#include <trous/train/mirror_averaged.h>

#include "core/thrown.h"

namespace trous {
namespace {

constexpr std::int64_t height = 5, width = 7, channels = 2, classes = 3;

AnyLayer a_network() {
  Conv2d net({.in_channels = channels, .out_channels = classes});
  initialize(net, Key{3});
  return net;
}

Tensor images() { return uniform({2, height, width, channels}, DType::float32, Key{4}); }

std::vector<float> turned(std::vector<float> values, std::int64_t per_pixel) {
  std::vector<float> result(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto pixel = static_cast<std::int64_t>(i) / per_pixel, c = static_cast<std::int64_t>(i) % per_pixel;
    const std::int64_t row = pixel / width, column = pixel % width;
    result[static_cast<std::size_t>((row * width + width - 1 - column) * per_pixel + c)] = values[i];
  }
  return result;
}

TEST(MirrorAveraged, TheMeanOfWhatIsSeenStraightAndInTheMirror) {
  const AnyLayer net = a_network();
  const Tensor x = images();
  const auto seen = [&](const Tensor& image) {
    Pass pass;
    return softmax(net(image, pass)).value().to_vector<float>();
  };
  const std::vector<float> straight = seen(x);
  const std::vector<float> other =
      turned(seen(Tensor(x.shape(), turned(x.to_vector<float>(), channels))), classes);
  const std::vector<float> averaged = softmax(MirrorAveraged{net}(x)).value().to_vector<float>();
  ASSERT_EQ(averaged.size(), straight.size());
  double apart = 0;
  for (std::size_t i = 0; i < averaged.size(); ++i) {
    EXPECT_NEAR(averaged[i], 0.5F * (straight[i] + other[i]), 1e-6F) << i;
    apart = std::max<double>(apart, std::abs(straight[i] - other[i]));
  }
  EXPECT_GT(apart, 0.01) << "the two views differ, or the test would see nothing";
}

TEST(MirrorAveraged, AMirroredImageGivesTheMirroredAnswerToTheLastBit) {
  const MirrorAveraged net{a_network()};
  const Tensor x = images();
  EXPECT_EQ(net(Tensor(x.shape(), turned(x.to_vector<float>(), channels))).value().to_vector<float>(),
            turned(net(x).value().to_vector<float>(), classes));
}

TEST(MirrorAveraged, WhatChangesTheSizeIsRefused) {
  const MirrorAveraged net{AnyLayer([](const Variable& x) { return max_pool2d(x, {.window = 2}); })};
  EXPECT_EQ(thrown<ShapeError>([&] {
              net(Variable(Tensor::zeros({1, 4, 6, 2}, DType::float32)));
            }),
            "MirrorAveraged: the network gives [1, 2, 3, 2] for images [1, 4, 6, 2]. It must keep height "
            "and width.");
}

}  // namespace
}  // namespace trous
