// trous predict: masks of images of any size and kind.
#include <gtest/gtest.h>

#include <trous/data/npy.h>
#include <trous/data/png.h>

#include "cli/program.h"

namespace trous {
namespace {

class Predict : public SmallSet {
 protected:
  Predict() { train("run", "--quiet"); }

  // The labels of "<out>/<stem>.png".
  Tensor labels(const std::string& name) const { return read_indexed_png(scratch_ / name); }
};

Tensor noise(std::int64_t height, std::int64_t width, std::int64_t channels) {
  Tensor image = Tensor::uninitialized({height, width, channels}, DType::uint8);
  std::uint32_t state = 7;
  for (std::uint8_t& value : image.mutable_values<std::uint8_t>()) {
    state = state * 1664525 + 1013904223;
    value = static_cast<std::uint8_t>(state >> 24);
  }
  return image;
}

// Channels 0 .. count - 1 of an image.
Tensor first_channels(const Tensor& image, std::int64_t count) {
  const Shape& s = image.shape();
  Bytes kept;
  const auto values = image.values<std::uint8_t>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (static_cast<std::int64_t>(i) % s[2] < count) kept.push_back(values[i]);
  }
  return {{s[0], s[1], count}, kept};
}

TEST_F(Predict, KeepsTheSizeAndTakesEveryKindOfImage) {
  const Tensor rgba = noise(37, 50, 4);
  write_png(scratch_ / "rgba.png", rgba);
  write_png(scratch_ / "rgb.png", first_channels(rgba, 3));
  write_png(scratch_ / "gray.png", first_channels(rgba, 1));
  for (const char* name : {"color.jpg", "grey.jpg"}) spill(scratch_ / name, slurp(golden(name)));
  const Finished done = run("predict run rgba.png rgb.png gray.png color.jpg grey.jpg --out new/masks");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.err, "");
  EXPECT_EQ(
      done.out,
      "new/masks/rgba.png\nnew/masks/rgb.png\nnew/masks/gray.png\nnew/masks/color.png\nnew/masks/grey.png\n");
  EXPECT_EQ(files_below(scratch_ / "new/masks").size(), 5u);
  EXPECT_EQ(labels("new/masks/rgba.png").shape(), Shape({37, 50}));
  EXPECT_EQ(labels("new/masks/rgba.png").to_vector<std::uint8_t>(),
            labels("new/masks/rgb.png").to_vector<std::uint8_t>())
      << "alpha is dropped";
  EXPECT_EQ(labels("new/masks/gray.png").shape(), Shape({37, 50}));
  const Tensor jpeg = read_png(golden("color.jpg.png"));
  EXPECT_EQ(labels("new/masks/color.png").shape(), Shape({jpeg.shape()[0], jpeg.shape()[1]}));
}

TEST_F(Predict, AFolderIsTheImagesInIt) {
  spill(scratch_ / "set/test/images/notes.txt", bytes_of("no image"));
  const Finished done = run("predict run set/test/images --out o --json");
  ASSERT_EQ(done.code, 0) << done.err;
  const auto lines = json_lines(done.out);
  ASSERT_EQ(lines.size(), 4u);
  for (int i = 0; i < 4; ++i) {
    const std::string stem = "100" + std::to_string(i) + ".png";
    EXPECT_EQ(lines[i]["image"], "set/test/images/" + stem);
    EXPECT_EQ(lines[i]["mask"], "o/" + stem);
    std::vector<std::int64_t> counts(5);
    for (const std::uint8_t label : labels("o/" + stem).to_vector<std::uint8_t>()) ++counts.at(label);
    const char* const names[]{"background", "disk", "ring", "square", "triangle"};
    for (std::size_t c = 0; c < 5; ++c) EXPECT_EQ(lines[i]["pixels"][names[c]], counts[c]);
  }
  // They are what eval scores.
  ASSERT_EQ(run("eval run --masks m --quiet").code, 0);
  EXPECT_EQ(file("o/1002.png"), file("m/prediction_000002.png"));
  std::filesystem::create_directory(scratch_ / "empty");
  expect("predict run empty --out x", 3, "empty: there is no PNG or JPEG in this folder.\n");
}

