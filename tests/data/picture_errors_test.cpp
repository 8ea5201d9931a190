// Pictures beside the prediction panel: errors, samples alone, and labels over an image; byte by byte.
#include <limits>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/palette.h>
#include <trous/data/picture.h>

#include "data/scratch.h"

namespace trous {
namespace {

// Pixels: right, wrong, unknown and predicted, right background.
const Sample four{Tensor({1, 4, 1}, std::vector<float>{0.6F, 0.6F, 0.6F, 1}),
                  Tensor({1, 4}, std::vector<std::int32_t>{1, 1, 255, 0})};
const Tensor guess({1, 4}, std::vector<std::int32_t>{1, 2, 1, 0});
const Bytes four_errors{51, 51, 51, 255, 255, 255, 128, 128, 128, 85, 85, 85};

TEST(ErrorPicture, IsWhiteWhereWrongAndGreyWhereUnknown) {
  EXPECT_EQ(error_picture(four, guess).to_vector<std::uint8_t>(), four_errors);
  EXPECT_EQ(error_picture(four, guess.cast(DType::uint8)).to_vector<std::uint8_t>(), four_errors);
  const Sample color{Tensor({1, 1, 3}, std::vector<float>{0, 0.2F, 1}), Tensor::zeros({1, 1}, DType::int32)};
  EXPECT_EQ(error_picture(color, color.target).to_vector<std::uint8_t>(), (Bytes{0, 17, 85}));
}

TEST(ErrorPicture, RefusesWhatIsNoLabelsOrOfAnotherSize) {
  EXPECT_EQ(
      message_of<ShapeError>([] {
        error_picture(four, Tensor::zeros({4, 1}, DType::int32));
      }),
      "error_picture: image [1, 4, 1], mask [1, 4], prediction [4, 1]. Mask and prediction are [1, 4].");
  EXPECT_EQ(message_of<DTypeError>([] {
              error_picture(four, Tensor::zeros({1, 4}, DType::float32));
            }),
            "label_picture: the labels are float32. Labels are uint8 or int32; take argmax of scores first.");
  EXPECT_THROW(error_picture(four, Tensor::full({1, 4}, DType::int32, 256)), ArgumentError);
  EXPECT_THROW(error_picture({four.target, four.target}, guess), ShapeError);
}

// The columns of a panel of one row, as lists of bytes.
Bytes row(std::initializer_list<Bytes> pictures) {
  Bytes bytes;
  for (const Bytes& picture : pictures) bytes.insert(bytes.end(), picture.begin(), picture.end());
  return bytes;
}

TEST(PredictionPanel, HasErrorsAsAFourthPicture) {
  const Tensor panel = prediction_panel(std::span(&four, 1), std::span(&guess, 1),
                                        {.scale = 1, .gap = 1, .margin = 0, .errors = true});
  EXPECT_EQ(panel.shape(), (Shape{1, 4 * 4 + 3, 3}));
  const Bytes gap{255, 255, 255};
  EXPECT_EQ(panel.to_vector<std::uint8_t>(),
            row({image_picture(four.image).to_vector<std::uint8_t>(), gap,
                 label_picture(four.target).to_vector<std::uint8_t>(), gap,
                 label_picture(guess).to_vector<std::uint8_t>(), gap, four_errors}));
}

TEST(SamplePanel, IsInputAndMask) {
  const Tensor panel = sample_panel(std::span(&four, 1), {.scale = 1, .gap = 1, .margin = 0, .errors = true});
  EXPECT_EQ(panel.to_vector<std::uint8_t>(), row({image_picture(four.image).to_vector<std::uint8_t>(),
                                                  {255, 255, 255},
                                                  label_picture(four.target).to_vector<std::uint8_t>()}));
  // Three cells in rows of two: the second row has one cell, and white.
  const std::vector<Sample> three(3, four);
  const Tensor rows = sample_panel(three, {.scale = 2, .gap = 3, .margin = 5, .columns = 2});
  EXPECT_EQ(rows.shape(), (Shape{2 * 5 + 2 * 2 + 3, 2 * 5 + 2 * (2 * 8 + 3) + 9, 3}));
  const auto pixel = [&](std::int64_t r, std::int64_t c) {
    return rows.values<std::uint8_t>()[static_cast<std::size_t>((r * rows.shape()[1] + c) * 3)];
  };
  EXPECT_EQ(pixel(5, 5), 153);
  EXPECT_EQ(pixel(5, 5 + 19 + 9), 153);
  EXPECT_EQ(pixel(5 + 5, 5), 153);
  EXPECT_EQ(pixel(5 + 5, 5 + 19 + 9), 255);
  EXPECT_EQ(message_of<ArgumentError>([] { sample_panel({}); }),
            "sample_panel: 0 samples and 0 predictions. Give one or more, and as many of each.");
}

TEST(Overlay, MixesColorsOverAllButTheBackground) {
  const Tensor image({1, 3, 3}, std::vector<std::uint8_t>{10, 20, 30, 10, 20, 30, 10, 20, 30});
  const Tensor labels({1, 3}, std::vector<std::int32_t>{0, 1, 255});
  const auto over = [&](double alpha) {
    return overlay_picture(image, labels, alpha).to_vector<std::uint8_t>();
  };
  EXPECT_EQ(over(0), image.to_vector<std::uint8_t>());
  const Color one = class_color(1), unknown = class_color(255);
  EXPECT_EQ(over(1),
            (Bytes{10, 20, 30, one.red, one.green, one.blue, unknown.red, unknown.green, unknown.blue}));
  // Colours (230, 159, 0) and (255, 255, 255), a quarter of them: 57.5 + 7.5 = 65, 39.75 + 15 = 54.75, 22.5.
  EXPECT_EQ(over(0.25), (Bytes{10, 20, 30, 65, 55, 23, 71, 79, 86}));
  EXPECT_EQ(overlay_picture(image, labels.cast(DType::uint8)).to_vector<std::uint8_t>(), over(0.5));
}

TEST(Overlay, RefusesWhatDoesNotFit) {
  const Tensor image = Tensor::zeros({2, 3, 3}, DType::uint8), labels = Tensor::zeros({2, 3}, DType::int32);
  for (const double alpha : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()})
    EXPECT_THROW(overlay_picture(image, labels, alpha), ArgumentError);
  EXPECT_EQ(message_of<ArgumentError>([&] { overlay_picture(image, labels, 2); }),
            "overlay_picture: alpha 2 is not in 0 to 1. 0.5 shows both.");
  EXPECT_EQ(
      message_of<ShapeError>([&] {
        overlay_picture(image, Tensor::zeros({3, 2}, DType::int32));
      }),
      "overlay_picture: image [2, 3, 3] and labels [3, 2] do not fit. The image is [height, width, 3] of the "
      "labels' size.");
  EXPECT_THROW(overlay_picture(Tensor::zeros({2, 3, 3}, DType::float32), labels), DTypeError);
  EXPECT_THROW(overlay_picture(image, Tensor::zeros({2, 3}, DType::float32)), DTypeError);
}

}  // namespace
}  // namespace trous
