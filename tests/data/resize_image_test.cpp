// Images and masks in another size: against figures of PyTorch, and loops in float64.
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/core/random.h>
#include <trous/data/image.h>
#include <trous/data/image_rows.h>
#include <trous/data/png.h>
#include <trous/data/resize_image.h>

#include "data/scratch.h"

namespace trous {
namespace {

// (7 r r + 13 c + 5 r c) mod 97 at row r and column c.
template <class T>
Tensor pattern(std::int64_t height, std::int64_t width) {
  std::vector<T> values;
  for (std::int64_t r = 0; r < height; ++r) {
    for (std::int64_t c = 0; c < width; ++c)
      values.push_back(static_cast<T>((7 * r * r + 13 * c + 5 * r * c) % 97));
  }
  return {{height, width, 1}, values};
}

std::vector<double> doubles(const Tensor& tensor) {
  const Tensor wide = tensor.cast(DType::float64);
  const auto values = wide.values<double>();
  return {values.begin(), values.end()};
}

// torch.nn.functional.interpolate(pattern(5, 7), mode="bilinear", align_corners=False), PyTorch 1.13.1,
// float64.
const std::vector<double> torch_3x4{7.8333, 33.5,   59.1667, 52.5,    36.625,  64.75,
                                    20.125, 60.375, 42.75,   57.1667, 55.4167, 37.5};
const std::vector<double> torch_8x9{
    0.0,     8.6667,  18.7778, 28.8889, 39.0,    49.1111, 59.2222, 69.3333, 78.0,    3.0625,  13.1875,
    25.0,    36.8125, 48.625,  60.4375, 48.6736, 41.625,  51.75,   8.3125,  20.5208, 34.7639, 47.6597,
    57.1875, 71.4306, 35.1528, 8.9792,  21.1875, 21.4375, 35.7292, 52.4028, 54.2569, 19.0625, 35.7361,
    35.5694, 38.7708, 53.0625, 38.9375, 55.3125, 60.9444, 48.3889, 15.625,  34.7292, 36.9931, 42.625,
    59.0,    60.8125, 79.2708, 60.3889, 30.0556, 46.875,  68.4097, 39.4236, 20.5417, 39.0,    36.0,
    56.5417, 61.6458, 49.9097, 31.4375, 55.4028, 55.7917, 42.7083, 26.875,  15.0,    37.0,    62.6667,
    66.7778, 17.0,    42.6667, 68.3333, 61.6667, 19.0};

TEST(ResizeImage, BilinearHasTheNumbersOfPyTorch) {
  const Tensor image = pattern<float>(5, 7), bytes = pattern<std::uint8_t>(5, 7);
  for (const auto& [size, expected] :
       {std::pair{HeightWidth{3, 4}, torch_3x4}, {HeightWidth{8, 9}, torch_8x9}}) {
    const std::vector<double> real = doubles(resize_image(image, size, ResizeFilter::bilinear));
    const std::vector<double> whole = doubles(resize_image(bytes, size, ResizeFilter::bilinear));
    ASSERT_EQ(real.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_NEAR(real[i], expected[i], 5e-5 + 1e-5) << i;  // four digits were written down
      EXPECT_EQ(whole[i], std::floor(expected[i] + 0.5)) << i;
    }
  }
}

// The same with mode="nearest-exact".
TEST(ResizeImage, LabelsAreTheNearestAsInPyTorch) {
  const Tensor labels = pattern<std::int32_t>(5, 7).reshaped({5, 7});
  EXPECT_EQ(doubles(resize_labels(labels, {3, 4})),
            (std::vector<double>{0, 26, 52, 78, 28, 74, 23, 69, 15, 81, 50, 19}));
  const std::vector<double> first{0, 13, 13, 26, 39, 52, 65, 65, 78};
  const std::vector<double> large = doubles(resize_labels(labels, {8, 9}));
  EXPECT_TRUE(std::equal(first.begin(), first.end(), large.begin()));
  EXPECT_EQ(large[9 * 5 + 2], 91);  // row 5, column 2
  EXPECT_EQ(large[9 * 6 + 2], 48);
  const Tensor bytes = pattern<std::uint8_t>(5, 7).reshaped({5, 7});
  EXPECT_EQ(doubles(resize_labels(bytes, {3, 4})), doubles(resize_labels(labels, {3, 4})));
  EXPECT_EQ(resize_labels(bytes, {3, 4}).dtype(), DType::uint8);
}

// Means over areas that overlap pixels in part, of numbers as large as those of 16 bits.
TEST(ResizeImage, AreaIsTheMeanOfWhatAPixelCovers) {
  constexpr std::int64_t height = 23, width = 31, rows = 7, columns = 9;
  Random random(Key{3});
  std::vector<std::int32_t> numbers;
  for (std::int64_t i = 0; i < height * width; ++i)
    numbers.push_back(static_cast<std::int32_t>(random.below(65536)));
  const Tensor small = resize_image(Tensor({height, width, 1}, numbers), {rows, columns}, ResizeFilter::area);
  const auto covered = [](std::int64_t r, std::int64_t i, double f) {
    return std::max(0.0, std::min(static_cast<double>(r + 1), static_cast<double>(i + 1) * f) -
                             std::max(static_cast<double>(r), static_cast<double>(i) * f));
  };
  const double down = static_cast<double>(height) / rows, right = static_cast<double>(width) / columns;
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) {
      double sum = 0;
      for (std::int64_t r = 0; r < height; ++r) {
        for (std::int64_t c = 0; c < width; ++c)
          sum +=
              covered(r, i, down) * covered(c, j, right) * numbers[static_cast<std::size_t>(r * width + c)];
      }
      EXPECT_NEAR(small.values<std::int32_t>()[static_cast<std::size_t>(i * columns + j)],
                  sum / (down * right), 0.5 + 1e-6);
    }
  }
}

