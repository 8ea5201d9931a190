#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/augment.h>
#include <trous/data/palette.h>

#include "data/scratch.h"
#include "data/warps.h"

namespace trous {
namespace {

// Another place of a pixel in the memory of an image or mask.
std::size_t at(std::int64_t i, std::int64_t j, std::int64_t columns = width, std::int64_t c = 0,
               std::int64_t channels = 1) {
  return static_cast<std::size_t>((i * columns + j) * channels + c);
}

// image(i, j, c) and mask(i, j) of every pixel.
template <class F, class G>
Sample sample_of(const Shape& of, F&& image, G&& mask) {
  std::vector<float> values;
  std::vector<std::int32_t> labels;
  for (std::int64_t i = 0; i < of[0]; ++i) {
    for (std::int64_t j = 0; j < of[1]; ++j) {
      for (std::int64_t c = 0; c < of[2]; ++c) values.push_back(static_cast<float>(image(i, j, c)));
      labels.push_back(static_cast<std::int32_t>(mask(i, j)));
    }
  }
  return {.image = Tensor(of, values), .target = Tensor({of[0], of[1]}, labels)};
}

// What smooth images are samples of. Its second derivative along each axis is at most `curvature`, the mixed
// one is 0, so along any vector v it is at most curvature |v|^2.
constexpr double wave = 0.15;
double smooth(double row, double column) {
  return 0.5 + 0.2 * std::sin(wave * row + 0.3) + 0.2 * std::cos(wave * column + 1);
}
constexpr double curvature = 0.2 * wave * wave;

// A disk's edge: distance in pixels, positive outside.
double from_disk(double row, double column) { return std::hypot(row - 17, column - 28) - 11; }

Sample smooth_disk() {
  const auto centre = [](std::int64_t i) { return static_cast<double>(i) + 0.5; };
  return sample_of(
      {height, width, 1},
      [&](std::int64_t i, std::int64_t j, std::int64_t) { return smooth(centre(i), centre(j)); },
      [&](std::int64_t i, std::int64_t j) { return from_disk(centre(i), centre(j)) < 0 ? 3 : 1; });
}

// By Cramer's rule.
Warp inverse(const Warp& warp, std::int64_t of_height, std::int64_t of_width) {
  const auto [a, b, e] = warp.row;
  const auto [c, d, f] = warp.column;
  const double det = a * d - b * c;
  return {.height = of_height,
          .width = of_width,
          .row = {d / det, -b / det, (b * f - d * e) / det},
          .column = {-c / det, a / det, (c * e - a * f) / det}};
}

TEST(Augment, TheDefaultsChangeNothing) {
  const Sample sample = speckled();
  for (std::uint64_t key = 0; key < 20; ++key) {
    const Sample same = augmented(sample, {}, Key{key});
    EXPECT_TRUE(same.image.same_storage(sample.image) && same.target.same_storage(sample.target));
  }
  EXPECT_EQ(augmented_shape(shape, {}), shape);
}

TEST(Augment, OneKeyGivesOneResultAndAnotherKeyAnother) {
  Augmentation all = movers.back();
  all.brightness = all.contrast = all.noise = 0.1;
  const Sample sample = speckled();
  const Sample first = augmented(sample, all, Key{1}), again = augmented(sample, all, Key{1});
  EXPECT_TRUE(same_bits(first.image, again.image) && same_bits(first.target, again.target));
  EXPECT_EQ(first.image.shape(), augmented_shape(shape, all));
  EXPECT_EQ(first.image.shape(), (Shape{40, 31, 3}));
  EXPECT_FALSE(same_bits(first.image, augmented(sample, all, Key{2}).image));
}

// Every result pixel of a whole-pixel map shows sample pixel (row(i, j), column(i, j)), to the bit.
template <class F>
void expect_moved(const Sample& sample, const Sample& moved, F&& source) {
  const std::int64_t rows = sample.image.shape()[0], columns = sample.image.shape()[1];
  const Shape& of = moved.image.shape();
  for (std::int64_t i = 0; i < of[0]; ++i) {
    for (std::int64_t j = 0; j < of[1]; ++j) {
      const auto [row, column] = source(i, j);
      const bool inside = row >= 0 && row < rows && column >= 0 && column < columns;
      EXPECT_EQ(moved.target.values<std::int32_t>()[at(i, j, of[1])],
                inside ? sample.target.values<std::int32_t>()[at(row, column, columns)] : unknown_label);
      for (std::int64_t c = 0; c < 3; ++c) {
        ASSERT_EQ(moved.image.values<float>()[at(i, j, of[1], c, 3)],
                  inside ? sample.image.values<float>()[at(row, column, columns, c, 3)] : 0)
            << i << ", " << j << ", " << c;
      }
    }
  }
}

using Place = std::array<std::int64_t, 2>;

TEST(Augment, FlipsAreIndexPermutations) {
  const Sample sample = speckled();
  int seen[2][2] = {};
  for (std::uint64_t key = 0; key < 40; ++key) {
    const Augmentation flips{.flip_horizontal = true, .flip_vertical = true};
    const Warp drawn = draw_warp(flips, shape, Key{key});
    const bool down = drawn.row[0] < 0, across = drawn.column[1] < 0;
    ++seen[down][across];
    expect_moved(sample, augmented(sample, flips, Key{key}), [&](std::int64_t i, std::int64_t j) {
      return Place{down ? height - 1 - i : i, across ? width - 1 - j : j};
    });
  }
  for (const auto& row : seen) EXPECT_TRUE(row[0] > 0 && row[1] > 0);
}

TEST(Augment, ShiftsByWholePixelsAreExact) {
  const Sample sample = speckled();
  for (const Place& by : std::vector<Place>{{0, 1}, {3, -7}, {-36, 0}, {0, 51}, {37, 0}, {-5, 60}}) {
    const Warp shift{.height = height,
                     .width = width,
                     .row = {1, 0, static_cast<double>(-by[0])},
                     .column = {0, 1, static_cast<double>(-by[1])}};
    expect_moved(sample, warp(sample, shift), [&](std::int64_t i, std::int64_t j) {
      return Place{i - by[0], j - by[1]};
    });
  }
}

TEST(Augment, WholePixelMapsAreExactBesideInfinity) {
  const float infinity = std::numeric_limits<float>::infinity();
  const Sample sample{.image = Tensor({2, 3, 1}, {0.1F, infinity, 0.2F, -infinity, 0.3F, 0.4F}),
                      .target = Tensor({2, 3}, {0, 1, 2, 3, 4, 5})};
  const Warp turned{.height = 2, .width = 3, .row = {-1, 0, 2}, .column = {0, -1, 3}};
  EXPECT_EQ(warp(sample, turned).image.to_vector<float>(),
            (std::vector<float>{0.4F, 0.3F, -infinity, 0.2F, infinity, 0.1F}));
}

// A point between two pixels shows the mean of both and the label of the later; one on the far edge is
// outside.
TEST(Augment, AShiftByHalfAPixelTakesTheLaterLabel) {
  const Sample sample{.image = Tensor({1, 3, 1}, {0.0F, 1.0F, 0.5F}), .target = Tensor({1, 3}, {7, 8, 9})};
  const Sample right = warp(sample, {.height = 1, .width = 4, .column = {0, 1, -0.5}});
  EXPECT_EQ(right.image.to_vector<float>(), (std::vector<float>{0, 0.5, 0.75, 0}));
  EXPECT_EQ(right.target.to_vector<std::int32_t>(), (std::vector<std::int32_t>{7, 8, 9, 255}));
  const Sample down = warp(sample, {.height = 2, .width = 3, .row = {1, 0, -0.5}});
  EXPECT_EQ(down.image.to_vector<float>(), (std::vector<float>{0, 1, 0.5, 0, 0, 0}));
  EXPECT_EQ(down.target.to_vector<std::int32_t>(), (std::vector<std::int32_t>{7, 8, 9, 255, 255, 255}));
}

TEST(Augment, ACropIsAWindowInsideTheImageOrAroundIt) {
  const Sample sample = speckled();
  for (const Window window : {Window{11, 52}, Window{1, 1}, Window{40, 20}, Window{37, 60}, Window{70, 80}}) {
    const Augmentation crop{.crop = window};
    for (std::uint64_t key = 0; key < 10; ++key) {
      const Warp drawn = draw_warp(crop, shape, Key{key});
      const auto top = static_cast<std::int64_t>(drawn.row[2]);
      const auto left = static_cast<std::int64_t>(drawn.column[2]);
      EXPECT_TRUE(top >= std::min<std::int64_t>(0, height - window.height) &&
                  top <= std::max<std::int64_t>(0, height - window.height));
      EXPECT_TRUE(left >= std::min<std::int64_t>(0, width - window.width) &&
                  left <= std::max<std::int64_t>(0, width - window.width));
      const Sample cropped = augmented(sample, crop, Key{key});
      ASSERT_EQ(cropped.image.shape(), (Shape{window.height, window.width, 3}));
      expect_moved(sample, cropped, [&](std::int64_t i, std::int64_t j) { return Place{i + top, j + left}; });
    }
  }
}

// Bilinear interpolation as a sum over all pixels of the image, each with its tent.
TEST(Augment, AWarpIsTheBilinearSumAndTheNearestLabel) {
  const Sample sample = speckled();
  const auto tent = [](double x) { return std::max(0.0, 1 - std::abs(x)); };
  for (const Augmentation& mover : movers) {
    const Warp drawn = draw_warp(mover, shape, Key{11});
    const Sample result = warp(sample, drawn);
    for (std::int64_t i = 0; i < drawn.height; i += 3) {
      for (std::int64_t j = 0; j < drawn.width; j += 2) {
        const auto [row, column] = mapped(drawn, static_cast<double>(i) + 0.5, static_cast<double>(j) + 0.5);
        const bool inside = row >= 0 && row < height && column >= 0 && column < width;
        std::array<double, 3> sum{};
        std::int32_t nearest = unknown_label;
        for (std::int64_t r = 0; r < height && inside; ++r) {
          for (std::int64_t q = 0; q < width; ++q) {
            const double y = std::clamp(row, 0.5, height - 0.5) - (static_cast<double>(r) + 0.5);
            const double x = std::clamp(column, 0.5, width - 0.5) - (static_cast<double>(q) + 0.5);
            for (std::int64_t c = 0; c < 3; ++c) {
              sum[static_cast<std::size_t>(c)] +=
                  tent(y) * tent(x) *
                  static_cast<double>(sample.image.values<float>()[at(r, q, width, c, 3)]);
            }
            if (row >= static_cast<double>(r) && row < static_cast<double>(r + 1) &&
                column >= static_cast<double>(q) && column < static_cast<double>(q + 1)) {
              nearest = sample.target.values<std::int32_t>()[at(r, q)];
            }
          }
        }
        EXPECT_EQ(result.target.values<std::int32_t>()[at(i, j, drawn.width)], nearest);
        for (std::int64_t c = 0; c < 3; ++c) {  // values up to 1, rounded to float once
          ASSERT_NEAR(static_cast<double>(result.image.values<float>()[at(i, j, drawn.width, c, 3)]),
                      sum[static_cast<std::size_t>(c)], 0x1p-25 + 1e-12);
        }
      }
    }
  }
}

// A linear function is its own interpolation, so an image of coordinates tells where each pixel came from:
// within half a pixel of the one whose number the mask holds.
TEST(Augment, ImageAndMaskMoveTogether) {
  const Sample coordinates = sample_of(
      shape,
      [](std::int64_t i, std::int64_t j, std::int64_t c) {
        return c == 2 ? 1.0 : (static_cast<double>(c == 0 ? i : j) + 0.5) / 64;
      },
      [](std::int64_t i, std::int64_t j) { return 1000 + i * width + j; });
  for (const Augmentation& mover : movers) {
    for (std::uint64_t key = 0; key < 10; ++key) {
      const Sample moved = augmented(coordinates, mover, Key{key});
      const auto labels = moved.target.values<std::int32_t>();
      const auto values = moved.image.values<float>();
      for (std::size_t pixel = 0; pixel < labels.size(); ++pixel) {
        const double row = 64.0 * static_cast<double>(values[3 * pixel]);
        const double column = 64.0 * static_cast<double>(values[3 * pixel + 1]);
        ASSERT_EQ(values[3 * pixel + 2], labels[pixel] == unknown_label ? 0 : 1);
        if (labels[pixel] == unknown_label) {
          ASSERT_TRUE(row == 0 && column == 0);
        } else {
          const std::int64_t number = labels[pixel] - 1000, from_row = number / width;
          ASSERT_LE(std::abs(row - static_cast<double>(from_row) - 0.5), 0.5 + 1e-5);
          ASSERT_LE(std::abs(column - static_cast<double>(number % width) - 0.5), 0.5 + 1e-5);
        }
      }
    }
  }
}

double norm(const Warp& warp) {  // of the linear part: at most Frobenius'
  return std::sqrt(warp.row[0] * warp.row[0] + warp.row[1] * warp.row[1] + warp.column[0] * warp.column[0] +
                   warp.column[1] * warp.column[1]);
}

// Whether the point is at least `margin` from the edge of an image.
bool deep(const std::array<double, 2>& point, double margin, std::int64_t rows, std::int64_t columns) {
  return point[0] > margin && point[0] < static_cast<double>(rows) - margin && point[1] > margin &&
         point[1] < static_cast<double>(columns) - margin;
}

// Interpolation between centres a pixel apart errs by at most 1/8 of the second derivative along each axis:
// curvature / 4 for the sample. What the first warp shows has the map L inside: its second derivatives along
// the two axes add up to at most curvature |L|^2, so reading it errs by curvature |L|^2 / 8 more. A label is
// read up to half a pixel from where it should be, along each axis, and twice: once in the sample and once in
// the warped one, where that is |L| times as far.
TEST(Augment, TheInverseWarpBringsTheInteriorBack) {
  const Sample original = smooth_disk();
  for (const Augmentation& mover : movers) {
    for (std::uint64_t key = 0; key < 6; ++key) {
      const Warp there = draw_warp(mover, shape, Key{key}), back = inverse(there, height, width);
      const Sample warped = warp(original, there);
      const double once = curvature / 4 + 0x1p-24;
      for (std::int64_t i = 0; i < there.height; ++i) {
        for (std::int64_t j = 0; j < there.width; ++j) {
          const auto point = mapped(there, static_cast<double>(i) + 0.5, static_cast<double>(j) + 0.5);
          if (!deep(point, 0.5, height, width)) continue;
          ASSERT_NEAR(static_cast<double>(warped.image.values<float>()[at(i, j, there.width)]),
                      smooth(point[0], point[1]), once);
        }
      }
      const Sample returned = warp(warped, back);
      const double twice = once + curvature * norm(there) * norm(there) / 8 + 0x1p-24;
      const double label_reach = std::numbers::sqrt2 / 2 * (1 + norm(there));
      int interior = 0, judged[2] = {};
      for (std::int64_t i = 0; i < height; ++i) {
        for (std::int64_t j = 0; j < width; ++j) {
          const double row = static_cast<double>(i) + 0.5, column = static_cast<double>(j) + 0.5;
          // The four pixels read are within sqrt(2), and all of them show the sample's interior.
          if (!deep(mapped(back, row, column), 0.5, there.height, there.width) ||
              !deep({row, column}, 0.5 + std::numbers::sqrt2 * norm(there), height, width)) {
            continue;
          }
          ++interior;
          ASSERT_NEAR(static_cast<double>(returned.image.values<float>()[at(i, j)]), smooth(row, column),
                      twice);
          if (std::abs(from_disk(row, column)) <= label_reach) continue;
          ++judged[from_disk(row, column) < 0];
          ASSERT_EQ(returned.target.values<std::int32_t>()[at(i, j)], from_disk(row, column) < 0 ? 3 : 1);
        }
      }
      EXPECT_GT(interior, 100);
      EXPECT_TRUE(judged[0] > 0 && judged[1] > 0);
    }
  }
}

TEST(Augment, WhatFallsOutsideStaysZeroAndUnknownUnderNoiseAndBrightness) {
  const Sample white{.image = Tensor::ones(shape, DType::float32),
                     .target = Tensor::full({height, width}, DType::int32, 2)};
  const Augmentation a{
      .rotate = 90, .crop = Window{60, 60}, .brightness = 0.1, .contrast = 0.1, .noise = 0.1};
  for (std::uint64_t k = 0; k < 10; ++k) {
    const Sample result = augmented(white, a, Key{k});
    const auto labels = result.target.values<std::int32_t>();
    for (std::size_t i = 0; i < labels.size(); ++i) {
      ASSERT_EQ(labels[i] == unknown_label, result.image.values<float>()[3 * i] == 0);
      ASSERT_TRUE(labels[i] == unknown_label || labels[i] == 2);
    }
    EXPECT_GT(std::count(labels.begin(), labels.end(), 2), 500);
    EXPECT_GT(std::count(labels.begin(), labels.end(), unknown_label), 500);
  }
}

TEST(Augment, SaysWhatItCannotWarp) {
  const Sample torn{.image = Tensor::ones({4, 5, 3}, DType::float32),
                    .target = Tensor::ones({5, 4}, DType::int32)};
  EXPECT_EQ(message_of<ShapeError>([&] { augmented(torn, {}, Key{1}); }),
            "augmented: image [4, 5, 3] and mask [5, 4] do not lie on one another. They are [height, width, "
            "channels] and [height, width].");
  EXPECT_THROW(warp(torn, {}), ShapeError);
  const Sample wide{.image = Tensor::ones({4, 5, 3}, DType::float64),
                    .target = Tensor::ones({4, 5}, DType::uint8)};
  EXPECT_EQ(message_of<DTypeError>([&] { warp(wide, {}); }),
            "warp: a float64 image and a uint8 mask. Images are float32, masks int32. Cast them.");
  EXPECT_EQ(message_of<ArgumentError>([] { warp(speckled(), {.height = 0, .width = 3}); }),
            "warp: a result of 0 x 3 pixels. Height and width are 1 or more.");
  EXPECT_EQ(message_of<ShapeError>([] {
              draw_warp({}, {4, 5}, Key{1});
            }),
            "draw_warp: image [4, 5] has no pixels to move. It is [height, width, channels].");
  EXPECT_THROW(augmented_shape({4, 5}, {}), ShapeError);
  // A map to nowhere shows nothing, whatever its numbers are.
  const double nan = std::numeric_limits<double>::quiet_NaN(), huge = 1e300;
  for (const double number : {nan, huge, -huge, std::numeric_limits<double>::infinity()}) {
    const Sample nothing = warp(speckled(), {.height = 2, .width = 3, .row = {1, 0, number}});
    for (const std::int32_t label : nothing.target.values<std::int32_t>()) EXPECT_EQ(label, unknown_label);
  }
}

}  // namespace
}  // namespace trous
