// Pictures of 16 bits, whole. ultralytics/yolov5#8481: cameras of 10 and 12 bits lost all but four grey
// levels.
#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/folder.h>
#include <trous/data/folder_content.h>
#include <trous/data/image.h>
#include <trous/data/png.h>

#include "data/folder_writer.h"

namespace trous {
namespace {

Tensor deep(std::int32_t first, std::int32_t step) {
  std::vector<std::int32_t> numbers;
  for (int i = 0; i < 24; ++i) numbers.push_back(first + step * i);
  return Tensor({4, 6, 1}, numbers);
}

TEST(SixteenBits, WrittenNumbersAreRead) {
  const Scratch scratch;
  for (const std::int64_t channels : {1, 2, 3, 4}) {
    std::vector<std::int32_t> numbers;
    for (std::int64_t i = 0; i < 30 * channels; ++i)
      numbers.push_back(static_cast<std::int32_t>(i * 7919 % 65536));
    const Tensor image({5, 6, channels}, numbers);
    write_png(scratch / "deep.png", image);
    EXPECT_TRUE(same_bits(read_png(scratch / "deep.png"), image)) << channels;
  }
  EXPECT_EQ(message_of<ArgumentError>([&] {
              write_png(scratch / "x.png", Tensor({1, 1, 1}, std::vector<std::int32_t>{65536}));
            }),
            "write_png: number 65536 at place 0 is not in 0 to 65535. PNG holds no other.");
}

TEST(SixteenBits, NumbersAreDividedByWhite) {
  EXPECT_EQ(sensor_white(0), 1023);
  EXPECT_EQ(sensor_white(1023), 1023);
  EXPECT_EQ(sensor_white(1024), 4095);
  EXPECT_EQ(sensor_white(4096), 16383);
  EXPECT_EQ(sensor_white(16384), 65535);
  const Tensor pixels({1, 2, 3}, std::vector<std::int32_t>{0, 1000, 2000, 4095, 1, 7});
  const std::vector<float> rgb = to_float_image(pixels, 3, 4095).to_vector<float>();
  EXPECT_EQ(rgb[1], 1000.0F / 4095.0F);
  EXPECT_EQ(rgb[3], 1.0F);
  const std::vector<float> grey = to_float_image(pixels, 1, 4095).to_vector<float>();
  EXPECT_FLOAT_EQ(grey[0], (0.587F * 1000 + 0.114F * 2000) / 4095);
  EXPECT_EQ(message_of<ArgumentError>([&] { to_float_image(pixels, 1, 65536); }),
            "to_float_image: white 65536 is not in 1 to 65535. White is 255 in 8 bits, 65535 in 16.");
}

TEST(SixteenBits, yolov_8481_TenBitsOfAFolderAreReadWhole) {
  const Scratch scratch;
  for (std::int64_t i = 0; i < 4; ++i) {
    write_pair(scratch.path(), std::to_string(i), plain(4, 6, 0, 1));
    write_png(scratch.path() + "/images/" + std::to_string(i) + ".png",
              deep(static_cast<std::int32_t>(40 * i), 37));
  }
  const Splits splits = folder({.directory = scratch.path()});
  EXPECT_EQ(splits.train.white, 1023);
  EXPECT_NE(splits.train.source.find(
                "; 4 of 4 images have 16 bits, their brightest number is 971: divided by 1023"),
            std::string::npos)
      << splits.train.source;
  for (std::int64_t i = 0; i < splits.train.size; ++i) {
    const std::int32_t first = 40 * (splits.train.names[static_cast<std::size_t>(i)][7] - '0');
    const std::vector<float> pixels = checked_sample(splits.train, i).image.to_vector<float>();
    for (std::size_t k = 0; k < pixels.size(); ++k)
      EXPECT_EQ(pixels[k], static_cast<float>(first + 37 * static_cast<std::int32_t>(k)) / 1023.0F);
  }
  EXPECT_EQ(folder({.directory = scratch.path(), .white = 4095}).test.white, 4095);
  EXPECT_EQ(
      fault_of({.directory = scratch.path(), .white = 940}),
      scratch.path() +
          "/images/3.png has the number 971, above 940, by which images of 16 bits are divided. Give images "
          "of one range.");
  write_png(scratch / "images/0.png", Tensor({4, 6, 1}, Bytes(24, 51)));
  const Splits mixed = folder({.directory = scratch.path()});
  EXPECT_NE(
      mixed.train.source.find("; 3 of 4 images have 16 bits, their brightest number is 971: divided by 1023, "
                              "the others by 255"),
      std::string::npos)
      << mixed.train.source;
}

TEST(SixteenBits, AreCountedInMemory) {
  const Scratch scratch;
  for (std::int64_t i = 0; i < 4; ++i) {
    write_pair(scratch.path(), std::to_string(i), plain(4, 6, 0, 1));
    write_png(scratch.path() + "/images/" + std::to_string(i) + ".png",
              deep(static_cast<std::int32_t>(40 * i), 37));
  }
  for (const auto& [memory, kept] :
       std::vector<std::pair<std::int64_t, std::int64_t>>{{119, 0}, {120, 1}, {479, 3}, {480, 4}}) {
    const FolderContent content = read_folder_content(list_folder(scratch.path()), {.bytes = memory});
    EXPECT_EQ(std::count_if(content.items.begin(), content.items.end(),
                            [](const FolderItem& item) { return item.image.tensor && item.mask.tensor; }),
              kept)
        << memory;
  }
}

}  // namespace
}  // namespace trous
