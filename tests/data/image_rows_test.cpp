#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/core/random.h>
#include <trous/data/image.h>
#include <trous/data/image_rows.h>
#include <trous/data/png.h>

#include "data/scratch.h"

namespace trous {
namespace {

// The checksum of a PNG chunk, bit by bit (ISO/IEC 15948, annex D).
std::uint32_t chunk_checksum(std::span<const std::uint8_t> bytes) {
  std::uint32_t sum = 0xFFFFFFFFU;
  for (const std::uint8_t byte : bytes) {
    sum ^= byte;
    for (int bit = 0; bit < 8; ++bit) sum = sum & 1 ? sum >> 1 ^ 0xEDB88320U : sum >> 1;
  }
  return ~sum;
}

void append_number(Bytes& bytes, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(number >> shift));
}

// The PNG file with a chunk before its pixels.
Bytes with_chunk(const Bytes& png, const std::string& kind, const Bytes& data) {
  Bytes body = bytes_of(kind), chunk;
  body.insert(body.end(), data.begin(), data.end());
  append_number(chunk, static_cast<std::uint32_t>(data.size()));
  chunk.insert(chunk.end(), body.begin(), body.end());
  append_number(chunk, chunk_checksum(body));
  const Bytes pixels = bytes_of("IDAT");
  const auto place = std::search(png.begin(), png.end(), pixels.begin(), pixels.end()) - 4;
  Bytes result(png.begin(), place);
  result.insert(result.end(), chunk.begin(), chunk.end());
  result.insert(result.end(), place, png.end());
  return result;
}

Tensor any_pixels(const Shape& shape, double end, DType dtype) {
  return uniform(shape, DType::float32, Key{7}, 0, end).cast(dtype);
}

// A file of each kind in `scratch` or among the golden ones.
std::vector<std::string> files_of_all_kinds(const Scratch& scratch) {
  std::vector<std::string> files;
  for (const char* name : {"adam7.png", "grey16.png", "palette.png", "mask_grey.png", "mask_grey2.png",
                           "mask_grey4.png", "mask_grey_alpha.png", "mask_rgba.png", "mask_rgb16.png",
                           "color.jpg", "progressive.jpg", "grey.jpg", "turned.jpg", "turned_big_endian.jpg"})
    files.push_back(golden(name));
  const auto add = [&](const std::string& name) { return files.emplace_back(scratch / name); };
  for (const std::int64_t channels : {1, 2, 3, 4}) {
    write_png(add(text("uint8_", channels, ".png")), any_pixels({19, 23, channels}, 256, DType::uint8));
    write_png(add(text("int32_", channels, ".png")), any_pixels({19, 23, channels}, 65536, DType::int32));
  }
  for (const std::int64_t colors : {2, 4, 16, 256}) {
    const std::string name = add(text("palette_", colors, ".png"));
    write_indexed_png(name, any_pixels({19, 23}, static_cast<double>(colors), DType::int32),
                      class_palette(colors));
    spill(add(text("transparent_palette_", colors, ".png")), with_chunk(slurp(name), "tRNS", {9, 200}));
  }
  spill(add("transparent_grey.png"), with_chunk(slurp(scratch / "uint8_1.png"), "tRNS", {0, 100}));
  spill(add("transparent_grey16.png"), with_chunk(slurp(scratch / "int32_1.png"), "tRNS", {1, 100}));
  spill(add("transparent_rgb.png"), with_chunk(slurp(scratch / "uint8_3.png"), "tRNS", {0, 1, 0, 2, 0, 3}));
  Bytes turned = slurp(golden("turned.jpg"));
  const Bytes tag{0x12, 0x01, 3, 0, 1, 0, 0, 0};
  const auto place = std::search(turned.begin(), turned.end(), tag.begin(), tag.end()) + 8;
  for (std::uint8_t value = 1; value <= 8; ++value) {
    *place = value;
    spill(add(text("turned_", int{value}, ".jpg")), turned);
  }
  return files;
}

// Reads windows of `height` rows that begin `step` rows apart, cut at the last row, and compares each.
void expect_windows(const std::string& path, const Tensor& whole, std::int64_t height, std::int64_t step) {
  ImageRows rows(path);
  ASSERT_EQ(rows.shape(), whole.shape()) << path;
  ASSERT_EQ(rows.dtype(), whole.dtype()) << path;
  const std::int64_t count = whole.shape()[0];
  for (std::int64_t top = 0; top < count; top += step) {
    const std::int64_t here = std::min(height, count - top);
    EXPECT_TRUE(same_bits(rows.rows(top, here), rows_of(whole, top, here)))
        << path << ", " << here << " rows from " << top;
  }
  rows.finish();
}

TEST(ImageRows, AreTheRowsOfReadImage) {
  const Scratch scratch;
  for (const std::string& path : files_of_all_kinds(scratch)) {
    const Tensor whole = read_image(path);
    const std::int64_t count = whole.shape()[0];
    expect_windows(path, whole, count, count);
    expect_windows(path, whole, 1, 1);
    expect_windows(path, whole, 2, 2);
    expect_windows(path, whole, 5, 2);  // overlapping
    expect_windows(path, whole, 2, 5);  // with rows between
    expect_windows(path, whole, 1, std::max<std::int64_t>(1, count - 1));
  }
}

TEST(ImageRows, TheWindowMayGrowFromOneTop) {
  const Scratch scratch;
  const Tensor whole = any_pixels({9, 4, 3}, 256, DType::uint8);
  write_png(scratch / "a.png", whole);
  ImageRows rows(scratch / "a.png");
  for (const std::int64_t height : {1, 4, 2, 7}) {
    EXPECT_TRUE(same_bits(rows.rows(2, height), rows_of(whole, 2, height))) << height;
  }
  EXPECT_TRUE(same_bits(rows.rows(8, 1), rows_of(whole, 8, 1)));
  rows.finish();  // changes nothing, since the last row was read
  EXPECT_TRUE(same_bits(rows.rows(8, 1), rows_of(whole, 8, 1)));
  ImageRows moved = std::move(rows);
  EXPECT_EQ(moved.shape(), whole.shape());
}

TEST(ImageRows, MoveDownAndStayInside) {
  const Scratch scratch;
  for (const std::string& path : {golden("color.jpg"), golden("adam7.png"), golden("turned.jpg")}) {
    ImageRows rows(path);
    const std::int64_t height = rows.shape()[0];
    rows.rows(3, 2);
    EXPECT_EQ(message_of<ArgumentError>([&] { rows.rows(2, 1); }),
              "image_rows: row 2 is above row 3, where the latest window began. Windows move down; open the "
              "file again to begin at its top.");
    EXPECT_EQ(message_of<ArgumentError>([&] { rows.rows(4, height - 3); }),
              text("image_rows: ", height - 3, " rows from row 4 on are not in image ", rows.shape(),
                   ". It has rows 0 to ", height - 1, "."));
    EXPECT_THROW(rows.rows(4, 0), ArgumentError);
    EXPECT_THROW(rows.rows(-1, 1), ArgumentError);
    EXPECT_THROW(rows.rows(4, std::numeric_limits<std::int64_t>::max()), ArgumentError);
    EXPECT_EQ(rows.rows(4, 1).shape()[0], 1);  // none of these has moved the window
  }
}

// What reading by rows makes of a file: the error, or "" where the rows are those of read_image.
std::string error_by_rows(const std::string& path) {
  try {
    ImageRows rows(path);
    std::vector<Tensor> parts;
    for (std::int64_t top = 0; top < rows.shape()[0]; top += 2)
      parts.push_back(rows.rows(top, std::min<std::int64_t>(2, rows.shape()[0] - top)));
    const Tensor whole = read_image(path);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Tensor expected = rows_of(whole, 2 * static_cast<std::int64_t>(i), parts[i].shape()[0]);
      if (!same_bits(parts[i], expected)) return text("other rows from ", 2 * i, " on");
    }
    return "";
  } catch (const FileError& error) {
    return error.what();
  }
}

