// What the numbers in masks mean, over the whole folder: one rule, and a fault where they could mean two
// things.
#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/folder.h>
#include <trous/data/survey.h>

#include "data/folder_writer.h"

namespace trous {
namespace {

// A grey image of 8 x 10 pixels, of its own for each i.
Sample blank(std::int64_t i) { return plain(8, 10, static_cast<double>(i + 1) / 255, 0); }

// Pair i of a folder: the image, and a mask file of `numbers`.
void write_numbers(const std::string& directory, std::int64_t i, const Bytes& numbers) {
  write_pair(directory, std::to_string(100 + i), blank(i));
  write_png(directory + "/masks/" + std::to_string(100 + i) + ".png", Tensor({8, 10, 1}, numbers));
}

// 80 numbers: 0, but `count` times each of `others` at the end.
Bytes mostly_zero(const std::vector<std::pair<std::uint8_t, int>>& others) {
  Bytes numbers(80, 0);
  std::size_t at = 80;
  for (const auto& [number, count] : others) {
    for (int k = 0; k < count; ++k) numbers[--at] = number;
  }
  return numbers;
}

std::vector<std::int64_t> pixels_of_all(const Splits& splits) {
  const Survey found = survey(splits);
  std::vector<std::int64_t> sum(splits.train.classes.size());
  for (const SplitFacts* facts : {&found.train, &found.validation, &found.test}) {
    for (std::size_t c = 0; c < sum.size(); ++c) sum[c] += facts->class_pixels[c];
  }
  return sum;
}

const std::string threshold_remedy =
    "Make black and white of the masks with a mask threshold of 128 (--mask-threshold 128), or say in "
    "classes.json "
    "what 255 is: [{\"name\": \"background\", \"numbers\": 0}, {\"name\": \"boot\", \"numbers\": 1}, "
    "{\"numbers\": "
    "255, \"ignore\": true}].";

// JCruan519/EGE-UNet#13 and mantasu/glasses-detector#23.
TEST(FolderClasses, ege_unet_13_GreysBetweenBlackAndWhiteAreNoClasses) {
  const Scratch scratch;
  for (std::int64_t i = 0; i < 4; ++i) {
    std::vector<std::pair<std::uint8_t, int>> greys{{255, 20}};
    for (int k = 0; k < 10; ++k) greys.emplace_back(static_cast<std::uint8_t>(20 * k + 3 * i + 10), 1);
    write_numbers(scratch.path(), i, mostly_zero(greys));
  }
  EXPECT_EQ(
      fault_of({.directory = scratch.path()}),
      "the masks hold 42 different numbers from 0 to 255, and 87.5 % of the pixels are 0 or 255. These look "
      "like greys between black and white, as resizing with interpolation, smooth edges and JPEG make them. "
      "Make black and white of them with a mask threshold of 128 (--mask-threshold 128), or name the classes "
      "in classes.json.");
  const Splits splits = folder({.directory = scratch.path(), .mask_threshold = 128});
  EXPECT_EQ(splits.train.classes, (std::vector<std::string>{"background", "foreground"}));
  std::int64_t bright = 0;
  for (int i = 0; i < 4; ++i) {
    for (int k = 0; k < 10; ++k) bright += 20 * k + 3 * i + 10 >= 128;
  }
  EXPECT_EQ(pixels_of_all(splits), (std::vector<std::int64_t>{4 * 80 - 4 * 20 - bright, 4 * 20 + bright}));
  EXPECT_NE(splits.train.source.find("; masks are foreground from 128 of 255 on"), std::string::npos);
  spill(scratch / "classes.json", bytes_of(R"([{"name": "skin", "numbers": [0, 99]},
                                               {"name": "mole", "numbers": [100, 255]}])"));
  const Splits ranged = folder({.directory = scratch.path()});
  EXPECT_EQ(ranged.train.classes, (std::vector<std::string>{"skin", "mole"}));
  EXPECT_EQ(pixels_of_all(ranged)[0] + pixels_of_all(ranged)[1], 4 * 80);
}

// milesial/Pytorch-UNet#341 and #408.
TEST(FolderClasses, pytorch_unet_341_OneStrayGreyDoesNotMakeWhiteUnknown) {
  const Scratch scratch;
  for (std::int64_t i = 0; i < 4; ++i)
    write_numbers(scratch.path(), i, i == 2 ? mostly_zero({{255, 20}, {1, 1}}) : mostly_zero({{255, 20}}));
  EXPECT_EQ(
      fault_of({.directory = scratch.path()}),
      "255 is 98.8 % of what is not 0 in the masks, 80 of 81 pixels; the first other number is 1, in 1 "
      "pixel, "
      "first in " +
          scratch.path() +
          "/masks/102.png. Beside other numbers 255 means unknown, so nothing of it would be learned or "
          "scored. " +
          threshold_remedy);
  spill(scratch / "classes.json", bytes_of(R"(["ground", "car"])"));
  EXPECT_EQ(fault_of({.directory = scratch.path()}),
            "255 is 98.8 % of what is not 0 in the masks, 80 of 81 pixels; the first other number is 1, in 1 "
            "pixel, "
            "first in " +
                scratch.path() +
                "/masks/102.png. As 255 means unknown, nothing of it would be learned or scored. " +
                threshold_remedy);
  const Splits splits = folder({.directory = scratch.path(), .mask_threshold = 128});
  EXPECT_EQ(splits.train.classes, (std::vector<std::string>{"ground", "car"}));
  EXPECT_EQ(pixels_of_all(splits), (std::vector<std::int64_t>{240, 80}));
  spill(scratch / "classes.json",
        bytes_of(R"([{"name": "ground", "numbers": 0}, {"name": "scratch", "numbers": 1},
                                               {"numbers": 255, "ignore": true}])"));
  EXPECT_EQ(pixels_of_all(folder({.directory = scratch.path()})), (std::vector<std::int64_t>{239, 1}));
}

TEST(FolderClasses, NumbersInFewPixelsAreTold) {
  const Scratch scratch;
  for (std::int64_t i = 0; i < 4; ++i)
    write_numbers(scratch.path(), i, i == 3 ? mostly_zero({{1, 20}, {2, 3}}) : mostly_zero({{1, 20}}));
  const Splits splits = folder({.directory = scratch.path()});
  EXPECT_NE(splits.train.source.find("; number 2 is in 3 pixels of all masks only, first in " +
                                     scratch.path() + "/masks/103.png"),
            std::string::npos)
      << splits.train.source;
}

TEST(FolderClasses, TheThresholdNeedsTwoClassesInGreys) {
  const Scratch scratch;
  for (std::int64_t i = 0; i < 4; ++i) write_numbers(scratch.path(), i, mostly_zero({{200, 20}}));
  spill(scratch / "classes.json", bytes_of(R"(["a", "b", "c"])"));
  EXPECT_EQ(fault_of({.directory = scratch.path(), .mask_threshold = 100}),
            scratch.path() +
                "/classes.json lists 3 entries, and a mask threshold makes two classes. Leave the threshold "
                "out, or "
                "let the table be the two names.");
  std::filesystem::remove(scratch / "classes.json");
  write_mask(scratch / "masks/101.png", plain(8, 10, 0, 1).target, MaskCoding::palette);
  EXPECT_EQ(
      fault_of({.directory = scratch.path(), .mask_threshold = 100}),
      scratch.path() +
          "/masks/101.png has a palette of colours, and a mask threshold is for greys. Leave the threshold "
          "out, or save the mask in greys.");
  EXPECT_EQ(
      message_of<ArgumentError>([&] { folder({.directory = scratch.path(), .mask_threshold = 256}); }),
      "folder: mask_threshold 256 is not in 1 to 255. 128 is the middle between black, 0, and white, 255; 0 "
      "is none.");
}

// The colour of each number in a file of its own palette.
void write_palette(const std::string& path, const Bytes& numbers, const std::vector<Color>& palette) {
  write_indexed_png(path, Tensor({8, 10}, numbers), palette);
}

// Pair i of a folder: the image, and a mask file with a palette.
void write_indexed(const std::string& directory, std::int64_t i, const Bytes& numbers,
                   const std::vector<Color>& palette) {
  write_pair(directory, std::to_string(100 + i), blank(i));
  write_palette(directory + "/masks/" + std::to_string(100 + i) + ".png", numbers, palette);
}

// NVIDIA/DIGITS#1676 and image-segmentation-keras#117: an optimiser has given each file a palette of its own.
TEST(FolderClasses, digits_1676_PalettesOfTheirOwnAreReadByColourOrAFault) {
  constexpr Color black{0, 0, 0}, red{255, 0, 0}, green{0, 160, 0};
  const Scratch scratch;
  for (std::int64_t i = 0; i < 4; ++i) {
    write_indexed(scratch.path(), i, mostly_zero({{1, 20}}), {black, i % 2 ? green : red});
  }
  EXPECT_EQ(
      fault_of({.directory = scratch.path()}),
      "number 1 is #ff0000 in the palette of " + scratch.path() + "/masks/100.png and #00a000 in that of " +
          scratch.path() +
          "/masks/101.png, so it may mean two classes. List the colours in classes.json, and masks are read "
          "by colour: [{\"name\": \"background\", \"color\": \"#000000\"}, ...].");
  spill(scratch / "classes.json", bytes_of(R"([{"name": "ground", "color": "#000000"},
      {"name": "red", "color": "#ff0000"}, {"name": "green", "color": "#00a000"}])"));
  EXPECT_EQ(pixels_of_all(folder({.directory = scratch.path()})), (std::vector<std::int64_t>{240, 40, 40}));
  for (std::int64_t i = 0; i < 4; ++i) {  // as numbers, they would say the same; one colour has two of them
    write_palette(scratch.path() + "/masks/" + std::to_string(100 + i) + ".png",
                  mostly_zero({{i % 2 ? std::uint8_t{2} : std::uint8_t{1}, 20}}),
                  i % 2 ? std::vector<Color>{black, green, red} : std::vector<Color>{black, red});
  }
  EXPECT_EQ(pixels_of_all(folder({.directory = scratch.path()})), (std::vector<std::int64_t>{240, 80, 0}));
  std::filesystem::remove(scratch / "classes.json");
  EXPECT_EQ(fault_of({.directory = scratch.path()}),
            "the colour #ff0000 is number 1 in the palette of " + scratch.path() +
                "/masks/100.png and 2 in that of " + scratch.path() +
                "/masks/101.png, so two numbers may mean one class. List the colours in classes.json, and "
                "masks are "
                "read by colour: [{\"name\": \"background\", \"color\": \"#000000\"}, ...].");
}

TEST(FolderClasses, APaletteOfGreysIsThePictureThatItShows) {
  constexpr Color black{0, 0, 0}, white{255, 255, 255};
  const Scratch scratch;
  for (std::int64_t i = 0; i < 4; ++i) write_numbers(scratch.path(), i, mostly_zero({{255, 20}}));
  write_palette(scratch / "masks/101.png", mostly_zero({{1, 20}}), {black, white});
  Bytes turned = mostly_zero({{1, 20}});
  for (std::uint8_t& number : turned) number ^= 1;
  write_palette(scratch / "masks/102.png", turned, {white, black});
  const Splits splits = folder({.directory = scratch.path()});
  EXPECT_EQ(splits.train.classes, (std::vector<std::string>{"background", "foreground"}));
  EXPECT_EQ(pixels_of_all(splits), (std::vector<std::int64_t>{240, 80}));
  write_palette(scratch / "masks/102.png", mostly_zero({{1, 20}, {2, 5}}), {black, Color{85, 85, 85}, white});
  EXPECT_EQ(
      fault_of({.directory = scratch.path()}),
      scratch.path() +
          "/masks/102.png has a palette of greys in which number 1 looks like 85, so the numbers may mean "
          "classes or greys. Save it as a grey picture, with the class of each pixel as its grey, or list "
          "the "
          "colours in classes.json: [{\"name\": \"background\", \"color\": \"#000000\"}, ...].");
}

// An optimiser makes a grey file of a mask that shows no colour.
TEST(FolderClasses, AGreyFileBesideATableOfColoursIsReadByColourOrAFault) {
  constexpr Color black{0, 0, 0}, white{255, 255, 255}, red{255, 0, 0};
  const Scratch scratch;
  for (std::int64_t i = 0; i < 4; ++i) {
    write_indexed(scratch.path(), i, mostly_zero({{1, 20}, {2, 10}}), {black, red, white});
  }
  spill(scratch / "classes.json", bytes_of(R"([{"name": "ground", "color": "#000000"},
      {"name": "red", "color": "#ff0000"}, {"name": "white", "color": "#ffffff"}])"));
  write_numbers(scratch.path(), 0, mostly_zero({{255, 20}}));
  EXPECT_EQ(pixels_of_all(folder({.directory = scratch.path()})), (std::vector<std::int64_t>{210, 60, 50}));
  write_numbers(scratch.path(), 0, mostly_zero({{1, 20}}));  // no listed grey, so a number
  EXPECT_EQ(pixels_of_all(folder({.directory = scratch.path()})), (std::vector<std::int64_t>{210, 80, 30}));
  spill(scratch / "classes.json", bytes_of(R"([{"name": "ground", "color": "#000000"},
      {"name": "red", "color": "#ff0000"}, {"name": "dark", "color": "#010101"},
      {"name": "white", "color": "#ffffff"}])"));
  EXPECT_EQ(
      fault_of({.directory = scratch.path()}),
      scratch.path() +
          "/masks/100.png is a grey file. Its number 1 may be entry 1 of classes.json, or a grey as "
          "light as the colour of entry 2. Give \"numbers\" to the entries, or save the mask in colour.");
}

TEST(FolderClasses, GreyFilesBesideATableOfColoursMustMeanOneThing) {
  const Scratch scratch;
  for (std::int64_t i = 0; i < 4; ++i) write_numbers(scratch.path(), i, mostly_zero({{255, 20}}));
  spill(scratch / "classes.json",
        bytes_of(R"([{"name": "ground", "color": "#000000"}, {"name": "boot", "color": "#ffffff"}])"));
  EXPECT_EQ(pixels_of_all(folder({.directory = scratch.path()})), (std::vector<std::int64_t>{240, 80}));
  write_numbers(scratch.path(), 2, mostly_zero({{255, 20}, {1, 10}}));
  EXPECT_EQ(
      fault_of({.directory = scratch.path()}),
      "all greys of " + scratch.path() + "/masks/100.png are colours in classes.json, and not all of " +
          scratch.path() +
          "/masks/102.png are, so they may be numbers. Give \"numbers\" to the entries, or save the masks "
          "in colour.");
  // What the table says of numbers goes before its colours.
  spill(scratch / "classes.json", bytes_of(R"([{"name": "ground", "color": "#ffffff", "numbers": 0},
      {"name": "boot", "color": "#000000", "numbers": [1, 255]}])"));
  EXPECT_EQ(pixels_of_all(folder({.directory = scratch.path()})), (std::vector<std::int64_t>{230, 90}));
}

TEST(FolderClasses, ManyClassesInAPaletteOfColoursAreClasses) {
  std::vector<Color> palette(160);
  for (std::size_t i = 0; i < palette.size(); ++i) palette[i] = {static_cast<std::uint8_t>(i), 0, 9};
  const Scratch scratch;
  for (std::int64_t i = 0; i < 4; ++i) {
    std::vector<std::pair<std::uint8_t, int>> numbers;
    for (int k = 0; k < 40; ++k) numbers.emplace_back(static_cast<std::uint8_t>(40 * i + k), 1);
    write_indexed(scratch.path(), i, mostly_zero(numbers), palette);
  }
  EXPECT_EQ(folder({.directory = scratch.path()}).train.classes.size(), 160U);
}

TEST(FolderClasses, APaletteOfGreysBesideOneOfColoursMayMeanTwoClasses) {
  constexpr Color black{0, 0, 0}, white{255, 255, 255}, red{255, 0, 0};
  const Scratch scratch;
  for (std::int64_t i = 0; i < 4; ++i) {
    write_indexed(scratch.path(), i, mostly_zero({{1, 20}}), {black, i == 3 ? white : red});
  }
  EXPECT_EQ(fault_of({.directory = scratch.path()}),
            "number 1 is #ff0000 in the palette of " + scratch.path() +
                "/masks/100.png and #ffffff in that of " + scratch.path() +
                "/masks/103.png, so it may mean two classes. List the colours in classes.json, and masks are "
                "read by colour: [{\"name\": \"background\", \"color\": \"#000000\"}, ...].");
}

TEST(FolderClasses, GreysWithoutWhiteAreNoClassesEither) {
  const Scratch scratch;
  for (std::int64_t i = 0; i < 4; ++i) {
    std::vector<std::pair<std::uint8_t, int>> greys;
    for (int k = 0; k < 40; ++k) greys.emplace_back(static_cast<std::uint8_t>(40 * i + k + 1), 1);
    write_numbers(scratch.path(), i, mostly_zero(greys));
  }
  EXPECT_EQ(fault_of({.directory = scratch.path()}),
            "the masks hold 161 different numbers from 0 to 160. These look like greys, as resizing with "
            "interpolation, smooth edges and JPEG make them. Make black and white of them with a mask "
            "threshold of 128 (--mask-threshold 128), or name the classes in classes.json.");
}

// 65535 in 16 bits, and black and white in a palette, which a grey file of 1 bit is read like.
TEST(FolderClasses, WhiteIsWhiteInEveryBitDepth) {
  constexpr Color black{0, 0, 0}, white{255, 255, 255};
  const Scratch scratch;
  for (std::int64_t i = 0; i < 4; ++i) {
    write_pair(scratch.path(), std::to_string(100 + i), blank(i));
    const std::string path = scratch.path() + "/masks/" + std::to_string(100 + i) + ".png";
    if (i < 2) {
      std::vector<std::int32_t> deep(80, 0);
      std::fill(deep.begin() + 60, deep.end(), 65535);
      write_png(path, Tensor({8, 10, 1}, deep));
    } else {
      write_palette(path, mostly_zero({{1, 20}}), {black, white});
    }
  }
  EXPECT_EQ(pixels_of_all(folder({.directory = scratch.path()})), (std::vector<std::int64_t>{240, 80}));
  write_numbers(scratch.path(), 1, mostly_zero({{2, 20}}));  // white is a class beside it, or is it 255?
  EXPECT_EQ(fault_of({.directory = scratch.path()}),
            scratch.path() + "/masks/102.png shows its number 1 as white, and " + scratch.path() +
                "/masks/100.png its number 255, beside other numbers. Whether 1 is a class or white cannot "
                "be told; "
                "save all masks with 8 bits.");
}

TEST(FolderClasses, SixteenBitsHoldLabels) {
  const Scratch scratch;
  for (std::int64_t i = 0; i < 4; ++i) {
    write_pair(scratch.path(), std::to_string(100 + i), blank(i));
    std::vector<std::int32_t> deep(80, 0);
    std::fill(deep.begin() + 60, deep.end(), 1);
    deep[3] = i == 3 ? 700 : 0;
    write_png(scratch.path() + "/masks/" + std::to_string(100 + i) + ".png", Tensor({8, 10, 1}, deep));
  }
  EXPECT_EQ(
      fault_of({.directory = scratch.path()}),
      scratch.path() +
          "/masks/103.png has 16 bits and number 700 at row 0, column 3. Labels are 0 to 254, and 255 or "
          "65535 for white or unknown. Number the classes 0, 1, 2, ..., or give a mask threshold if these "
          "are "
          "greys.");
  write_numbers(scratch.path(), 3, mostly_zero({{1, 20}}));
  EXPECT_EQ(pixels_of_all(folder({.directory = scratch.path()})), (std::vector<std::int64_t>{240, 80}));
}

}  // namespace
}  // namespace trous
