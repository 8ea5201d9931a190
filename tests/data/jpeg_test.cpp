#include <algorithm>
#include <cstdlib>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/jpeg.h>
#include <trous/data/npy.h>
#include <trous/data/png.h>

#include "data/scratch.h"

namespace trous {
namespace {

// The standard leaves an inverse transform an error of 1; conversion to RGB adds at most 1.772 of the one of
// a chroma sample to the one of the luma.
constexpr int decoders_differ = 3;

int largest_gap(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
  EXPECT_EQ(a.size(), b.size());
  int gap = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) gap = std::max(gap, std::abs(a[i] - b[i]));
  return gap;
}

// Where `pattern` starts.
std::size_t place_of(const Bytes& bytes, const Bytes& pattern) {
  const auto found = std::search(bytes.begin(), bytes.end(), pattern.begin(), pattern.end());
  EXPECT_NE(found, bytes.end());
  return static_cast<std::size_t>(found - bytes.begin());
}

TEST(Jpeg, ReadsWhatPillowReads) {
  for (const char* name : {"color.jpg", "progressive.jpg", "grey.jpg"}) {
    const Tensor found = read_jpeg(golden(name)), expected = read_png(golden(name) + ".png");
    ASSERT_EQ(found.shape(), expected.shape()) << name;
    EXPECT_LE(largest_gap(found.values<std::uint8_t>(), expected.values<std::uint8_t>()), decoders_differ)
        << name;
  }
  EXPECT_EQ(read_jpeg(golden("color.jpg")).shape(), (Shape{17, 24, 3}));
  EXPECT_EQ(read_jpeg(golden("grey.jpg")).shape(), (Shape{17, 24, 1}));
}

TEST(Jpeg, PicturesOfATurnedCameraAreUpright) {
  const Scratch scratch;
  const Tensor expected = read_npy(golden("turned.npy"));
  Bytes bytes = slurp(golden("turned.jpg"));
  const std::size_t place = place_of(bytes, {0x12, 0x01, 3, 0, 1, 0, 0, 0}) + 8;
  for (std::uint8_t value = 1; value <= 8; ++value) {
    bytes[place] = value;
    spill(scratch / "a.jpg", bytes);
    const Tensor found = read_jpeg(scratch / "a.jpg");
    EXPECT_EQ(found.shape(), (value < 5 ? Shape{17, 24, 1} : Shape{24, 17, 1})) << int{value};
    const auto seen = expected.values<std::uint8_t>().subspan(17 * 24 * std::size_t{value - 1U}, 17 * 24);
    EXPECT_LE(largest_gap(found.values<std::uint8_t>(), seen), decoders_differ) << int{value};
  }
  const auto sixth = expected.values<std::uint8_t>().subspan(17 * 24 * 5, 17 * 24);
  EXPECT_LE(largest_gap(read_jpeg(golden("turned_big_endian.jpg")).values<std::uint8_t>(), sixth),
            decoders_differ);
}

TEST(Jpeg, AnOrientationThatMakesNoSenseIsUpright) {
  const Scratch scratch;
  const Tensor expected = read_jpeg(golden("grey.jpg"));
  const Bytes whole = slurp(golden("turned.jpg"));
  const std::size_t exif = place_of(whole, bytes_of("Exif"));
  const std::size_t tag = place_of(whole, {0x12, 0x01, 3, 0, 1, 0, 0, 0});
  const auto with = [&](std::size_t place, const Bytes& change) {
    Bytes bytes = whole;
    std::copy(change.begin(), change.end(), bytes.begin() + static_cast<std::ptrdiff_t>(place));
    spill(scratch / "a.jpg", bytes);
    EXPECT_TRUE(same_bits(read_jpeg(scratch / "a.jpg"), expected)) << place;
  };
  with(tag + 8, {9});
  with(tag + 8, {0});
  with(tag + 2, {4});                            // not a uint16
  with(tag, {0x13});                             // another tag
  with(exif, bytes_of("exif"));                  // no EXIF data
  with(exif + 6 + 4, {0xFF, 0xFF, 0xFF, 0xFF});  // a directory outside
  with(exif + 6 + 4, {0xF0, 0, 0, 0});           // also outside
  with(exif + 6 + 8, {0, 0});                    // no entries
  Bytes more = whole;                            // entries that end outside
  std::fill_n(more.begin() + static_cast<std::ptrdiff_t>(exif + 6 + 8), 2, std::uint8_t{0xFF});
  more[tag] = 0x13;
  spill(scratch / "a.jpg", more);
  EXPECT_TRUE(same_bits(read_jpeg(scratch / "a.jpg"), expected));
}

TEST(Jpeg, EveryTruncationIsAnError) {
  const Scratch scratch;
  for (const char* name : {"color.jpg", "progressive.jpg", "turned.jpg"}) {
    const Bytes whole = slurp(golden(name));
    for (std::size_t length = 0; length < whole.size(); ++length) {
      spill(scratch / "part.jpg", std::span(whole).first(length));
      EXPECT_THROW(read_jpeg(scratch / "part.jpg"), FileError) << name << " cut at " << length;
    }
  }
}

// Where the markers behind the start of the image stand, up to its end. The files have no restart markers.
std::vector<std::size_t> markers_of(const Bytes& jpeg) {
  std::vector<std::size_t> places;
  for (std::size_t i = 2; jpeg[i + 1] != 0xD9;) {
    places.push_back(i);
    const bool scan = jpeg[i + 1] == 0xDA;
    i += 2 + (std::size_t{jpeg[i + 2]} << 8 | jpeg[i + 3]);
    while (scan && (jpeg[i] != 0xFF || jpeg[i + 1] == 0)) ++i;
    if (jpeg[i + 1] == 0xD9) places.push_back(i);
  }
  return places;
}

Bytes inserted(Bytes into, std::size_t place, const Bytes& more) {
  into.insert(into.begin() + static_cast<std::ptrdiff_t>(place), more.begin(), more.end());
  return into;
}

// Cameras pad with zeros, 0xFF or another equal byte before a marker. Between the scans of a progressive file
// and behind the last one the decoder reads ahead into the padding.
TEST(Jpeg, cameras_PaddingLosesNoPixel) {
  const Scratch scratch;
  const std::vector<Bytes> paddings{Bytes(1),           Bytes(2),          Bytes(7),       Bytes(8),
                                    Bytes(9),           Bytes(1000),       Bytes(3, 0xFF), Bytes(24, 0x11),
                                    {0, 0, 0xFF, 0xFF}, {0xFF, 0xFF, 0, 0}};
  for (const char* name : {"color.jpg", "grey.jpg", "progressive.jpg", "turned.jpg"}) {
    const Tensor expected = read_jpeg(golden(name));
    const Bytes whole = slurp(golden(name));
    const std::vector<std::size_t> markers = markers_of(whole);
    Bytes everywhere = whole;
    for (auto place = markers.rbegin(); place != markers.rend(); ++place) {
      for (const Bytes& padding : paddings) {
        if (*place == 2) continue;  // the first three bytes are what a JPEG file is known by
        spill(scratch / "a.jpg", inserted(whole, *place, padding));
        EXPECT_TRUE(same_bits(read_jpeg(scratch / "a.jpg"), expected)) << name << " at " << *place;
      }
      if (*place != 2) everywhere = inserted(everywhere, *place, Bytes(20));
    }
    spill(scratch / "a.jpg", inserted(everywhere, everywhere.size(), Bytes(50, 7)));  // and behind the end
    EXPECT_TRUE(same_bits(read_jpeg(scratch / "a.jpg"), expected)) << name;
  }
}

// What is left of a scan whose pixels did not reach it is no padding, and neither is a hole in its data.
TEST(Jpeg, BytesThatAreNoPaddingAreAnError) {
  const Scratch scratch;
  const auto message = [&](const Bytes& bytes) {
    spill(scratch / "a.jpg", bytes);
    return message_of<FileError>([&] { read_jpeg(scratch / "a.jpg"); });
  };
  for (const char* name : {"color.jpg", "progressive.jpg"}) {
    const Bytes whole = slurp(golden(name));
    const std::vector<std::size_t> markers = markers_of(whole);
    const Bytes foreign{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20};
    const std::size_t end = markers.back();
    EXPECT_TRUE(message(inserted(whole, end, foreign))
                    .ends_with("extraneous bytes before marker 0xd9. Fetch or write the file again."))
        << name;
    EXPECT_EQ(
        message(inserted(whole, markers[1], foreign)),
        text(
            "read_jpeg: ", scratch / "a.jpg",
            " is truncated or damaged. libjpeg says: Corrupt JPEG data: 20 extraneous bytes before marker 0x",
            whole[markers[1] + 1] == 0xDB ? "db" : "c0", ". Fetch or write the file again."))
        << name;
    const std::size_t scan = markers[markers.size() - 2] + 14;
    for (std::size_t hole = scan; hole + 20 < end; ++hole) {
      Bytes damaged = whole;
      std::fill(damaged.begin() + static_cast<std::ptrdiff_t>(hole),
                damaged.begin() + static_cast<std::ptrdiff_t>(end), std::uint8_t{0});
      EXPECT_TRUE(message(damaged).starts_with("read_jpeg: ")) << name << ", zeros from " << hole;
    }
  }
}

// There are no checksums, so many changes make another picture; none may do more than that.
TEST(Jpeg, AChangedByteIsAnErrorOrAnotherPicture) {
  const Scratch scratch;
  int errors = 0;
  for (const char* name : {"color.jpg", "progressive.jpg", "turned.jpg"}) {
    const Bytes whole = slurp(golden(name));
    for (std::size_t i = 0; i < whole.size(); ++i) {
      Bytes damaged = whole;
      damaged[i] ^= static_cast<std::uint8_t>(i % 2 ? 1U << i % 8 : 0xFF);
      spill(scratch / "damaged.jpg", damaged);
      try {
        EXPECT_EQ(read_jpeg(scratch / "damaged.jpg").shape().rank(), 3);
      } catch (const FileError&) {
        ++errors;
      }
    }
  }
  EXPECT_GT(errors, 0);
}

TEST(Jpeg, SaysWhatIsWrongWithAFile) {
  const Scratch scratch;
  EXPECT_EQ(message_of<FileError>([&] { read_jpeg(scratch / "none.jpg"); }),
            "read_file: " + scratch / "none.jpg" +
                " cannot be opened. The system says: No such file or directory. Give the path of a readable "
                "file.");
  EXPECT_EQ(message_of<FileError>([&] { read_jpeg(golden("adam7.png")); }),
            "read_jpeg: " + golden("adam7.png") +
                " is no JPEG file. It starts with 89 50 4e 47 0d 0a 1a 0a instead of ff d8 ff. Convert it to "
                "JPEG.");
  EXPECT_EQ(message_of<FileError>([&] { read_jpeg(golden("cmyk.jpg")); }),
            "read_jpeg: " + golden("cmyk.jpg") +
                " holds 4 components, CMYK colours for print. Grey and RGB are read. Convert it to RGB.");
  const Bytes whole = slurp(golden("color.jpg"));
  spill(scratch / "part.jpg", std::span(whole).first(whole.size() - 20));
  EXPECT_EQ(message_of<FileError>([&] { read_jpeg(scratch / "part.jpg"); }),
            "read_jpeg: " + scratch / "part.jpg" +
                " is truncated or damaged. libjpeg says: Premature end of JPEG file. Fetch or write the file "
                "again.");
}

TEST(Jpeg, HugePicturesAreRefusedBeforeAnyAllocation) {
  const Scratch scratch;
  const auto message = [&](const char* name, int height, int width, std::uint8_t coding = 0xC0) {
    Bytes bytes = slurp(golden(name));
    const std::size_t frame = place_of(bytes, {0xFF, 0xC0}), place = frame + 5;
    bytes[frame + 1] = coding;
    for (std::size_t i = 0; i < 4; ++i) {
      bytes[place + i] = static_cast<std::uint8_t>((i < 2 ? height : width) >> (i % 2 ? 0 : 8));
    }
    spill(scratch / "a.jpg", bytes);
    return message_of<FileError>([&] { read_jpeg(scratch / "a.jpg"); });
  };
  const std::string limits = ". Up to 32768 a side and 1073741824 bytes are read. Cut it into tiles.";
  EXPECT_EQ(message("color.jpg", 1, 40000),
            "read_jpeg: " + scratch / "a.jpg" + " has 40000 x 1 pixels of 3 channels" + limits);
  EXPECT_EQ(message("color.jpg", 30000, 30000),
            "read_jpeg: " + scratch / "a.jpg" + " has 30000 x 30000 pixels of 3 channels" + limits);
  // 0xC0 begins a frame of Huffman coding, 0xC9 one of arithmetic coding. Grey, the promise is 900 MB:
  // allowed, but not from 399 bytes.
  EXPECT_EQ(
      message("grey.jpg", 30000, 30000),
      "read_jpeg: " + scratch / "a.jpg" +
          " is truncated. Its header says 30000 x 30000 pixels, which take at least 1757812 bytes, and it "
          "has 399. Fetch or write the file again.");
  EXPECT_EQ(
      message("grey.jpg", 20000, 20000, 0xC9),
      "read_jpeg: " + scratch / "a.jpg" +
          " is truncated. Its header says 20000 x 20000 pixels, which take at least 24414 bytes, and it has "
          "399. Fetch or write the file again.");
}

}  // namespace
}  // namespace trous