TEST_F(Predict, ProbabilitiesSumToOneAndSayTheMask) {
  write_png(scratch_ / "a.png", noise(33, 40, 3));
  ASSERT_EQ(run("predict run a.png --out o --probs --quiet").code, 0);
  EXPECT_EQ(files_below(scratch_ / "o"), (std::vector<std::string>{"a.npy", "a.png"}));
  const Tensor probabilities = read_npy(scratch_ / "o/a.npy");
  ASSERT_EQ(probabilities.shape(), Shape({33, 40, 5}));
  const auto p = probabilities.to_vector<float>();
  const auto mask = labels("o/a.png").to_vector<std::uint8_t>();
  for (std::size_t pixel = 0; pixel < mask.size(); ++pixel) {
    const auto begin = p.begin() + static_cast<std::ptrdiff_t>(5 * pixel);
    double sum = 0;
    for (auto at = begin; at != begin + 5; ++at) sum += static_cast<double>(*at);
    ASSERT_NEAR(sum, 1, 1e-5);
    ASSERT_EQ(std::max_element(begin, begin + 5) - begin, mask[pixel]);
  }
}

TEST_F(Predict, AnOverlayLeavesTheBackgroundAsItIs) {
  const Tensor image = noise(32, 36, 3);
  write_png(scratch_ / "a.png", image);
  ASSERT_EQ(run("predict run a.png --out o --overlay --alpha 1 --quiet").code, 0);
  const auto drawn = read_png(scratch_ / "o/a.overlay.png").to_vector<std::uint8_t>();
  const auto before = image.to_vector<std::uint8_t>();
  const auto mask = labels("o/a.png").to_vector<std::uint8_t>();
  ASSERT_EQ(drawn.size(), before.size());
  for (std::size_t i = 0; i < mask.size(); ++i) {
    const Color color = class_color(mask[i]);
    const std::uint8_t full[]{color.red, color.green, color.blue};
    for (std::size_t c = 0; c < 3; ++c)
      ASSERT_EQ(drawn[3 * i + c], mask[i] == 0 ? before[3 * i + c] : full[c]) << i;
  }
}

TEST_F(Predict, TilesGiveTheBytesOfTheWholeImage) {
  write_png(scratch_ / "a.png", noise(200, 306, 3));
  for (const std::string tta : {"", " --tta"}) {
    ASSERT_EQ(run("predict run a.png --out whole --probs --overlay --tile 0 --force --quiet" + tta).code, 0);
    for (const char* tile : {"120", "180 --overlap 30", "201"}) {
      const Finished done =
          run("predict run a.png --out tiles --probs --overlay --force --quiet --tile " + (tile + tta));
      ASSERT_EQ(done.code, 0) << done.err;
      for (const char* name : {"/a.png", "/a.npy", "/a.overlay.png"})
        EXPECT_EQ(file(std::string("tiles") + name), file(std::string("whole") + name))
            << tile << tta << name;
    }
  }
}

TEST_F(Predict, ImagesOf16BitsAreReadInTilesToo) {
  Tensor deep = Tensor::uninitialized({150, 260, 1}, DType::int32);
  std::int32_t number = 0;
  for (std::int32_t& value : deep.mutable_values<std::int32_t>()) value = number = (number * 51 + 77) % 50000;
  write_png(scratch_ / "deep.png", deep);
  const Finished whole = run("predict run deep.png --out whole --tile 0 --quiet");
  const Finished tiles = run("predict run deep.png --out tiles --tile 110 --quiet");
  ASSERT_EQ(whole.code, 0) << whole.err;
  EXPECT_EQ(whole.err, tiles.err);
  EXPECT_NE(whole.err.find("it has 16 bits"), std::string::npos) << whole.err;
  EXPECT_EQ(file("tiles/deep.png"), file("whole/deep.png"));
}

