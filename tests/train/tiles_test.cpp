// One image in tiles against the image whole, bit for bit, and blended tiles against sums over all tiles.
#include <cmath>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/layers/network.h>
#include <trous/layers/networks.h>
#include <trous/layers/resample.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/broadcast.h>
#include <trous/ops/reduce.h>
#include <trous/ops/softmax.h>
#include <trous/train/tiles.h>

#include "core/thrown.h"
#include "layers/toys.h"

namespace trous {
namespace {

// Sees 4 pixels to every side.
AnyLayer local_net() {
  Sequential net{AtrousConv2d{{.in_channels = 2, .out_channels = 3, .rate = 3}},
                 Conv2d{{.in_channels = 3, .out_channels = 3}}};
  initialize(net, Key{3});
  return net;
}

// Adds to each pixel what all pixels have in common.
AnyLayer global_net() {
  Sequential net{Conv2d{{.in_channels = 2, .out_channels = 3}}, [](const Variable& x) {
                   return x + broadcast_to(mean(x, {1, 2}, true), x.shape());
                 }};
  initialize(net, Key{4});
  return net;
}

Tensor whole_prediction(const AnyLayer& net, const Tensor& image) {
  return predict_tiled(net, image, {.tile = 0});
}

TEST(Tiles, TheWholeImageIsTheSoftmaxOfTheLogits) {
  const AnyLayer net = local_net();
  const Tensor image = numbers({9, 7, 2}, 1);
  const Tensor whole = softmax(evaluate(net, image.reshaped({1, 9, 7, 2}))).value().reshaped({9, 7, 3});
  EXPECT_TRUE(same_bits(predict_tiled(net, image), whole));
  for (const std::int64_t tile : {0, 9, 20})  // no smaller than the image
    EXPECT_TRUE(same_bits(predict_tiled(net, image, {.tile = tile, .overlap = 2}), whole));
}

TEST(Tiles, GiveTheBitsOfTheWholeWhateverTheirSize) {
  const AnyLayer net = local_net();
  for (const Shape& size : {Shape{41, 33, 2}, Shape{20, 50, 2}, Shape{7, 45, 2}, Shape{18, 18, 2}}) {
    const Tensor image = numbers(size, 5);
    const Tensor whole = whole_prediction(net, image);
    for (const TileOptions& options :
         {TileOptions{.tile = 17}, TileOptions{.tile = 9}, TileOptions{.tile = 19, .overlap = 9},
          TileOptions{.tile = 32, .overlap = 2}}) {
      EXPECT_TRUE(plan_tiles(net, size, options).exact) << size << " in " << options.tile;
      EXPECT_TRUE(same_bits(predict_tiled(net, image, options), whole)) << size << " in " << options.tile;
    }
  }
}

TEST(Tiles, OfAStridedNetworkBeginAtMultiplesOfItsStride) {
  Sequential strided{Conv2d{{.in_channels = 1, .out_channels = 4, .stride = 2}},
                     Conv2d{{.in_channels = 4, .out_channels = 4, .stride = 2}},
                     Conv2dTranspose{{.in_channels = 4, .out_channels = 3, .kernel = 4, .stride = 4}}};
  initialize(strided, Key{3});
  const AnyLayer net = strided;
  for (const Shape& size : {Shape{48, 60, 1}, Shape{100, 84, 1}}) {
    const Tensor image = numbers(size, 5);
    const Tensor whole = whole_prediction(net, image);
    for (const std::int64_t tile : {25, 28, 31, 32}) {
      const TilePlan plan = plan_tiles(net, size, {.tile = tile});
      EXPECT_TRUE(plan.exact) << tile;
      for (const TileSpan& span : plan.rows) EXPECT_EQ(span.begin % 4, 0);
      EXPECT_TRUE(same_bits(predict_tiled(net, image, {.tile = tile}), whole)) << size << " in " << tile;
    }
  }
}

TEST(Tiles, OfNamedNetworksGiveTheBitsOfTheWhole) {
  SmallDilated small({.in_channels = 3, .classes = 4});
  initialize(small, Key{8});
  for (const Shape& size : {Shape{333, 290, 3}, Shape{300, 401, 3}}) {
    const Tensor image = numbers(size, 6);
    const Tensor whole = whole_prediction(small, image);
    for (const std::int64_t tile : {151, 200, 256}) {
      EXPECT_TRUE(plan_tiles(AnyLayer(small), size, {.tile = tile}).exact) << tile;
      EXPECT_TRUE(same_bits(predict_tiled(small, image, {.tile = tile}), whole)) << size << " in " << tile;
    }
  }
}

TEST(Tiles, OfANetworkAveragedWithItsMirrorImageGiveTheBitsOfTheWhole) {
  const MirrorAveraged net{local_net()};
  const Tensor image = numbers({40, 53, 2}, 5);
  EXPECT_FALSE(exact_tiling(AnyLayer(net), image.shape()));
  const TilePlan plan = plan_tiles(net, image.shape(), {.tile = 20});
  EXPECT_TRUE(plan.exact);
  EXPECT_TRUE(same_bits(tiled_logits(net, plan, image),
                        evaluate(net, image.reshaped({1, 40, 53, 2})).value().reshaped({40, 53, 3})));
}

// Every pixel is kept once, as far from an inner border as the network asks for, in tiles of at most `tile`.
TEST(Tiles, KeepEveryPixelOnceAndFarEnoughFromInnerBorders) {
  int plans = 0;
  for (std::int64_t size = 1; size <= 90; size += 1) {
    for (const auto& [period, before, after, tile] : {std::array<std::int64_t, 4>{1, 4, 4, 9},
                                                      {1, 0, 0, 7},
                                                      {2, 5, 3, 14},
                                                      {4, 6, 7, 30},
                                                      {3, 2, 4, 10}}) {
      const Tiling tiling{{period, 1}, {before, 0}, {after, 0}};
      const TilePlan plan = plan_tiles_with(tiling, tiling.period, {size, 5, 1}, {.tile = tile});
      if (!plan.exact) continue;
      ++plans;
      std::int64_t kept = 0;
      for (const TileSpan& s : plan.rows) {
        EXPECT_LE(s.end - s.begin, tile);
        EXPECT_EQ(s.begin % period, 0);
        EXPECT_EQ((size - s.end) % period, 0);
        EXPECT_EQ(s.keep_begin, kept);
        EXPECT_GT(s.keep_end, s.keep_begin);
        EXPECT_GE(s.keep_begin, s.begin == 0 ? 0 : s.begin + before);
        EXPECT_LE(s.keep_end, s.end == size ? size : s.end - after);
        kept = s.keep_end;
      }
      EXPECT_EQ(kept, size);
    }
  }
  EXPECT_GT(plans, 400);
}

TEST(Tiles, AreAsSmallAsTheirNumberAllows) {
  const Tiling tiling{{2, 2}, {43, 43}, {43, 43}};
  const TilePlan plan = plan_tiles_with(tiling, tiling.period, {4000, 5000, 3}, {});
  ASSERT_EQ(plan.rows.size(), 5U);
  ASSERT_EQ(plan.columns.size(), 6U);
  EXPECT_EQ(plan.rows[0].end, 870);     // 5 tiles that share 86: (4000 + 4 86) / 5 = 868.8
  EXPECT_EQ(plan.columns[0].end, 906);  // (5000 + 5 86) / 6 = 905
}

// The blend at each pixel, in float64, from all tiles that hold it.
TEST(Tiles, AreBlendedWhereNoneIsExact) {
  const AnyLayer net = global_net();
  for (const auto& [size, tile, overlap] : {std::tuple<Shape, std::int64_t, std::int64_t>{{41, 33, 2}, 16, 4},
                                            {{20, 50, 2}, 17, 8},
                                            {{30, 35, 2}, 11, 5}}) {
    const Tensor image = numbers(size, 9);
    const TilePlan plan = plan_tiles(net, size, {.tile = tile, .overlap = overlap});
    EXPECT_FALSE(plan.exact);
    const std::int64_t width = size[1];
    std::vector<double> sums(static_cast<std::size_t>(size[0] * width * 3)),
        weights(static_cast<std::size_t>(size[0] * width));
    const auto distance = [](const TileSpan& s, std::int64_t i, std::int64_t end) {
      const double before = s.begin == 0 ? 1e9 : static_cast<double>(i - s.begin) + 0.5;
      return std::min(before, s.end == end ? 1e9 : static_cast<double>(s.end - i) - 0.5);
    };
    for (const TileSpan& r : plan.rows) {
      for (const TileSpan& c : plan.columns) {
        EXPECT_LE(std::max(r.end - r.begin, c.end - c.begin), tile);
        std::vector<float> pixels;
        for (std::int64_t i = r.begin; i < r.end; ++i)
          for (std::int64_t j = c.begin; j < c.end; ++j)
            for (std::int64_t k = 0; k < 2; ++k)
              pixels.push_back(image.values<float>()[static_cast<std::size_t>((i * width + j) * 2 + k)]);
        const Shape box{1, r.end - r.begin, c.end - c.begin, 2};
        const auto p = softmax(evaluate(net, Tensor(box, pixels))).value().to_vector<float>();
        std::size_t at = 0;
        for (std::int64_t i = r.begin; i < r.end; ++i) {
          for (std::int64_t j = c.begin; j < c.end; ++j) {
            const double w = distance(r, i, size[0]) * distance(c, j, width);
            weights[static_cast<std::size_t>(i * width + j)] += w;
            for (std::int64_t k = 0; k < 3; ++k)
              sums[static_cast<std::size_t>((i * width + j) * 3 + k)] += w * static_cast<double>(p[at++]);
          }
        }
      }
    }
    const auto blended = predict_tiled(net, image, {.tile = tile, .overlap = overlap}).to_vector<float>();
    for (std::size_t i = 0; i < blended.size(); ++i)
      ASSERT_NEAR(blended[i], sums[i] / weights[i / 3], 2e-6) << size << " at " << i;
  }
}

TEST(Tiles, AreBlendedWhereTheFieldIsLargerThanATile) {
  const Shape size{60, 60, 2};
  EXPECT_FALSE(plan_tiles(local_net(), size, {.tile = 8}).exact);
  EXPECT_TRUE(plan_tiles(local_net(), size, {.tile = 9}).exact);
}

TEST(Tiles, SmallerThanAStrideAreRefused) {
  EXPECT_EQ(thrown<ArgumentError>([] {
              plan_tiles_with(Tiling{{4, 4}, {5, 5}, {6, 6}}, {4, 4}, {50, 50, 1}, {.tile = 3});
            }),
            "predict_tiled: tile 3, overlap 0, but the network's strides repeat after 4 pixels. Give tiles "
            "of 8 pixels "
            "or more.");
}

// A pool and a resize by its factor take even sizes only, and the mean mixes all pixels.
TEST(Tiles, OfAStridedNetworkAreBlendedAtMultiplesOfItsStride) {
  Sequential net{MaxPool2d{{}}, Conv2d{{.in_channels = 2, .out_channels = 3}},
                 [](const Variable& x) {
                   return x + broadcast_to(mean(x, {1, 2}, true), x.shape());
                 },
                 ResizeNearest{{.scale = 2}}};
  initialize(net, Key{4});
  EXPECT_EQ(stride_period(net, 2), (HeightWidth{2, 2}));
  for (const Shape& size : {Shape{62, 50, 2}, Shape{44, 70, 2}}) {
    for (const std::int64_t tile : {17, 20, 31}) {
      const TilePlan plan = plan_tiles(AnyLayer(net), size, {.tile = tile});
      EXPECT_FALSE(plan.exact);
      for (const std::vector<TileSpan>* spans : {&plan.rows, &plan.columns}) {
        for (const TileSpan& span : *spans) EXPECT_TRUE(span.begin % 2 == 0 && span.end % 2 == 0);
      }
      EXPECT_EQ(predict_tiled(net, numbers(size, 3), {.tile = tile}).shape(), (Shape{size[0], size[1], 3}));
    }
  }
}

TEST(Tiles, AreReadAndWrittenInRowsFromTheTop) {
  for (const AnyLayer& net : {local_net(), global_net()}) {
    const Shape size{40, 50, 2};
    const Tensor image = numbers(size, 2);
    std::int64_t read_top = 0, written_top = 0;
    std::vector<int> written(2000);
    const TilePlan plan = plan_tiles(net, size, {.tile = 18, .overlap = 4});
    logits_in_tiles(
        net, plan,
        [&](const PixelBox& box) {
          EXPECT_GE(box.top, read_top);
          read_top = box.top;
          return numbers({box.height, box.width, 2}, 3);
        },
        [&](const PixelBox& box, const Tensor& logits) {
          EXPECT_GE(box.top, written_top);
          written_top = box.top;
          EXPECT_EQ(logits.shape(), (Shape{box.height, box.width, 3}));
          for (std::int64_t i = 0; i < box.height; ++i)
            for (std::int64_t j = 0; j < box.width; ++j)
              ++written[static_cast<std::size_t>((box.top + i) * 50 + box.left + j)];
        });
    EXPECT_EQ(written, std::vector<int>(2000, 1));
  }
}

TEST(Tiles, RefuseWhatDoesNotTile) {
  const AnyLayer net = local_net();
  const Tensor image = numbers({20, 20, 2}, 1);
  const auto refused = [&](const TileOptions& options) {
    return thrown<ArgumentError>([&] { predict_tiled(net, image, options); });
  };
  EXPECT_EQ(
      refused({.tile = 16, .overlap = 8}),
      "predict_tiled: tile 16, overlap 8. A tile is 0, the whole image, or more than twice the overlap.");
  EXPECT_EQ(
      refused({.tile = -1, .overlap = 0}),
      "predict_tiled: tile -1, overlap 0. A tile is 0, the whole image, or more than twice the overlap.");
  EXPECT_EQ(
      refused({.tile = 0, .overlap = -1}),
      "predict_tiled: tile 0, overlap -1. A tile is 0, the whole image, or more than twice the overlap.");
  EXPECT_EQ(thrown<ShapeError>([&] {
              predict_tiled(net, numbers({1, 20, 20, 2}, 1));
            }),
            "predict_tiled: image [1, 20, 20, 2]. It is [height, width, channels].");
  Sequential valid{Conv2d{{.in_channels = 2, .out_channels = 3, .padding = Padding::valid}}};
  initialize(valid, Key{1});
  EXPECT_EQ(
      thrown<ShapeError>([&] { predict_tiled(valid, image); }),
      "predict_tiled: the network gives [1, 18, 18, 3] for an image [20, 20, 2]. It must give [1, height, "
      "width, classes] of the image's size.");
  EXPECT_EQ(
      thrown<ShapeError>([&] { predict_tiled(valid, image, {.tile = 10, .overlap = 2}); }),
      "predict_tiled: the network gives [1, 6, 6, 3] for an image [8, 8, 2]. It must give [1, height, width, "
      "classes] of the image's size.");
}

}  // namespace
}  // namespace trous
