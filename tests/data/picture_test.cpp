#include <array>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/palette.h>
#include <trous/data/picture.h>

#include "data/scratch.h"

namespace trous {
namespace {

TEST(Picture, BrightnessBecomesBytes) {
  const Tensor grey({1, 5, 1}, std::vector<float>{-1, 0, 0.5F, 1, 7});
  EXPECT_EQ(image_picture(grey).to_vector<std::uint8_t>(),
            (Bytes{0, 0, 0, 0, 0, 0, 128, 128, 128, 255, 255, 255, 255, 255, 255}));
  const Tensor color({1, 2, 3},
                     std::vector<double>{0.2, 0.4, 0.6, std::numeric_limits<double>::quiet_NaN(), 1, 0});
  EXPECT_EQ(image_picture(color).to_vector<std::uint8_t>(), (Bytes{51, 102, 153, 0, 255, 0}));
}

TEST(Picture, LabelsBecomeColors) {
  const Tensor labels({1, 3}, std::vector<std::int32_t>{0, 1, 255});
  const Bytes expected{0x33, 0x33, 0x38, 0xE6, 0x9F, 0x00, 0xFF, 0xFF, 0xFF};
  EXPECT_EQ(label_picture(labels).to_vector<std::uint8_t>(), expected);
  EXPECT_EQ(label_picture(labels.cast(DType::uint8)).to_vector<std::uint8_t>(), expected);
}

// Two samples of one pixel each, side by side: every byte of the panel.
TEST(Picture, APanelIsInputTruthAndPrediction) {
  const std::vector<Sample> samples{
      {Tensor::full({1, 1, 1}, DType::float32, 0.2), Tensor::full({1, 1}, DType::int32, 1)},
      {Tensor::full({1, 1, 1}, DType::float32, 0.4), Tensor::full({1, 1}, DType::int32, 2)}};
  const std::vector<Tensor> predictions{Tensor::full({1, 1}, DType::int32, 3),
                                        Tensor::full({1, 1}, DType::uint8, 4)};
  const auto rows_of = [&](const PanelOptions& options) {
    const Tensor panel = prediction_panel(samples, predictions, options);
    // One letter a pixel: white, the two inputs, the classes.
    std::string rows;
    for (std::int64_t i = 0; i < panel.elements() / 3; ++i) {
      const auto rgb = panel.values<std::uint8_t>().subspan(static_cast<std::size_t>(3 * i), 3);
      const Color color{rgb[0], rgb[1], rgb[2]};
      const std::vector<std::pair<Color, char>> letters{
          {{255, 255, 255}, '.'}, {{51, 51, 51}, 'a'},   {{102, 102, 102}, 'b'}, {class_color(1), '1'},
          {class_color(2), '2'},  {class_color(3), '3'}, {class_color(4), '4'}};
      char found = '?';
      for (const auto& [known, letter] : letters) {
        if (known == color) found = letter;
      }
      rows += found;
      if ((i + 1) % panel.shape()[1] == 0) rows += '\n';
    }
    return rows;
  };
  EXPECT_EQ(rows_of({.scale = 2, .gap = 1, .margin = 1}),
            "..........\n"
            ".aa.11.33.\n"
            ".aa.11.33.\n"
            "..........\n"
            ".bb.22.44.\n"
            ".bb.22.44.\n"
            "..........\n");
  EXPECT_EQ(rows_of({.scale = 1, .gap = 1, .margin = 0, .columns = 2}), "a.1.3...b.2.4\n");
}

TEST(Picture, SaysWhatItCannotDraw) {
  const std::vector<Sample> samples{
      {Tensor::zeros({2, 3, 1}, DType::float32), Tensor::zeros({2, 3}, DType::int32)}};
  EXPECT_EQ(message_of<ArgumentError>([&] { prediction_panel(samples, {}); }),
            "prediction_panel: 1 samples and 0 predictions. Give one or more, and as many of each.");
  const std::vector<Tensor> transposed{Tensor::zeros({3, 2}, DType::int32)};
  EXPECT_EQ(message_of<ShapeError>([&] { prediction_panel(samples, transposed); }),
            "prediction_panel: sample 0 has image [2, 3, 1], mask [2, 3], prediction [3, 2]. The first image "
            "is [2, "
            "3, 1]; all are [h, w, channels] with masks and predictions [h, w].");
  const std::vector<Tensor> good{samples[0].mask};
  EXPECT_EQ(
      message_of<ArgumentError>([&] { prediction_panel(samples, good, {.scale = 0}); }),
      "prediction_panel: scale 0, gap 4, margin 8, columns 1 draw nothing. Scale and columns are 1 or more, "
      "gap and margin 0 or more.");
  EXPECT_EQ(message_of<ShapeError>([] {
              image_picture(Tensor::zeros({2, 2, 2}, DType::float32));
            }),
            "image_picture: image [2, 2, 2] has no picture. It is [height, width, 1 or 3].");
  EXPECT_THROW(image_picture(Tensor::zeros({2, 2, 3}, DType::uint8)), DTypeError);
  EXPECT_THROW(label_picture(Tensor::zeros({2, 2, 1}, DType::int32)), ShapeError);
  EXPECT_THROW(label_picture(Tensor::zeros({2, 2}, DType::float32)), DTypeError);
  EXPECT_THROW(label_picture(Tensor::full({2, 2}, DType::int32, 256)), ArgumentError);
}

// CIE L*a*b* of an sRGB colour, D65.
std::array<double, 3> lab(const Color& color) {
  const auto linear = [](double byte) {
    const double x = byte / 255;
    return x <= 0.04045 ? x / 12.92 : std::pow((x + 0.055) / 1.055, 2.4);
  };
  const double r = linear(color.red), g = linear(color.green), b = linear(color.blue);
  const auto f = [](double t) { return t > 0.008856 ? std::cbrt(t) : 7.787 * t + 16.0 / 116; };
  const double x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047),
               y = f(0.2126 * r + 0.7152 * g + 0.0722 * b),
               z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
  return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

TEST(Palette, SeventeenColorsAndWhiteAreFarApart) {
  std::vector<Color> colors = class_palette(17);
  colors.push_back(class_color(unknown_label));
  for (std::size_t i = 0; i < colors.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const auto a = lab(colors[i]), b = lab(colors[j]);
      // 26: the distance of Okabe and Ito's two blues, 5 and 2.
      EXPECT_GE(std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]), 26) << i << " and " << j;
    }
  }
}

TEST(Palette, EveryLabelHasItsOwnColor) {
  const std::vector<Color> colors = class_palette();
  ASSERT_EQ(colors.size(), 256U);
  for (std::size_t i = 0; i < colors.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_FALSE(colors[i] == colors[j]) << i << " and " << j;
  }
}

TEST(Palette, SaysWhatHasNoColor) {
  EXPECT_EQ(message_of<ArgumentError>([] { class_color(256); }),
            "class_color: label 256 has no colour. Labels are 0 to 255. Count classes from 0.");
  EXPECT_THROW(class_color(-1), ArgumentError);
  EXPECT_EQ(
      message_of<ArgumentError>([] { class_palette(0); }),
      "class_palette: 0 colours were asked for. A palette has 1 to 256. Leave count away for all of them.");
  EXPECT_THROW(class_palette(257), ArgumentError);
}

}  // namespace
}  // namespace trous