TEST(ResizeImage, RowsInBandsAreThoseOfTheWhole) {
  const Tensor image = pattern<float>(41, 19);
  for (const ResizeFilter filter : {ResizeFilter::area, ResizeFilter::bilinear}) {
    for (const HeightWidth size : {HeightWidth{11, 5}, HeightWidth{41, 19}, HeightWidth{100, 23}}) {
      const Tensor whole = resize_image(image, size, filter);
      for (std::int64_t begin = 0; begin < size.height; begin += 4) {
        const std::int64_t end = std::min(begin + 4, size.height);
        const RowRange needed = source_rows({{41, 19}, size, filter}, {begin, end});
        const Tensor band = rows_of(image, needed.begin, needed.end - needed.begin);
        EXPECT_EQ(doubles(resize_rows(band, needed.begin, {{41, 19}, size, filter}, {begin, end})),
                  doubles(rows_of(whole, begin, end - begin)));
      }
    }
  }
}

TEST(ResizeImage, AFileIsReadInBands) {
  const Scratch scratch;
  const Tensor image = pattern<std::uint8_t>(301, 77);
  write_png(scratch / "image.png", image);
  for (const ResizeFilter filter : {ResizeFilter::area, ResizeFilter::bilinear}) {
    ImageRows file(scratch / "image.png");
    std::int64_t rows = 0;
    const Tensor small = read_resized(file, {100, 26}, filter, [&](std::int64_t done, std::int64_t total) {
      EXPECT_GE(done, rows);
      EXPECT_EQ(total, 301);
      rows = done;
    });
    EXPECT_EQ(rows, 301);
    EXPECT_EQ(doubles(small), doubles(resize_image(image, {100, 26}, filter)));
  }
}

TEST(ResizeImage, TheLongestSideIsFitted) {
  EXPECT_EQ(fitted_size({1500, 2000}, 512), (HeightWidth{384, 512}));
  EXPECT_EQ(fitted_size({2000, 1500}, 512), (HeightWidth{512, 384}));
  EXPECT_EQ(fitted_size({300, 512}, 512), (HeightWidth{300, 512}));
  EXPECT_EQ(fitted_size({1, 5000}, 100), (HeightWidth{1, 100}));
  EXPECT_EQ(fitted_size({333, 1000}, 100), (HeightWidth{33, 100}));
}

TEST(ResizeImage, IsWrittenInOneWord) {
  EXPECT_EQ(parse_resize("512"), (Resize{.longest = 512}));
  EXPECT_EQ(parse_resize("64:bilinear"), (Resize{.longest = 64, .filter = ResizeFilter::bilinear}));
  for (const char* words : {"512", "64:bilinear"}) EXPECT_EQ(to_text(parse_resize(words)), words);
  for (const std::string words : {"", "3", "32769", "5.5", "a", ":area", "-512", "512x512"}) {
    EXPECT_EQ(message_of<ArgumentError>([&] { parse_resize(words); }),
              "resize: \"" + words + "\" has no side from 4 to 32768. Write 512, or 512:bilinear.");
  }
  EXPECT_EQ(message_of<ArgumentError>([] { parse_resize("512:cubic"); }),
            "resize: \"cubic\" is not known. Choose area or bilinear.");
}

TEST(ResizeImage, RefusesOtherRowsAndTensors) {
  const Tensor image = pattern<float>(10, 4);
  const auto refused = [&](std::int64_t top, std::int64_t begin, std::int64_t end) {
    return message_of<ArgumentError>([&] { resize_rows(image, top, {{20, 4}, {5, 2}}, {begin, end}); });
  };
  EXPECT_EQ(refused(0, 0, 4), "resize_rows: rows 0 to 15 are needed, and rows 0 to 9 are given.");
  EXPECT_EQ(refused(1, 0, 1), "resize_rows: rows 0 to 3 are needed, and rows 1 to 10 are given.");
  EXPECT_EQ(refused(0, 0, 6), "resize_rows: rows 0 to 5 are not in an image of 5 rows.");
  EXPECT_EQ(message_of<ShapeError>([&] {
              resize_image(image.reshaped({10, 4}), {5, 2}, ResizeFilter::area);
            }),
            "resize_image: [10, 4] is no image. It is [height, width, channels].");
  EXPECT_EQ(message_of<DTypeError>([&] {
              resize_image(image.cast(DType::float64), {5, 2}, ResizeFilter::area);
            }),
            "resize_rows: the rows are float64. Images are uint8, int32 or float32.");
  EXPECT_EQ(message_of<ArgumentError>([&] {
              resize_image(image, {0, 2}, ResizeFilter::area);
            }),
            "resize_rows: an image of 10x4 cannot become 0x2. Both sides of both are 1 or more.");
  EXPECT_EQ(
      message_of<ShapeError>([&] {
        resize_labels(image, {5, 2});
      }),
      "resize_labels: [10, 4, 1] cannot become 5x2. Labels are [height, width], with a pixel at least.");
}

}  // namespace
}  // namespace trous
