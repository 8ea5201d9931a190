#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/image.h>
#include <trous/data/jpeg.h>
#include <trous/data/png.h>

#include "data/scratch.h"

namespace trous {
namespace {

TEST(Image, TheFirstBytesDecideNotTheName) {
  const Scratch scratch;
  spill(scratch / "png.jpg", slurp(golden("adam7.png")));
  spill(scratch / "jpeg.png", slurp(golden("color.jpg")));
  EXPECT_TRUE(same_bits(read_image(scratch / "png.jpg"), read_png(golden("adam7.png"))));
  EXPECT_TRUE(same_bits(read_image(scratch / "jpeg.png"), read_jpeg(golden("color.jpg"))));
}

TEST(Image, OtherFilesAreRefused) {
  const Scratch scratch;
  EXPECT_EQ(
      message_of<FileError>([&] { read_image(golden("cube.idx")); }),
      "read_image: " + golden("cube.idx") +
          " is neither PNG nor JPEG. It starts with 00 00 08 03 00 00 00 02; PNG starts with 89 50 4e 47, "
          "JPEG with ff d8 ff. Convert it to one of them.");
  spill(scratch / "empty.png", {});
  EXPECT_EQ(
      message_of<FileError>([&] { read_image(scratch / "empty.png"); }),
      "read_image: " + scratch / "empty.png" +
          " is neither PNG nor JPEG. It starts with nothing; PNG starts with 89 50 4e 47, JPEG with ff d8 "
          "ff. Convert it to one of them.");
  EXPECT_THROW(read_image(scratch / "none.png"), FileError);
}

TEST(Image, RowsAreCopied) {
  const Tensor image({3, 2, 1}, {0, 1, 2, 3, 4, 5});
  EXPECT_TRUE(same_bits(rows_of(image, 1, 2), Tensor({2, 2, 1}, {2, 3, 4, 5})));
  EXPECT_TRUE(same_bits(rows_of(image.cast(DType::float64), 0, 1), Tensor({1, 2, 1}, {0.0, 1.0})));
  EXPECT_EQ(message_of<ArgumentError>([&] { rows_of(image, 2, 2); }),
            "rows_of: 2 rows from row 2 on are not in image [3, 2, 1]. It has rows 0 to 2.");
  EXPECT_THROW(rows_of(image, -1, 1), ArgumentError);
  EXPECT_THROW(rows_of(image, 1, 0), ArgumentError);
  EXPECT_EQ(message_of<ShapeError>([&] {
              rows_of(image.reshaped({3, 2}), 0, 1);
            }),
            "rows_of: image [3, 2] is no picture. It is [height, width, channels].");
}

TEST(Image, NamesOfImagesEndInPngOrJpegInAnyCase) {
  for (const char* name : {"a.png", "a.PNG", "b/c.d.jpg", "a.Jpg", "a.jpeg", "/x/a.JPEG"}) {
    EXPECT_TRUE(is_image_name(name)) << name;
  }
  for (const char* name : {"", "png", ".png", "a.png.txt", "a.gif", "a.jpe", "jpg/a", "a.png/"}) {
    EXPECT_FALSE(is_image_name(name)) << name;
  }
}

TEST(Image, ChannelsBecomeTheOnesAskedFor) {
  for (std::int64_t stored = 1; stored <= 4; ++stored) {
    Bytes bytes;
    for (int i = 0; i < 2 * 3 * stored; ++i) bytes.push_back(static_cast<std::uint8_t>(41 * i + 7));
    const Tensor pixels({2, 3, stored}, bytes);
    for (const std::int64_t channels : {1, 3}) {
      const Tensor image = to_float_image(pixels, channels);
      ASSERT_EQ(image.shape(), (Shape{2, 3, channels}));
      for (std::int64_t i = 0; i < 6 * channels; ++i) {
        const std::uint8_t* pixel = bytes.data() + i / channels * stored;
        double expected = pixel[stored >= 3 ? i % channels : 0] / 255.0;
        if (stored >= 3 && channels == 1) {
          expected = (0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2]) / 255;
        }
        // Half a unit of float32 below 1.
        EXPECT_NEAR(image.values<float>()[static_cast<std::size_t>(i)], expected, 0x1p-25)
            << stored << ' ' << channels << ' ' << i;
      }
    }
  }
  const Tensor white({1, 1, 3}, Bytes{255, 255, 255});
  EXPECT_EQ(to_float_image(white, 1).item<float>(), 1.0F);
}

TEST(Image, OnlyPixelsBecomeFloatingImages) {
  EXPECT_EQ(
      message_of<DTypeError>([] {
        to_float_image(Tensor::zeros({2, 2, 3}, DType::float32), 3);
      }),
      "to_float_image: the pixels are float32. read_image gives uint8 or int32; a floating image needs no "
      "conversion.");
  EXPECT_EQ(message_of<ShapeError>([] {
              to_float_image(Tensor::zeros({2, 2}, DType::uint8), 3);
            }),
            "to_float_image: pixels [2, 2] are no picture. They are [height, width, channels] with 1 to 4 "
            "channels.");
  EXPECT_THROW(to_float_image(Tensor::zeros({2, 2, 5}, DType::uint8), 3), ShapeError);
  EXPECT_EQ(message_of<ArgumentError>([] {
              to_float_image(Tensor::zeros({2, 2, 3}, DType::uint8), 4);
            }),
            "to_float_image: 4 channels were asked for. Ask for 1, grey, or 3, RGB.");
}

}  // namespace
}  // namespace trous
