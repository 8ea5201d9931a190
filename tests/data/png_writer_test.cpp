#include <csignal>
#include <memory>
#include <sys/resource.h>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/core/random.h>
#include <trous/data/image.h>
#include <trous/data/image_rows.h>
#include <trous/data/png.h>
#include <trous/data/png_writer.h>

#include "data/scratch.h"

namespace trous {
namespace {

Tensor noise(const Shape& shape, double end, DType dtype) {
  return uniform(shape, DType::float32, Key{5}, 0, end).cast(dtype);
}

// Writes `image` in blocks of `height` rows.
void write_in_blocks(PngWriter& writer, const Tensor& image, std::int64_t height) {
  for (std::int64_t top = 0; top < image.shape()[0]; top += height)
    writer.write(rows_of(image, top, std::min(height, image.shape()[0] - top)));
  writer.finish();
}

TEST(PngWriter, BlocksOfAnyHeightGiveTheFileOfTheWholeImage) {
  const Scratch scratch;
  for (const std::int64_t channels : {1, 2, 3, 4}) {
    for (const DType dtype : {DType::uint8, DType::int32}) {
      const Tensor image = noise({61, 83, channels}, dtype == DType::uint8 ? 256 : 65536, dtype);
      write_png(scratch / "whole.png", image);
      EXPECT_TRUE(same_bits(read_png(scratch / "whole.png"), image));
      for (const std::int64_t height : {1, 7, 60, 61}) {
        PngWriter writer(scratch / "blocks.png", image.shape(), dtype);
        write_in_blocks(writer, image, height);
        EXPECT_EQ(slurp(scratch / "blocks.png"), slurp(scratch / "whole.png")) << channels << ' ' << height;
      }
    }
  }
}

TEST(PngWriter, LabelsKeepTheirPaletteWhateverTheBlocks) {
  const Scratch scratch;
  for (const std::int64_t colors : {2, 4, 16, 256}) {
    const Tensor labels = noise({37, 45, 1}, static_cast<double>(colors), DType::int32);
    write_indexed_png(scratch / "whole.png", labels.reshaped({37, 45}), class_palette(colors));
    for (const std::int64_t height : {1, 5, 37}) {
      PngWriter writer(scratch / "blocks.png", {37, 45}, class_palette(colors));
      for (std::int64_t top = 0; top < 37; top += height) {
        const std::int64_t count = std::min(height, 37 - top);
        const Tensor rows = rows_of(labels, top, count).reshaped({count, 45});
        writer.write(top % 2 ? rows : rows.cast(DType::uint8));
      }
      writer.finish();
      EXPECT_EQ(slurp(scratch / "blocks.png"), slurp(scratch / "whole.png")) << colors << ' ' << height;
    }
  }
}

// Wider than write_png takes, and read back by rows.
TEST(PngWriter, RowsMayBeLongerThanThoseOfAWholeImage) {
  const Scratch scratch;
  const Tensor image = noise({3, 40000, 1}, 256, DType::uint8);
  PngWriter writer(scratch / "wide.png", image.shape(), DType::uint8);
  write_in_blocks(writer, image, 2);
  ImageRows rows(scratch / "wide.png");
  EXPECT_TRUE(same_bits(rows.rows(0, 3), image));
}

TEST(PngWriter, WithoutFinishTheEarlierFileStays) {
  const Scratch scratch;
  write_png(scratch / "a.png", Tensor::ones({1, 1, 1}, DType::uint8));
  const Bytes before = slurp(scratch / "a.png");
  {
    PngWriter writer(scratch / "a.png", {2, 2, 1}, DType::uint8);
    writer.write(Tensor::zeros({2, 2, 1}, DType::uint8));
    EXPECT_EQ(scratch.files(), 2U);
  }
  EXPECT_EQ(slurp(scratch / "a.png"), before);
  EXPECT_EQ(scratch.files(), 1U);
}

TEST(PngWriter, AFullDiskLeavesTheEarlierFileAndNoOther) {
  const Scratch scratch;
  write_png(scratch / "a.png", Tensor::ones({1, 1, 1}, DType::uint8));
  const Bytes before = slurp(scratch / "a.png");
  auto writer = std::make_unique<PngWriter>(scratch / "a.png", Shape{400, 400, 1}, DType::uint8);
  const Tensor rows = noise({200, 400, 1}, 256, DType::uint8);
  // A limit on file sizes fails as a full disk does.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit;
  getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit small{.rlim_cur = 4096, .rlim_max = limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string message = message_of<FileError>([&] { writer->write(rows); });
  setrlimit(RLIMIT_FSIZE, &limit);
  EXPECT_EQ(message, "write_file: " + scratch / "a.png" +
                         " was not written. write says: File too large. Make room or choose another path; "
                         "a file that was there is unchanged.");
  EXPECT_EQ(scratch.files(), 1U);
  EXPECT_EQ(message_of<Error>([&] { writer->write(rows); }),
            "write_file: " + scratch / "a.png" +
                " is closed. It was finished, or a write to it failed. Open another OutputFile.");
  writer.reset();
  EXPECT_EQ(slurp(scratch / "a.png"), before);
}

TEST(PngWriter, RefusesRowsOfAnotherImage) {
  const Scratch scratch;
  PngWriter writer(scratch / "a.png", {4, 3, 2}, DType::uint8);
  EXPECT_EQ(message_of<DTypeError>([&] {
              writer.write(Tensor::zeros({1, 3, 2}, DType::int32));
            }),
            "write_png: the rows are int32. The writer was made for uint8 rows.");
  EXPECT_EQ(message_of<ShapeError>([&] {
              writer.write(Tensor::zeros({1, 2, 2}, DType::uint8));
            }),
            "write_png: rows [1, 2, 2] are none of an image [4, 3, 2]. All extents but the first are equal.");
  EXPECT_THROW(writer.write(Tensor::zeros({1, 3, 1}, DType::uint8)), ShapeError);
  EXPECT_THROW(writer.write(Tensor::zeros({3, 2}, DType::uint8)), ShapeError);
  writer.write(Tensor::zeros({2, 3, 2}, DType::uint8));
  EXPECT_EQ(message_of<ShapeError>([&] {
              writer.write(Tensor::zeros({3, 3, 2}, DType::uint8));
            }),
            "write_png: 3 rows after 2 of 4 are too many. Make the writer with the height of all rows.");
  EXPECT_EQ(message_of<ArgumentError>([&] { writer.finish(); }),
            "write_png: 2 of 4 rows are missing. Write them before finish.");
  // None of these errors has changed the file.
  writer.write(Tensor::zeros({2, 3, 2}, DType::uint8));
  writer.finish();
  EXPECT_TRUE(same_bits(read_png(scratch / "a.png"), Tensor::zeros({4, 3, 2}, DType::uint8)));
  EXPECT_EQ(message_of<Error>([&] { writer.finish(); }),
            "write_png: " + scratch / "a.png" +
                " is closed. It was finished, or a write to it failed. Write it with another PngWriter.");
}

TEST(PngWriter, NumbersOutOfRangeAreNamedByTheirPlaceInTheImage) {
  const Scratch scratch;
  PngWriter deep(scratch / "a.png", {2, 2, 1}, DType::int32);
  deep.write(Tensor({1, 2, 1}, {0, 65535}));
  EXPECT_EQ(message_of<ArgumentError>([&] {
              deep.write(Tensor({1, 2, 1}, {0, 65536}));
            }),
            "write_png: number 65536 at place 3 is not in 0 to 65535. PNG holds no other.");
  PngWriter labels(scratch / "b.png", {2, 2}, class_palette(3));
  labels.write(Tensor({1, 2}, {0, 2}));
  EXPECT_EQ(message_of<ArgumentError>([&] {
              labels.write(Tensor({1, 2}, {0, 3}));
            }),
            "write_indexed_png: label 3 at row 1, column 1 has no colour. The palette has 3. Pass "
            "class_palette(), which has 256.");
  EXPECT_EQ(message_of<DTypeError>([&] {
              labels.write(Tensor::zeros({1, 2}, DType::float32));
            }),
            "write_indexed_png: the labels are float32. Labels are uint8 or int32; take argmax of scores "
            "first.");
}

TEST(PngWriter, RefusesWhatIsNoPictureAndMakesNoFile) {
  const Scratch scratch;
  const std::string path = scratch / "a.png";
  EXPECT_EQ(message_of<ShapeError>([&] {
              PngWriter(path, {2, 2, 5}, DType::uint8);
            }),
            "write_png: image [2, 2, 5] of uint8 is no picture. It is [height, width, channels] with 1 to 4 "
            "channels, 1 to 2147483647 rows and up to 16777216 bytes a row.");
  EXPECT_THROW(PngWriter(path, {1, (1 << 22) + 1, 1}, DType::int32), ShapeError);
  EXPECT_THROW(PngWriter(path, {1, (1 << 24) + 1, 1}, DType::uint8), ShapeError);
  EXPECT_THROW(PngWriter(path, {std::int64_t{1} << 31, 1, 1}, DType::uint8), ShapeError);
  EXPECT_THROW(PngWriter(path, {1, std::int64_t{1} << 62, 1}, DType::uint8), ShapeError);
  EXPECT_THROW(PngWriter(path, {0, 1, 1}, DType::uint8), ShapeError);
  EXPECT_THROW(PngWriter(path, {1, 1, 1}, DType::float32), DTypeError);
  EXPECT_EQ(message_of<ShapeError>([&] {
              PngWriter(path, {1, 2, 1}, class_palette(2));
            }),
            "write_indexed_png: labels [1, 2, 1] are no picture. They are [height, width] with 1 to "
            "2147483647 rows and up to 16777216 labels a row.");
  EXPECT_EQ(message_of<ArgumentError>([&] {
              PngWriter(path, {1, 2}, std::span<const Color>());
            }),
            "write_indexed_png: the palette has 0 colours. PNG takes 1 to 256.");
  EXPECT_EQ(scratch.files(), 0U);
}

}  // namespace
}  // namespace trous