std::string error_of_whole(const std::string& path) {
  try {
    read_image(path);
    return "";
  } catch (const FileError& error) {
    return error.what();
  }
}

TEST(ImageRows, TruncatedAndDamagedFilesHaveTheErrorsOfReadImage) {
  const Scratch scratch;
  int errors = 0;
  for (const char* name : {"adam7.png", "grey16.png", "palette.png", "mask_rgba.png", "color.jpg", "grey.jpg",
                           "progressive.jpg", "turned.jpg"}) {
    const Bytes whole = slurp(golden(name));
    for (std::size_t i = 0; i < whole.size(); i += whole.size() / 400 + 1) {
      spill(scratch / "a", std::span(whole).first(i));
      EXPECT_EQ(error_by_rows(scratch / "a"), error_of_whole(scratch / "a")) << name << " cut at " << i;
      Bytes damaged = whole;
      damaged[i] ^= static_cast<std::uint8_t>(i % 2 ? 1U << i % 8 : 0xFF);
      spill(scratch / "a", damaged);
      const std::string error = error_by_rows(scratch / "a"), expected = error_of_whole(scratch / "a");
      // Sizes that are refused as a whole may be read by rows.
      if (expected.find("Up to 32768 a side") != std::string::npos) continue;
      EXPECT_EQ(error, expected) << name << " changed at " << i;
      errors += error.empty() ? 0 : 1;
    }
  }
  EXPECT_GT(errors, 100);
  EXPECT_EQ(error_by_rows(golden("cmyk.jpg")), error_of_whole(golden("cmyk.jpg")));
  EXPECT_EQ(error_by_rows(golden("cube.idx")), error_of_whole(golden("cube.idx")));
  EXPECT_EQ(error_by_rows(scratch / "none"), error_of_whole(scratch / "none"));
}

