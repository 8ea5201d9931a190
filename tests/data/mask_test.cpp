#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/mask.h>
#include <trous/data/png.h>

#include "data/scratch.h"

namespace trous {
namespace {

// What tests/golden/make_data_files.py wrote in every coding; the colours are those it gave.
const Tensor& written() {
  static const Tensor mask({3, 5}, Bytes{0, 0, 1, 2, 3, 1, 1, 3, 0, 255, 2, 255, 0, 3, 2});
  return mask;
}

ClassTable four_classes() {
  return {{{.name = "ground", .color = Color{0, 0, 0}},
           {.name = "one", .color = Color{255, 0, 0}},
           {.name = "two", .color = Color{0, 255, 0}},
           {.name = "three", .color = Color{16, 32, 240}},
           {.name = "", .color = Color{255, 255, 255}, .ignore = true}}};
}

TEST(Mask, EveryCodingOfPngGivesTheSameNumbers) {
  for (const char* name :
       {"mask_palette.png", "mask_grey.png", "mask_grey_alpha.png", "mask_grey_in_rgb.png"}) {
    EXPECT_TRUE(same_bits(read_mask(golden(name), nullptr).numbers, written())) << name;
  }
  const ClassTable table = four_classes();
  const std::vector<std::int32_t> labels = table.labels();
  for (const char* name : {"mask_grey.png", "mask_grey_alpha.png", "mask_rgb.png", "mask_rgba.png"}) {
    const Tensor numbers = read_mask(golden(name), &table).numbers;
    ASSERT_EQ(numbers.shape(), (Shape{3, 5})) << name;
    for (std::size_t i = 0; i < 15; ++i) {
      EXPECT_EQ(labels[numbers.values<std::uint8_t>()[i]], written().values<std::uint8_t>()[i])
          << name << ' ' << i;
    }
  }
}

TEST(Mask, APaletteIsReadByColourWhereTheTableHasColours) {
  const ClassTable table = four_classes();
  EXPECT_EQ(
      message_of<FileError>([&] { read_mask(golden("mask_palette.png"), &table); }),
      "read_mask: " + golden("mask_palette.png") +
          " has the colour #0000ff at row 0, column 0, which classes.json does not list, the first of 15 "
          "such pixels. List it there, or draw the mask without smooth edges.");
  const Scratch scratch;
  const Tensor numbers({1, 4}, Bytes{0, 1, 2, 0});
  write_indexed_png(scratch / "a.png", numbers, std::vector<Color>{{0, 255, 0}, {0, 0, 0}, {255, 255, 255}});
  EXPECT_TRUE(same_bits(read_mask(scratch / "a.png", &table).numbers, Tensor({1, 4}, Bytes{2, 0, 4, 2})));
}

TEST(Mask, FewBitsAreNumbersNotShades) {
  Bytes small = written().to_vector<std::uint8_t>();
  for (std::uint8_t& number : small) number %= 4;
  for (const char* name : {"mask_grey2.png", "mask_grey4.png"}) {
    EXPECT_TRUE(same_bits(read_mask(golden(name), nullptr).numbers, Tensor({3, 5}, small))) << name;
  }
  EXPECT_TRUE(same_bits(read_mask(golden("palette.png"), nullptr).numbers,
                        Tensor({2, 4}, Bytes{0, 1, 2, 3, 3, 2, 1, 0})));
}

TEST(Mask, SaysWhichPixelMeansNothing) {
  ClassTable table = four_classes();
  table.entries.resize(2);
  EXPECT_EQ(
      message_of<FileError>([&] { read_mask(golden("mask_grey.png"), &table); }),
      "read_mask: " + golden("mask_grey.png") +
          " has label 2 at row 0, column 3, which classes.json does not list, the first of 6 such pixels. It "
          "lists 0 to 1. Add the class, or mend the mask; greys between black and white become two classes "
          "with a "
          "mask threshold.");
  EXPECT_EQ(
      message_of<FileError>([&] { read_mask(golden("mask_rgb.png"), &table); }),
      "read_mask: " + golden("mask_rgb.png") +
          " has the colour #00ff00 at row 0, column 3, which classes.json does not list, the first of 8 such "
          "pixels. List it there, or draw the mask without smooth edges.");
  const Scratch scratch;
  write_png(scratch / "one.png", Tensor({2, 1, 3}, Bytes{255, 0, 0, 254, 0, 0}));
  EXPECT_EQ(
      message_of<FileError>([&] { read_mask(scratch / "one.png", &table); }),
      "read_mask: " + scratch / "one.png" +
          " has the colour #fe0000 at row 1, column 0, which classes.json does not list, in this pixel only. "
          "List it there, or draw the mask without smooth edges.");
}

TEST(Mask, ColorsNeedATable) {
  const std::string remedy = R"( Write classes.json: [{"name": "background", "color": "#000000"}, ...].)";
  EXPECT_EQ(message_of<FileError>([] { read_mask(golden("mask_rgb.png"), nullptr); }),
            "read_mask: " + golden("mask_rgb.png") +
                " is an RGB mask, and there is no classes.json. It has #000000, #00ff00, #1020f0, #ff0000 "
                "and more." +
                remedy);
  const ClassTable names{{{.name = "a", .color = {}}, {.name = "b", .color = {}}}};
  const Scratch scratch;
  write_png(scratch / "a.png", Tensor({1, 2, 3}, Bytes{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(message_of<FileError>([&] { read_mask(scratch / "a.png", &names); }),
            "read_mask: " + scratch / "a.png" +
                " is an RGB mask, and classes.json gives no colours. It has #010203, #040506." + remedy);
}

TEST(Mask, SaysWhyAFileIsNoMask) {
  const Scratch scratch;
  const std::string path = scratch / "a.png";
  const auto expect = [&](const Bytes& bytes, const std::string& reader, const std::string& fault) {
    spill(path, bytes);
    EXPECT_EQ(message_of<FileError>([&] { read_mask(path, nullptr); }), reader + ": " + path + fault);
    EXPECT_EQ(message_of<FileError>([&] { mask_kind(path); }), reader + ": " + path + fault);
  };
  expect({}, "read_mask", " is empty: 0 bytes. Fetch or write the file again.");
  expect({0xff, 0xd8, 0xff, 0xe0}, "read_mask",
         " is a JPEG file. A JPEG's colours are not exact; save masks as PNG.");
  expect(
      bytes_of("GIF89a, say"), "read_png_header",
      " is no PNG file. It starts with 47 49 46 38 39 61 2c 20 instead of 89 50 4e 47 0d 0a 1a 0a. Convert "
      "it to PNG.");
  Bytes bytes = slurp(golden("mask_grey.png"));
  expect(Bytes(bytes.begin(), bytes.begin() + 25), "read_png_header",
         " is truncated. It has 25 bytes. Fetch or write the file again.");
  // libpng skips a chunk of an unknown name, and the header that it then reads stands elsewhere.
  bytes[12] = 'h';
  expect(bytes, "read_png_header",
         " is damaged. Its first chunk starts with 00 00 00 0d 68 48 44 52 instead of 00 00 00 0d 49 48 44 "
         "52, which is IHDR. Fetch or write the file again.");
  expect(
      slurp(golden("mask_rgb16.png")), "read_mask",
      " has colours of 16 bits a channel. classes.json names colours of 8 bits; save the mask with 8 bits.");
  EXPECT_THROW(read_mask(scratch / "none.png", nullptr), FileError);
}

TEST(Mask, EveryTruncationAndEveryChangedByteIsAnError) {
  const Scratch scratch;
  const ClassTable table = four_classes();
  for (const char* name : {"mask_grey.png", "mask_rgb.png", "mask_grey_alpha.png"}) {
    const Bytes whole = slurp(golden(name));
    for (std::size_t i = 0; i < whole.size(); ++i) {
      spill(scratch / "part.png", std::span(whole).first(i));
      EXPECT_THROW(read_mask(scratch / "part.png", &table), FileError) << name << " cut at " << i;
      Bytes damaged = whole;
      damaged[i] ^= 0x10;
      spill(scratch / "part.png", damaged);
      EXPECT_THROW(read_mask(scratch / "part.png", &table), FileError) << name << " changed at " << i;
    }
  }
}

}  // namespace
}  // namespace trous
