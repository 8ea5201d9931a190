// The window with the most mistakes against a count of every window.
#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/core/random.h>
#include <trous/data/image.h>
#include <trous/data/palette.h>
#include <trous/data/worst_window.h>

#include "data/scratch.h"

namespace trous {
namespace {

struct Maps {
  std::int64_t height, width;
  std::vector<std::int32_t> truth, prediction;

  bool wrong(std::int64_t row, std::int64_t column) const {
    const auto i = static_cast<std::size_t>(row * width + column);
    return truth[i] != unknown_label && truth[i] != prediction[i];
  }
  int mistakes(const PixelBox& w) const {
    int count = 0;
    for (std::int64_t row = w.top; row < w.top + w.height; ++row) {
      for (std::int64_t column = w.left; column < w.left + w.width; ++column) count += wrong(row, column);
    }
    return count;
  }
  PixelBox worst(std::int64_t side) const {
    return worst_window(Tensor({height, width}, truth), Tensor({height, width}, prediction), side);
  }
};

Maps right_everywhere(std::int64_t height, std::int64_t width) {
  const std::vector<std::int32_t> ones(static_cast<std::size_t>(height * width), 1);
  return {height, width, ones, ones};
}

TEST(WorstWindow, HasAsManyMistakesAsAnyWindow) {
  Random random(Key{3});
  for (int round = 0; round < 60; ++round) {
    Maps maps = right_everywhere(1 + random.below(20), 1 + random.below(20));
    const std::int64_t side = 1 + random.below(12), chance = 1 + random.below(30);
    for (std::size_t i = 0; i < maps.truth.size(); ++i) {
      if (random.below(chance) == 0) maps.prediction[i] = 2;
      if (random.below(5) == 0) maps.truth[i] = unknown_label;
    }
    int most = 0;
    PixelBox any{0, 0, std::min(side, maps.height), std::min(side, maps.width)};
    for (any.top = 0; any.top + any.height <= maps.height; ++any.top) {
      for (any.left = 0; any.left + any.width <= maps.width; ++any.left)
        most = std::max(most, maps.mistakes(any));
    }
    const PixelBox worst = maps.worst(side);
    EXPECT_EQ(worst.height, std::min(side, maps.height));
    EXPECT_EQ(worst.width, std::min(side, maps.width));
    ASSERT_GE(worst.top, 0);
    ASSERT_GE(worst.left, 0);
    ASSERT_LE(worst.top + worst.height, maps.height);
    ASSERT_LE(worst.left + worst.width, maps.width);
    EXPECT_EQ(maps.mistakes(worst), most) << round;
  }
}

TEST(WorstWindow, HasItsMistakesInTheMiddle) {
  Maps maps = right_everywhere(30, 40);
  maps.prediction[12 * 40 + 20] = maps.prediction[12 * 40 + 21] = maps.prediction[14 * 40 + 22] = 0;
  const PixelBox worst = maps.worst(9);
  EXPECT_EQ(worst.top, 9);  // of 9 rows 3 above and 3 below rows 12 to 14
  EXPECT_EQ(worst.left, 17);
  maps = right_everywhere(30, 40);
  maps.prediction[29 * 40 + 39] = 0;  // the corner
  EXPECT_EQ(maps.worst(9).top, 21);
  EXPECT_EQ(maps.worst(9).left, 31);
  EXPECT_EQ(right_everywhere(30, 40).worst(9).top, 10) << "without a mistake the middle";
}

TEST(WorstWindow, SaysWhatItCannotSearch) {
  const Tensor map = Tensor::zeros({4, 5}, DType::int32);
  EXPECT_EQ(message_of<ShapeError>([&] {
              worst_window(map, Tensor::zeros({5, 4}, DType::int32), 2);
            }),
            "worst_window: truth [4, 5] and prediction [5, 4] do not fit. Both are [height, width].");
  EXPECT_EQ(
      message_of<DTypeError>([&] {
        worst_window(map, Tensor::zeros({4, 5}, DType::float32), 2);
      }),
      "worst_window: truth is int32, prediction float32. Labels are uint8 or int32; take argmax of scores "
      "first.");
  EXPECT_EQ(
      message_of<ArgumentError>([&] { worst_window(map, map, 0); }),
      "worst_window: no window of side 0 is in an image of [4, 5]. Side, height and width are 1 or more.");
}

TEST(Cropped, IsThePartInTheWindow) {
  Bytes bytes(4 * 5 * 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i);
  const Tensor image({4, 5, 2}, bytes);
  const Tensor part = cropped(image, {1, 3, 2, 2});
  EXPECT_EQ(part.shape(), (Shape{2, 2, 2}));
  EXPECT_EQ(part.to_vector<std::uint8_t>(), (Bytes{16, 17, 18, 19, 26, 27, 28, 29}));
  const Tensor map({4, 5}, Bytes(bytes.begin(), bytes.begin() + 20));
  EXPECT_EQ(cropped(map, {3, 0, 1, 2}).to_vector<std::uint8_t>(), (Bytes{15, 16}));
  EXPECT_EQ(
      message_of<ArgumentError>([&] {
        cropped(map, {3, 0, 2, 2});
      }),
      "cropped: a window of 2 x 2 (height x width) at row 3, column 0 is not inside an image of [4, 5]. "
      "Move it or make it smaller.");
  EXPECT_EQ(message_of<ShapeError>([&] {
              cropped(Tensor::zeros({4}, DType::uint8), {0, 0, 1, 1});
            }),
            "cropped: [4] is no image. It is [height, width] or with channels.");
}

}  // namespace
}  // namespace trous
