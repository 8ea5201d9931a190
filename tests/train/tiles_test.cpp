// One image in tiles against the image whole, and every pixel's way through the tiles against a loop.
#include <cmath>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/layers/network.h>
#include <trous/layers/networks.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/softmax.h>
#include <trous/train/tiles.h>

#include "core/thrown.h"
#include "layers/toys.h"

namespace trous {
namespace {

double farthest(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.shape(), b.shape());
  double distance = 0;
  const auto x = a.to_vector<float>(), y = b.to_vector<float>();
  for (std::size_t i = 0; i < x.size(); ++i)
    distance = std::max(distance, std::abs(double(x[i]) - double(y[i])));
  return distance;
}

// Sees 4 pixels to every side.
Sequential local_net() {
  Sequential net{AtrousConv2d{{.in_channels = 2, .out_channels = 3, .rate = 3}},
                 Conv2d{{.in_channels = 3, .out_channels = 3}}};
  initialize(net, Key{3});
  return net;
}

TEST(Tiles, TheWholeImageIsTheSoftmaxOfTheLogits) {
  const Sequential net = local_net();
  const Tensor image = numbers({9, 7, 2}, 1);
  const Tensor whole = softmax(net(image.reshaped({1, 9, 7, 2}))).value().reshaped({9, 7, 3});
  EXPECT_TRUE(same_bits(predict_tiled(net, image), whole));
  for (const std::int64_t tile : {9, 20})  // no smaller than the image
    EXPECT_TRUE(same_bits(predict_tiled(net, image, {.tile = tile, .overlap = 2}), whole));
}

TEST(Tiles, GiveWhatTheWholeGivesWhereTheirOverlapIsWideEnough) {
  const Sequential net = local_net();
  for (const Shape& size : {Shape{41, 33, 2}, Shape{20, 50, 2}, Shape{7, 45, 2}, Shape{18, 18, 2}}) {
    const Tensor image = numbers(size, 5);
    const Tensor whole = predict_tiled(net, image);
    for (const TileOptions& options :
         {TileOptions{.tile = 17, .overlap = 8}, TileOptions{.tile = 19, .overlap = 9},
          TileOptions{.tile = 32, .overlap = 8}}) {
      EXPECT_LT(farthest(predict_tiled(net, image, options), whole), 1e-6) << size << " in " << options.tile;
    }
    // 6 / 2 is less than 4: the borders show, so the condition is no wider than it must be.
    EXPECT_GT(farthest(predict_tiled(net, image, {.tile = 17, .overlap = 6}), whole), 1e-4) << size;
  }
}

// Strides of 2 by 2: SAME pads a side of an even length after it alone, of an odd one at both ends.
TEST(Tiles, OfAStridedNetworkAreMultiplesOfItsStride) {
  Sequential net{Conv2d{{.in_channels = 1, .out_channels = 4, .stride = 2}},
                 Conv2d{{.in_channels = 4, .out_channels = 4, .stride = 2}},
                 Conv2dTranspose{{.in_channels = 4, .out_channels = 3, .kernel = 4, .stride = 4}}};
  initialize(net, Key{3});
  const Tensor image = numbers({48, 60, 1}, 5);
  const Tensor whole = predict_tiled(net, image);
  EXPECT_LT(farthest(predict_tiled(net, image, {.tile = 28, .overlap = 12}), whole), 1e-6);
  EXPECT_LT(farthest(predict_tiled(net, image, {.tile = 32, .overlap = 12}), whole), 1e-6);
  EXPECT_GT(farthest(predict_tiled(net, image, {.tile = 32, .overlap = 14}), whole), 1e-4);
  EXPECT_GT(farthest(predict_tiled(net, image, {.tile = 28, .overlap = 13}), whole), 1e-4);
}

// A network that tells how far each pixel is from the border of what it was given, in rows and columns.
struct Margins {
  std::shared_ptr<std::vector<Shape>> seen = std::make_shared<std::vector<Shape>>();
  Variable operator()(const Variable& x, Pass&) const {
    seen->push_back(x.shape());
    const std::int64_t h = x.shape()[1], w = x.shape()[2];
    std::vector<float> values;
    for (std::int64_t r = 0; r < h; ++r) {
      for (std::int64_t c = 0; c < w; ++c) {
        const std::int64_t margin = std::min(std::min(r, h - 1 - r), std::min(c, w - 1 - c));
        // softmax of (log m, 0) has m / (m + 1) first.
        values.push_back(std::log(static_cast<float>(margin) + 1e-6F));
        values.push_back(0);
      }
    }
    return Tensor({1, h, w, 2}, values);
  }
  static void parts(auto&, auto&&) {}
};

TEST(Tiles, KeepEveryPixelAtLeastHalfAnOverlapFromAnInnerBorder) {
  for (std::int64_t height = 1; height <= 40; height += 3) {
    for (const std::int64_t width : {5, 14, 29}) {
      for (const auto& [tile, overlap] : {std::pair{9, 4}, {9, 3}, {5, 2}, {3, 1}, {7, 0}}) {
        const Margins net;
        const Tensor image = numbers({height, width, 1}, 2);
        const Tensor result = predict_tiled(AnyLayer(net), image, {.tile = tile, .overlap = overlap});
        for (const Shape& shape : *net.seen) {
          EXPECT_EQ(shape[1], std::min<std::int64_t>(tile, height));
          EXPECT_EQ(shape[2], std::min<std::int64_t>(tile, width));
        }
        for (std::int64_t r = 0; r < height; ++r) {
          for (std::int64_t c = 0; c < width; ++c) {
            const double p = result.to_vector<float>()[static_cast<std::size_t>(2 * (r * width + c))];
            const auto margin = std::llround(p / (1 - p));
            const std::int64_t outer = std::min(std::min(r, height - 1 - r), std::min(c, width - 1 - c));
            ASSERT_GE(margin, std::min<std::int64_t>(overlap / 2, outer))
                << tile << ' ' << overlap << " at " << r << ' ' << c << " of " << height << " x " << width;
          }
        }
      }
    }
  }
}

TEST(Tiles, RefuseWhatDoesNotTile) {
  const Sequential net = local_net();
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
      "predict_tiled: the network gives [1, 8, 8, 3] for an image [10, 10, 2]. It must give [1, height, "
      "width, classes] of the image's size.");
}

}  // namespace
}  // namespace trous
