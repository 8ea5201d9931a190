#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/core/random.h>
#include <trous/data/png.h>

#include "data/scratch.h"

namespace trous {
namespace {

Tensor random_pixels(const Shape& shape) {
  return uniform(shape, DType::float32, Key{1}, 0, 256).cast(DType::uint8);
}

TEST(Png, KeepsEveryByteOfEveryNumberOfChannels) {
  const Scratch scratch;
  for (const std::int64_t channels : {1, 2, 3, 4}) {
    for (const Shape& shape : {Shape{1, 1, channels}, Shape{7, 13, channels}, Shape{64, 1, channels}}) {
      const Tensor image = random_pixels(shape);
      write_png(scratch / "a.png", image);
      EXPECT_TRUE(same_bits(read_png(scratch / "a.png"), image)) << shape;
    }
  }
}

TEST(Png, TheSamePictureGivesTheSameFile) {
  const Scratch scratch;
  write_png(scratch / "a.png", random_pixels({9, 9, 3}));
  write_png(scratch / "b.png", random_pixels({9, 9, 3}));
  EXPECT_EQ(slurp(scratch / "a.png"), slurp(scratch / "b.png"));
}

TEST(Png, ReadsWhatPythonWrote) {
  EXPECT_TRUE(same_bits(read_png(golden("grey16.png")),
                        Tensor({1, 3, 1}, std::vector<std::int32_t>{0, 0x8000, 0xFFFF})));
  EXPECT_TRUE(
      same_bits(read_indexed_png(golden("palette.png")), Tensor({2, 4}, Bytes{0, 1, 2, 3, 3, 2, 1, 0})));
  const Tensor colors = read_png(golden("palette.png"));
  EXPECT_EQ(colors.shape(), (Shape{2, 4, 3}));
  const Bytes first_row{10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120};
  EXPECT_EQ(Bytes(colors.values<std::uint8_t>().begin(), colors.values<std::uint8_t>().begin() + 12),
            first_row);
  Bytes interlaced;
  for (int y = 0; y < 6; ++y) {
    for (int x = 0; x < 5; ++x) {
      for (const int value : {10 * x, 10 * y, x + y}) interlaced.push_back(static_cast<std::uint8_t>(value));
    }
  }
  EXPECT_TRUE(same_bits(read_png(golden("adam7.png")), Tensor({6, 5, 3}, interlaced)));
}

TEST(Png, LabelsComeBackWithAnyPalette) {
  const Scratch scratch;
  for (const std::int64_t colors : {1, 2, 3, 4, 5, 16, 17, 256}) {
    const Tensor labels =
        uniform({5, 9}, DType::float32, Key{2}, 0, static_cast<double>(colors)).cast(DType::int32);
    write_indexed_png(scratch / "a.png", labels, class_palette(colors));
    EXPECT_TRUE(same_bits(read_indexed_png(scratch / "a.png"), labels.cast(DType::uint8))) << colors;
    const Tensor picture = read_png(scratch / "a.png");
    ASSERT_EQ(picture.shape(), (Shape{5, 9, 3}));
    for (std::size_t i = 0; i < 45; ++i) {
      const Color expected = class_color(labels.values<std::int32_t>()[i]);
      const auto found = picture.values<std::uint8_t>().subspan(3 * i, 3);
      EXPECT_EQ((Color{found[0], found[1], found[2]}), expected) << colors << ' ' << i;
    }
    write_indexed_png(scratch / "b.png", labels.cast(DType::uint8), class_palette(colors));
    EXPECT_EQ(slurp(scratch / "a.png"), slurp(scratch / "b.png")) << colors;
  }
}

TEST(Png, EveryTruncationAndEveryChangedByteIsAnError) {
  const Scratch scratch;
  for (const char* name : {"adam7.png", "palette.png", "grey16.png"}) {
    const Bytes whole = slurp(golden(name));
    for (std::size_t i = 0; i < whole.size(); ++i) {
      spill(scratch / "part.png", std::span(whole).first(i));
      EXPECT_THROW(read_png(scratch / "part.png"), FileError) << name << " cut at " << i;
      EXPECT_THROW(read_indexed_png(scratch / "part.png"), FileError) << name << " cut at " << i;
      // Signature, lengths, kinds, data and checksums: no byte of these files is free.
      Bytes damaged = whole;
      damaged[i] ^= 0x10;
      spill(scratch / "damaged.png", damaged);
      EXPECT_THROW(read_png(scratch / "damaged.png"), FileError) << name << " changed at " << i;
    }
  }
}

TEST(Png, SaysWhatIsWrongWithAFile) {
  const Scratch scratch;
  EXPECT_EQ(message_of<FileError>([&] { read_png(golden("cube.idx")); }),
            "read_png: " + golden("cube.idx") +
                " is no PNG file. It starts with 00 00 08 03 00 00 00 02 instead of 89 50 4e 47 0d 0a 1a 0a. "
                "Convert it to PNG.");
  // Before the header libpng skips a chunk of another name, which the standard does not allow.
  Bytes late = slurp(golden("adam7.png"));
  const Bytes chunk{0, 0, 0, 0, 't', 'E', 'S', 't', 0x75, 0xb6, 0x1c, 0x4e};
  late.insert(late.begin() + 8, chunk.begin(), chunk.end());
  spill(scratch / "a.png", late);
  EXPECT_EQ(message_of<FileError>([&] { read_png(scratch / "a.png"); }),
            "read_png: " + scratch / "a.png" +
                " is damaged. Its first chunk starts with 00 00 00 00 74 45 53 74 instead of 00 00 00 0d 49 "
                "48 44 52, which is IHDR. Fetch or write the file again.");
  Bytes damaged = slurp(golden("adam7.png"));
  damaged[damaged.size() - 14] ^= 1;
  spill(scratch / "a.png", damaged);
  EXPECT_EQ(message_of<FileError>([&] { read_png(scratch / "a.png"); }),
            "read_png: " + scratch / "a.png" +
                " is truncated or damaged. libpng says: IDAT: CRC error. Fetch or write the file again.");
  EXPECT_EQ(message_of<FileError>([&] { read_indexed_png(golden("adam7.png")); }),
            "read_indexed_png: " + golden("adam7.png") +
                " holds colours, not labels: 3 channels of 8 bits. Labels have a palette or one grey channel "
                "of up to 8 bits.");
  EXPECT_THROW(read_png(scratch / "none.png"), FileError);
}

TEST(Png, HugePicturesAreRefusedBeforeAnyAllocation) {
  EXPECT_EQ(
      message_of<FileError>([&] { read_png(golden("wide.png")); }),
      "read_png: " + golden("wide.png") +
          " has 40000 x 1 pixels of 1 channels. Up to 32768 a side and 1073741824 bytes are read. Cut it "
          "into tiles.");
  EXPECT_EQ(
      message_of<FileError>([&] { read_png(golden("promise.png")); }),
      "read_png: " + golden("promise.png") +
          " has 30000 x 30000 pixels of 3 channels. Up to 32768 a side and 1073741824 bytes are read. Cut "
          "it into tiles.");
  // Grey, the promise is 900 MB: allowed, but not from 118 bytes.
  EXPECT_EQ(
      message_of<FileError>([&] { read_png(golden("promise_grey.png")); }),
      "read_png: " + golden("promise_grey.png") +
          " is truncated. Its header says 30000 x 30000 pixels, which take at least 872122 bytes, and it "
          "has 66. Fetch or write the file again.");
}

TEST(Png, RefusesOtherTensorsAndWritesNothing) {
  const Scratch scratch;
  EXPECT_EQ(message_of<DTypeError>([&] {
              write_png(scratch / "a", Tensor::zeros({2, 2, 3}, DType::float32));
            }),
            "write_png: the image is float32, PNG holds uint8, or int32 of 0 to 65535. A float32 image in "
            "0..1 becomes one through "
            "image_picture.");
  EXPECT_EQ(
      message_of<ShapeError>([&] {
        write_png(scratch / "a", Tensor::zeros({2, 2, 5}, DType::uint8));
      }),
      "write_png: image [2, 2, 5] is no picture. It is [height, width, channels] with sides of 1 to 32768 "
      "and 1 to 4 channels.");
  EXPECT_THROW(write_png(scratch / "a", Tensor::zeros({2, 2}, DType::uint8)), ShapeError);
  EXPECT_THROW(write_png(scratch / "a", Tensor::zeros({0, 2, 3}, DType::uint8)), ShapeError);
  const Tensor labels({2, 2}, std::vector<std::int32_t>{0, 1, 2, 3});
  EXPECT_EQ(message_of<ArgumentError>([&] { write_indexed_png(scratch / "a", labels, class_palette(3)); }),
            "write_indexed_png: label 3 at row 1, column 1 has no colour. The palette has 3. Pass "
            "class_palette(), which has 256.");
  const Tensor negative({1, 1}, std::vector<std::int32_t>{-1});
  EXPECT_THROW(write_indexed_png(scratch / "a", negative, class_palette()), ArgumentError);
  EXPECT_THROW(write_indexed_png(scratch / "a", labels, {}), ArgumentError);
  EXPECT_THROW(write_indexed_png(scratch / "a", labels, std::vector<Color>(257)), ArgumentError);
  EXPECT_EQ(
      message_of<DTypeError>([&] { write_indexed_png(scratch / "a", labels.cast(DType::float32), {}); }),
      "write_indexed_png: the labels are float32. Labels are uint8 or int32; take argmax of scores first.");
  EXPECT_THROW(write_indexed_png(scratch / "a", labels.reshaped({2, 2, 1}), class_palette()), ShapeError);
  EXPECT_EQ(scratch.files(), 0U);
}

TEST(Png, AFailedWriteLeavesTheEarlierFile) {
  const Scratch scratch;
  EXPECT_THROW(write_png(scratch / "none/a.png", Tensor::zeros({1, 1, 1}, DType::uint8)), FileError);
  write_png(scratch / "a.png", Tensor::ones({1, 1, 1}, DType::uint8));
  EXPECT_THROW(write_png(scratch / "a.png", Tensor::zeros({1, 1, 9}, DType::uint8)), ShapeError);
  EXPECT_EQ(read_png(scratch / "a.png").item<std::uint8_t>(), 1);
}

TEST(Png, QuickEffortKeepsEveryPixel) {
  const Scratch scratch;
  Bytes bytes;
  for (int i = 0; i < 60 * 50 * 3; ++i) bytes.push_back(static_cast<std::uint8_t>(i * i / 97));
  write_png(scratch / "usual.png", Tensor({60, 50, 3}, bytes));
  write_png(scratch / "quick.png", Tensor({60, 50, 3}, bytes), PngEffort::quick);
  EXPECT_EQ(read_png(scratch / "quick.png").to_vector<std::uint8_t>(), bytes);
  EXPECT_NE(slurp(scratch / "quick.png"), slurp(scratch / "usual.png"));
}

}  // namespace
}  // namespace trous