TEST_F(Predict, TilesThatCannotGiveTheResultOfTheWholeAreSaidToBeBlended) {
  write_png(scratch_ / "a.png", noise(100, 90, 3));
  write_png(scratch_ / "b.png", noise(100, 90, 3));
  EXPECT_EQ(run("predict run a.png b.png --out o --quiet --tile 60").err,
            "a.png: tiles of at most 60x60 pixels are blended where they overlap, since none of them keeps "
            "all that a pixel "
            "of this network may depend on. Tiles of 89 pixels a side give the result of the whole image.\n");
  EXPECT_EQ(
      run("predict run a.png --out r --quiet --tile 95 --overlap 30").err,
      "a.png: its tiles share 86 pixels, not the 30 of --overlap, since the network's result depends on "
      "them.\n");
  EXPECT_EQ(run("predict run a.png --out p --quiet --tile 89").err, "");
  EXPECT_EQ(
      run("predict run a.png --out q --quiet --overlap 3").err,
      "predict: --overlap changed nothing, since no image that was read has more than 1024 pixels a side.\n");
  expect("predict run a.png --out x --tile 60 --overlap 32", 2,
         "predict: --tile 60 is not more than twice --overlap 32. Give 0 for the whole image, a larger tile "
         "or a smaller overlap.\n");
}

TEST_F(Predict, AnImageWithDamageAtItsEndLeavesNoFile) {
  write_png(scratch_ / "a.png", noise(300, 200, 3));
  Bytes bytes = file("a.png");
  bytes.resize(bytes.size() - 2000);
  spill(scratch_ / "a.png", bytes);
  const Finished done = run("predict run a.png --out o --overlay --probs --tile 120 --quiet");
  EXPECT_EQ(done.code, 3);
  EXPECT_NE(done.err.find("a.png is truncated or damaged"), std::string::npos) << done.err;
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "o"));
}

TEST_F(Predict, WhatCannotBeReadIsNamedAndTheOthersAreNotLost) {
  write_png(scratch_ / "a.png", noise(20, 20, 3));
  write_png(scratch_ / "z.png", noise(20, 20, 3));
  spill(scratch_ / "b.png", bytes_of("no image"));
  const Finished done = run("predict run a.png b.png z.png --out o");
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(done.out, "o/a.png\no/z.png\n");
  EXPECT_EQ(
      done.err,
      "b.png is left out. read_image: b.png is neither PNG nor JPEG. It starts with 6e 6f 20 69 6d 61 67 65; "
      "PNG starts with 89 50 4e 47, JPEG with ff d8 ff. Convert it to one of them.\n"
      "predict: 1 of 3 images was left out.\n");
  const Finished none = run("predict run b.png --out p");
  EXPECT_EQ(none.code, 3);
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "p")) << "no mask, no folder";
}

TEST_F(Predict, WhatWouldBeLostIsRefusedBeforeTheWork) {
  for (const char* folder : {"one", "two"}) {
    std::filesystem::create_directory(scratch_ / folder);
    write_png(scratch_ / folder + "/a.png", noise(20, 20, 3));
  }
  expect(
      "predict run one/a.png two/a.png --out o", 2,
      "predict: two images would be made into one file, o/a.png. Predict them into folders of their own.\n");
  write_png(scratch_ / "one/a.overlay.png", noise(20, 20, 3));
  expect(
      "predict run one --overlay --out o", 2,
      "predict: two images would be made into one file, o/a.overlay.png. Predict them into folders of their "
      "own.\n");
  expect("predict run one/a.png none.png --out o", 3,
         "none.png: there is no such file or folder. Give images, or folders of images.\n");
  for (const char* force : {"", " --force"}) {
    expect(std::string("predict run two/a.png --out two") + force, 3,
           "two/a.png: the prediction would replace its own image. Choose another --out.\n");
  }
  std::filesystem::create_directory(scratch_ / "o");
  spill(scratch_ / "o/a.npy", bytes_of("precious"));
  expect("predict run two/a.png --out o --probs", 3,
         "o/a.npy: it exists. Give --force to replace it, or another --out.\n");
  EXPECT_EQ(file("o/a.npy"), bytes_of("precious"));
  EXPECT_EQ(run("predict run two/a.png --out o --probs --force --quiet").code, 0);
  EXPECT_NE(file("o/a.npy"), bytes_of("precious"));
  expect("predict run two/a.png --out one/a.png/x", 3,
         "one/a.png/x: the folder cannot be made, Not a directory. Choose another --out.\n");
}

}  // namespace
}  // namespace trous