TEST(ImageRows, DamageIsFoundWhereItIsReachedAndStays) {
  const Scratch scratch;
  const Tensor whole = any_pixels({200, 300, 3}, 256, DType::uint8);
  write_png(scratch / "a.png", whole);
  Bytes bytes = slurp(scratch / "a.png");
  bytes[bytes.size() - 30] ^= 1;  // in the last rows
  spill(scratch / "a.png", bytes);
  const std::string expected = error_of_whole(scratch / "a.png");
  EXPECT_TRUE(expected.starts_with("read_png: " + scratch / "a.png" + " is truncated or damaged."))
      << expected;
  ImageRows rows(scratch / "a.png");
  EXPECT_TRUE(same_bits(rows.rows(50, 20), rows_of(whole, 50, 20)));
  EXPECT_EQ(message_of<FileError>([&] { rows.finish(); }), expected);
  EXPECT_EQ(message_of<FileError>([&] { rows.rows(60, 1); }), expected);
  EXPECT_EQ(message_of<FileError>([&] { rows.finish(); }), expected);
}

TEST(ImageRows, TheEndOfTheFileIsCheckedWithTheLastRow) {
  const Scratch scratch;
  for (const char* name : {"palette.png", "color.jpg"}) {
    const Bytes whole = slurp(golden(name));
    spill(scratch / "a", std::span(whole).first(whole.size() - 1));
    const std::string expected = error_of_whole(scratch / "a");
    EXPECT_NE(expected, "");
    ImageRows rows(scratch / "a");
    const std::int64_t last = rows.shape()[0] - 1;
    EXPECT_EQ(message_of<FileError>([&] { rows.rows(last, 1); }), expected) << name;
  }
}

// A header costs nothing, so a small file may claim a billion pixels. No memory is taken for them.
TEST(ImageRows, ASmallFileThatClaimsABillionPixelsIsRefused) {
  const Scratch scratch;
  EXPECT_EQ(
      error_by_rows(golden("promise.png")),
      "read_png: " + golden("promise.png") +
          " is truncated. Its header says 30000 x 30000 pixels, which take at least 2616308 bytes, and it "
          "has 66. Fetch or write the file again.");
  Bytes wide = slurp(golden("promise.png"));
  const auto with_width = [&](std::uint32_t width) {
    Bytes number;
    append_number(number, width);
    std::copy(number.begin(), number.end(), wide.begin() + 16);
    number.clear();
    append_number(number, chunk_checksum(std::span(wide).subspan(12, 17)));
    std::copy(number.begin(), number.end(), wide.begin() + 29);
    spill(scratch / "a.png", wide);
    return error_by_rows(scratch / "a.png");
  };
  EXPECT_EQ(with_width(1 << 23),
            "read_png: " + scratch / "a.png" +
                " has 8388608 x 30000 pixels of 3 channels. Up to 16777216 bytes a row and 2147483647 rows "
                "are read. Cut it into tiles.");
  Bytes jpeg = slurp(golden("grey.jpg"));
  const Bytes frame{0xFF, 0xC0};  // the start of a frame, baseline
  const auto place = std::search(jpeg.begin(), jpeg.end(), frame.begin(), frame.end()) + 5;
  for (const std::ptrdiff_t byte : {0, 2}) {
    place[byte] = 60000 >> 8;
    place[byte + 1] = 60000 & 0xFF;
  }
  spill(scratch / "a.jpg", jpeg);
  EXPECT_EQ(error_by_rows(scratch / "a.jpg"),
            "read_jpeg: " + scratch / "a.jpg" +
                " is truncated. Its header says 60000 x 60000 pixels, which take at least 7031250 bytes, and "
                "it has 399. Fetch or write the file again.");
}

// Interlaced, turned and progressive files are kept whole, so the limits of read_image are theirs.
TEST(ImageRows, WhatIsKeptWholeHasTheLimitsOfReadImage) {
  const Scratch scratch;
  for (const char* name : {"progressive.jpg", "turned.jpg"}) {
    Bytes jpeg = slurp(golden(name));
    auto place = jpeg.end();
    for (const std::uint8_t kind : {0xC0, 0xC2}) {
      const Bytes frame{0xFF, kind, 0};
      const auto found = std::search(jpeg.begin(), jpeg.end(), frame.begin(), frame.end());
      if (found != jpeg.end()) place = found + 5;
    }
    if (name == std::string("turned.jpg")) {
      const Bytes tag{0x12, 0x01, 3, 0, 1, 0, 0, 0};
      *(std::search(jpeg.begin(), jpeg.end(), tag.begin(), tag.end()) + 8) = 6;
    }
    for (const std::ptrdiff_t byte : {0, 2}) {
      place[byte] = 60000 >> 8;
      place[byte + 1] = 60000 & 0xFF;
    }
    spill(scratch / "a.jpg", jpeg);
    const std::string error = error_by_rows(scratch / "a.jpg");
    EXPECT_NE(error.find("Up to 32768 a side and 1073741824 bytes are read. Cut it into tiles."),
              std::string::npos)
        << error;
    EXPECT_EQ(error, error_of_whole(scratch / "a.jpg"));
  }
}

}  // namespace
}  // namespace trous
