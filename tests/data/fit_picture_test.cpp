// Shrunk pictures against loops in float64 that integrate areas, whatever the size.
#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/core/random.h>
#include <trous/data/fit_picture.h>

#include "data/scratch.h"

namespace trous {
namespace {

// The length of [r, r + 1] inside [i f, (i + 1) f].
double overlap(std::int64_t r, std::int64_t i, double f) {
  const double begin = std::max(static_cast<double>(r), static_cast<double>(i) * f);
  const double end = std::min(static_cast<double>(r + 1), static_cast<double>(i + 1) * f);
  return std::max(0.0, end - begin);
}

std::int64_t fitted(std::int64_t size, std::int64_t longest, std::int64_t max_side) {
  if (longest <= max_side) return size;
  const double exact =
      static_cast<double>(size) * static_cast<double>(max_side) / static_cast<double>(longest);
  return std::max<std::int64_t>(1, std::llround(exact));
}

struct Sizes {
  std::int64_t height, width, channels, max_side;
};

// Odd, even, wide, high, a side of one, nearly the size, whole and broken factors.
const std::vector<Sizes> sizes{{30, 40, 3, 10}, {31, 17, 3, 10}, {1, 57, 1, 8},   {57, 1, 2, 8},
                               {64, 64, 3, 16}, {11, 10, 3, 10}, {100, 37, 1, 7}, {5, 200, 3, 3}};

TEST(FitPicture, EachPixelIsTheMeanOfItsArea) {
  for (const auto& [height, width, channels, max_side] : sizes) {
    Random random(Key{7});
    Bytes bytes;
    for (std::int64_t i = 0; i < height * width * channels; ++i)
      bytes.push_back(static_cast<std::uint8_t>(random.below(256)));
    const Tensor result = fit_picture(Tensor({height, width, channels}, bytes), max_side);
    const std::int64_t longest = std::max(height, width);
    const std::int64_t rows = fitted(height, longest, max_side), columns = fitted(width, longest, max_side);
    ASSERT_EQ(result.shape(), (Shape{rows, columns, channels}));
    const double down = static_cast<double>(height) / static_cast<double>(rows);
    const double right = static_cast<double>(width) / static_cast<double>(columns);
    for (std::int64_t i = 0; i < rows; ++i) {
      for (std::int64_t j = 0; j < columns; ++j) {
        for (std::int64_t k = 0; k < channels; ++k) {
          double sum = 0;
          for (std::int64_t r = 0; r < height; ++r) {
            for (std::int64_t c = 0; c < width; ++c)
              sum += overlap(r, i, down) * overlap(c, j, right) *
                     bytes[static_cast<std::size_t>((r * width + c) * channels + k)];
          }
          const double mean = sum / (down * right);
          const std::uint8_t pixel =
              result.values<std::uint8_t>()[static_cast<std::size_t>((i * columns + j) * channels + k)];
          ASSERT_LE(std::abs(pixel - mean), 0.5 + 1e-9) << height << 'x' << width << ' ' << i << ' ' << j;
        }
      }
    }
  }
}

// The definition of fit_labels. Areas that are compared differ by far more than float64 rounds, or are equal
// numbers of whole pixels.
std::int32_t expected_label(const std::vector<std::int32_t>& labels, const Sizes& s, double down,
                            double right, std::int64_t i, std::int64_t j) {
  std::map<std::int32_t, double> covered;
  std::map<std::int32_t, int> in_map;
  for (std::int64_t r = 0; r < s.height; ++r) {
    for (std::int64_t c = 0; c < s.width; ++c) {
      const std::int32_t label = labels[static_cast<std::size_t>(r * s.width + c)];
      ++in_map[label];
      if (const double area = overlap(r, i, down) * overlap(c, j, right); area > 1e-9) covered[label] += area;
    }
  }
  std::int32_t chosen = -1;
  for (const auto& [label, area] : covered) {
    if (8 * std::int64_t{in_map[label]} > s.height * s.width) continue;
    if (area < std::min(down, right) / 2 - 1e-9) continue;
    if (chosen < 0 || in_map[label] <= in_map[chosen])
      chosen = label;  // of equals the later, which is higher
  }
  if (chosen >= 0) return chosen;
  for (const auto& [label, area] : covered) {
    const double best = chosen < 0 ? -1 : covered[chosen];
    const bool equal = std::abs(area - best) < 1e-9;
    if ((equal && in_map[label] <= in_map[chosen]) || (!equal && area > best)) chosen = label;
  }
  return chosen;
}

TEST(FitLabels, EachPixelIsARareLabelOrThatOfTheMajority) {
  for (const std::int64_t classes : {2, 5, 90}) {
    for (const Sizes& s : sizes) {
      Random random(Key{static_cast<std::uint64_t>(classes)});
      std::vector<std::int32_t> labels;
      for (std::int64_t i = 0; i < s.height * s.width; ++i)  // the low ones are commoner
        labels.push_back(static_cast<std::int32_t>(random.below(random.below(classes) + 1)));
      const Tensor result = fit_labels(Tensor({s.height, s.width}, labels), s.max_side);
      const std::int64_t rows = result.shape()[0], columns = result.shape()[1];
      const double down = static_cast<double>(s.height) / static_cast<double>(rows);
      const double right = static_cast<double>(s.width) / static_cast<double>(columns);
      for (std::int64_t i = 0; i < rows; ++i) {
        for (std::int64_t j = 0; j < columns; ++j) {
          ASSERT_EQ(result.values<std::int32_t>()[static_cast<std::size_t>(i * columns + j)],
                    expected_label(labels, s, down, right, i, j))
              << s.height << 'x' << s.width << " to " << s.max_side << ", " << i << ' ' << j;
        }
      }
    }
  }
}

// A line of one pixel on a larger area, of foreground on background and the other way round.
TEST(FitLabels, NoRareLineOfOnePixelIsLost) {
  constexpr std::int64_t height = 61, width = 83;
  for (const std::int32_t line : {0, 3}) {
    for (std::int64_t row = 0; row < height; ++row) {
      std::vector<std::int32_t> labels(height * width, 3 - line);
      std::fill_n(labels.begin() + row * width, width, line);
      const Tensor small = fit_labels(Tensor({height, width}, labels), 25);
      const auto shown = small.to_vector<std::int32_t>();
      const std::int64_t columns = small.shape()[1];
      bool whole = false;
      for (std::int64_t i = 0; i < small.shape()[0]; ++i)
        whole = whole ||
                std::count(shown.begin() + i * columns, shown.begin() + (i + 1) * columns, line) == columns;
      EXPECT_TRUE(whole) << "row " << row << " of " << line;
    }
  }
}

// Every third pixel of every row: what covers a third is not shown as if it covered all.
TEST(FitLabels, AStippledMapIsItsMajority) {
  std::vector<std::int32_t> labels(60 * 60, 0);
  for (std::size_t i = 0; i < labels.size(); i += 3) labels[i] = 1;
  EXPECT_EQ(fit_labels(Tensor({60, 60}, labels), 20).to_vector<std::int32_t>(),
            std::vector<std::int32_t>(400, 0));
}

TEST(FitPicture, WhatIsSmallEnoughStaysAsItIs) {
  const Tensor picture = Tensor::full({4, 6, 3}, DType::uint8, 9),
               labels = Tensor::full({4, 6}, DType::uint8, 7);
  EXPECT_EQ(fit_picture(picture, 6).values<std::uint8_t>().data(), picture.values<std::uint8_t>().data());
  EXPECT_EQ(fit_labels(labels, 6).to_vector<std::int32_t>(), std::vector<std::int32_t>(24, 7));
}

TEST(FitPicture, SaysWhatItCannotShrink) {
  EXPECT_EQ(message_of<ShapeError>([] {
              fit_picture(Tensor::zeros({2, 3}, DType::uint8), 1);
            }),
            "fit_picture: [2, 3] is no picture. It is [height, width, channels].");
  EXPECT_EQ(message_of<DTypeError>([] {
              fit_picture(Tensor::zeros({2, 3, 1}, DType::float32), 1);
            }),
            "fit_picture: the picture is float32. Pictures are uint8.");
  EXPECT_EQ(message_of<ArgumentError>([] {
              fit_picture(Tensor::zeros({2, 3, 1}, DType::uint8), 0);
            }),
            "fit_picture: max_side 0 shows nothing. Give 1 or more.");
  EXPECT_EQ(message_of<ShapeError>([] { fit_labels(Tensor::zeros({2}, DType::uint8), 1); }),
            "fit_labels: labels [2] are no picture. They are [height, width].");
  EXPECT_EQ(message_of<DTypeError>([] {
              fit_labels(Tensor::zeros({2, 3}, DType::float64), 1);
            }),
            "fit_labels: the labels are float64. Labels are uint8 or int32; take argmax of scores first.");
  EXPECT_EQ(message_of<ArgumentError>([] {
              fit_labels(Tensor::full({2, 3}, DType::int32, 256), 1);
            }),
            "fit_labels: label 256 is not in 0 to 255. Mend the map.");
}

}  // namespace
}  // namespace trous
