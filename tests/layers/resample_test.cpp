// Pooling and resizing as layers: the ops they stand for, and what they refuse when they are made.
#include <gtest/gtest.h>

#include <trous/layers/resample.h>
#include <trous/layers/sequential.h>
#include <trous/ops/resize.h>

#include "core/thrown.h"
#include "layers/toys.h"

namespace trous {
namespace {

TEST(Resample, LayersAreTheirOps) {
  const Variable x = numbers({2, 7, 8, 3}, 1);
  const Pool2dOptions options{.window = {3, 2}, .stride = {2, 1}, .padding = "SAME"};
  EXPECT_TRUE(same(MaxPool2d(options)(x), max_pool2d(x, options)));
  EXPECT_TRUE(same(AveragePool2d(options)(x), average_pool2d(x, options)));
  EXPECT_TRUE(same(MaxPool2d()(x), max_pool2d(x)));
  EXPECT_TRUE(same(ResizeBilinear({.scale = {2, 3}})(x), resize_bilinear(x, 14, 24)));
  EXPECT_TRUE(same(ResizeNearest({.scale = {3, 1}})(x), resize_nearest(x, 21, 8)));
  EXPECT_TRUE(same(PixelShuffle({.block = {1, 3}})(x), pixel_shuffle(x, {1, 3})));
  EXPECT_TRUE(same(PixelUnshuffle({.block = {1, 4}})(x), pixel_unshuffle(x, {1, 4})));
}

TEST(Resample, LayersTakeImagesOfEverySize) {
  const Sequential net{MaxPool2d(), ResizeBilinear()};
  EXPECT_EQ(net(numbers({1, 8, 6, 2}, 1)).shape(), (Shape{1, 8, 6, 2}));
  EXPECT_EQ(net(numbers({3, 5, 7, 2}, 1)).shape(), (Shape{3, 4, 6, 2}));
}

TEST(Resample, APoolKnowsTheStrideItUses) {
  EXPECT_EQ(MaxPool2d({.window = {3, 2}}).options.stride, (Stride{3, 2}));
  EXPECT_EQ(AveragePool2d({.window = 3, .stride = 1}).options.stride, Stride(1));
}

TEST(Resample, LayersRefuseBadOptionsWhenMade) {
  EXPECT_EQ(thrown<ArgumentError>([] {
              MaxPool2d({.window = {2, 0}});
            }),
            "MaxPool2d: window 2x0, stride 2x0. Each must be 1 or more.");
  EXPECT_EQ(thrown<ArgumentError>([] {
              AveragePool2d({.stride = {1, 0}});
            }),
            "AveragePool2d: window 2, stride 1x0. Each must be 1 or more.");
  EXPECT_EQ(
      thrown<ArgumentError>([] { MaxPool2d({.padding = "FULL"}); }),
      "MaxPool2d: padding \"FULL\" is neither \"SAME\" nor \"VALID\". SAME pads with zeros to keep height "
      "and width, VALID takes windows inside the image.");
  EXPECT_EQ(thrown<ArgumentError>([] { ResizeBilinear({.scale = 0}); }),
            "ResizeBilinear: scale 0. It must be 1 or more; pooling makes images smaller.");
  EXPECT_EQ(thrown<ShapeError>([] {
              ResizeNearest({.scale = std::int64_t{1} << 62})(numbers({1, 2, 2, 1}, 1));
            }),
            "ResizeNearest: x [1, 2, 2, 1] times 4611686018427387904 exceeds 2^63 - 1 pixels. Use a smaller "
            "scale.");
  EXPECT_EQ(thrown<ShapeError>([] {
              ResizeNearest()(numbers({2, 2, 1}, 1));
            }),
            "resize_nearest: x has rank 3, needs 4. x [2, 2, 1] must be [batch, height, width, channels].");
}

}  // namespace
}  // namespace trous
