#include <array>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/core/random.h>
#include <trous/data/palette.h>
#include <trous/data/picture.h>
#include <trous/data/png.h>

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
  const std::vector<Tensor> good{samples[0].target};
  EXPECT_EQ(
      message_of<ArgumentError>([&] { prediction_panel(samples, good, {.scale = 0}); }),
      "prediction_panel: scale 0, max_side 600, gap 4, margin 8, columns 1 draw nothing. Scale, max_side and "
      "columns are 1 or more, gap and margin 0 or more.");
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

// A sample whose pixels all differ from their neighbours, and a prediction.
Sample patterned(std::int64_t height, std::int64_t width) {
  std::vector<float> image;
  std::vector<std::int32_t> mask;
  for (std::int64_t i = 0; i < height * width; ++i) {
    image.push_back(static_cast<float>(i * 37 % 251) / 255);
    mask.push_back(i % 7 == 6 ? 255 : static_cast<std::int32_t>(i % 3));
  }
  return {Tensor({height, width, 1}, image), Tensor({height, width}, mask)};
}

// Pictures of up to 300 pixels are panels of squares of two pixels, as before larger ones were shrunk.
TEST(Picture, SmallPanelsHaveTwoPixelsForOne) {
  for (const auto& [height, width] : {std::pair{96, 96}, std::pair{217, 181}, std::pair{40, 300}}) {
    const std::vector<Sample> samples(4, patterned(height, width));
    const std::vector<Tensor> predictions(4, Tensor::full({height, width}, DType::int32, 1));
    const Tensor panel = prediction_panel(samples, predictions, {.errors = true});
    const std::vector<Tensor> pictures{image_picture(samples[0].image), label_picture(samples[0].target),
                                       label_picture(predictions[0]),
                                       error_picture(samples[0], predictions[0])};
    ASSERT_EQ(panel.shape(), (Shape{4 * 2 * height + 3 * 4 + 16, 4 * 2 * width + 3 * 4 + 16, 3}));
    Bytes expected(static_cast<std::size_t>(panel.elements()), 255);
    for (std::int64_t cell = 0; cell < 16; ++cell) {
      const std::int64_t top = 8 + cell / 4 * (2 * height + 4), left = 8 + cell % 4 * (2 * width + 4);
      const auto pixels = pictures[static_cast<std::size_t>(cell % 4)].values<std::uint8_t>();
      for (std::int64_t row = 0; row < 2 * height; ++row) {
        for (std::int64_t k = 0; k < 6 * width; ++k) {
          expected[static_cast<std::size_t>(((top + row) * panel.shape()[1] + left) * 3 + k)] =
              pixels[static_cast<std::size_t>((row / 2 * width + k / 6) * 3 + k % 3)];
        }
      }
    }
    EXPECT_TRUE(panel.to_vector<std::uint8_t>() == expected) << height << " x " << width;
  }
}

TEST(Picture, LargePicturesTakeTheRoomOfTwo) {
  const Shape photo{1500, 2000, 3};
  EXPECT_EQ(panel_side({96, 96, 1}, 40, 600), 96);
  EXPECT_EQ(panel_side({600, 20, 1}, 40, 600), 600);
  EXPECT_EQ(panel_side(photo, 1, 600), 600);
  EXPECT_EQ(panel_side(photo, 2, 600), 600);
  EXPECT_EQ(panel_side(photo, 4, 600), 424);  // 600 / sqrt(2)
  EXPECT_EQ(panel_side(photo, 1000, 600), 128);
  EXPECT_EQ(panel_side(photo, 1000, 20), 20);
  const std::vector<Sample> middling{patterned(310, 400)};
  EXPECT_EQ(sample_panel(middling).shape(), (Shape{310 + 16, 2 * 400 + 4 + 16, 3})) << "not enlarged";
}

TEST(Picture, APanelOfAPhotographIsSmall) {
  const Scratch scratch;
  Random random(Key{5});
  Sample sample{Tensor::zeros({1500, 2000, 3}, DType::float32), Tensor::zeros({1500, 2000}, DType::int32)};
  std::size_t k = 0;
  for (float& value : sample.image.mutable_values<float>()) {  // waves, and the noise of a camera
    value =
        0.4F + 0.2F * std::sin(static_cast<float>(k++) / 900) + static_cast<float>(random.below(40)) / 400;
  }
  for (std::int32_t& label : sample.target.mutable_values<std::int32_t>())
    label = random.below(6) == 0 ? 1 : 0;
  const Tensor prediction = Tensor::zeros({1500, 2000}, DType::int32);
  write_png(scratch / "panel.png", prediction_panel({{sample}}, {{prediction}}, {.errors = true}));
  EXPECT_EQ(read_png(scratch / "panel.png").shape(), (Shape{450 + 16, 4 * 600 + 3 * 4 + 16, 3}));
  EXPECT_LT(std::filesystem::file_size(scratch / "panel.png"), 900'000U);
}

TEST(Picture, AFrameIsDrawnAroundItsWindow) {
  const Sample sample{Tensor::full({8, 20, 1}, DType::float32, 0.4), Tensor::zeros({8, 20}, DType::int32)};
  const PixelBox window{0, 2, 8, 10};
  const Tensor panel = sample_panel({{sample}}, {.scale = 1, .gap = 0, .margin = 0, .frames = {&window, 1}});
  std::string rows;
  for (std::int64_t row = 0; row < 8; ++row) {
    for (std::int64_t column = 0; column < 20; ++column) {
      const std::uint8_t value =
          panel.values<std::uint8_t>()[static_cast<std::size_t>((row * 40 + column) * 3)];
      rows += value == 255 ? 'w' : value == 0 ? 'b' : '.';
    }
    rows += '\n';
  }
  EXPECT_EQ(rows,
            "..bbbbbbbbbb........\n"
            "..bwwwwwwwwb........\n"
            "..bwbbbbbbwb........\n"
            "..bwb....bwb........\n"
            "..bwb....bwb........\n"
            "..bwbbbbbbwb........\n"
            "..bwwwwwwwwb........\n"
            "..bbbbbbbbbb........\n");
  const std::vector<Sample> two{sample, sample};
  EXPECT_EQ(message_of<ArgumentError>([&] {
              sample_panel(two, {.frames = {&window, 1}});
            }),
            "sample_panel: 1 frames for 2 samples. Give one for each, or none.");
}

}  // namespace
}  // namespace trous
