// Folders as people have them, each with what the program prints of it, whole.
#include <gtest/gtest.h>

#include <trous/data/png.h>

#include "cli/program.h"

namespace trous {
namespace {

class StrangeFolders : public testing::Test {
 protected:
  // Pair i of `folder`: a grey image of 12 x 16 pixels with a brighter square, and a mask in which the square
  // is `number`. No two images are alike.
  void write_square(const std::string& folder, int i, std::uint8_t number) const {
    Bytes image(192, static_cast<std::uint8_t>(20 + i)), mask(192, 0);
    for (std::size_t k = 0; k < 36; ++k) {
      const std::size_t at = (3 + k / 6) * 16 + 2 + static_cast<std::size_t>(i % 8) + k % 6;
      image[at] = 200;
      mask[at] = number;
    }
    std::filesystem::create_directories(scratch_ / folder + "/images");
    std::filesystem::create_directories(scratch_ / folder + "/masks");
    write_png(scratch_ / folder + "/images/" + name(i), Tensor({12, 16, 1}, image));
    write_png(scratch_ / folder + "/masks/" + name(i), Tensor({12, 16, 1}, mask));
  }
  static std::string name(int i) { return std::to_string(10 + i) + ".png"; }

  // Black and white masks in "mine", but for one pixel of 1 in one of them.
  void write_a_stray_grey() const {
    write_squares("mine", 6, 255);
    Bytes mask(192, 0);
    std::fill(mask.begin() + 60, mask.begin() + 96, std::uint8_t{255});
    mask[5] = 1;
    write_png(scratch_ / "mine/masks/12.png", Tensor({12, 16, 1}, mask));
  }
  void write_squares(const std::string& folder, int count, std::uint8_t number) const {
    for (int i = 0; i < count; ++i) write_square(folder, i, number);
  }
  Finished run(const std::string& arguments) const { return trous_in(scratch_.path(), arguments); }
  void expect(const std::string& arguments, int code, const std::string& out, const std::string& err) const {
    const Finished done = run(arguments);
    EXPECT_EQ(done.code, code) << arguments;
    EXPECT_EQ(done.out, out) << arguments;
    EXPECT_EQ(done.err, err) << arguments;
  }

  Scratch scratch_;
};

const std::string one_fault = " has 1 fault, so nothing was read from it. Mend it and start again:\n  ";
const std::string threshold_remedy =
    "Make black and white of the masks with a mask threshold of 128 (--mask-threshold 128), or say in "
    "classes.json "
    "what 255 is: [{\"name\": \"background\", \"numbers\": 0}, {\"name\": \"boot\", \"numbers\": 1}, "
    "{\"numbers\": "
    "255, \"ignore\": true}].\n";

TEST_F(StrangeFolders, OneStrayGreyAmongBlackAndWhite) {
  write_a_stray_grey();
  const std::string err =
      "folder: mine" + one_fault +
      "255 is 99.5 % of what is not 0 in the masks, 216 of 217 pixels; the first other number "
      "is 1, in 1 pixel, first in mine/masks/12.png. Beside other numbers 255 means unknown, so "
      "nothing of it would be learned or scored. " +
      threshold_remedy;
  expect("data mine", 3, "", err);
  expect("train --data mine --out run", 3, "", err);
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "run"));
  expect("data mine --mask-threshold 128", 0,
         "data    4 train, 1 validation, 1 test images of 12x16x1\n"
         "        PNG and JPEG files of mine, 4 of 6 images, split 70/15/15 with seed 20201108, each class "
         "spread; "
         "masks are\n        foreground from 128 of 255 on\n"
         "        pixels: background 81.2 %, foreground 18.8 %\n"
         "        images in two splits: 0 train/validation, 0 train/test, 0 validation/test\n\n"
         "  class                 train     validation           test\n"
         "  background    81.2 %      4  81.2 %      1  81.2 %      1\n"
         "  foreground    18.8 %      4  18.8 %      1  18.8 %      1\n"
         "  unknown        0.0 %          0.0 %          0.0 %\n"
         "  (share of the pixels whose class is known, number of images; unknown: share of all pixels)\n\n",
         "");
  expect("data shapes --mask-threshold 128", 2, "",
         "data: --mask-threshold is for folders of masks, not for shapes. Leave it out.\n");
}

TEST_F(StrangeFolders, EvalReadsGreysAsItsRunDidOrAsItIsTold) {
  write_a_stray_grey();
  ASSERT_EQ(
      run("train --data mine --mask-threshold 128 --out run --steps 2 --batch 2 --width 2 --quiet").code, 0);
  const Finished own = run("eval run --quiet");
  EXPECT_EQ(own.code, 0) << own.err;
  // Alone, a checkpoint does not know how the masks of its run were read.
  std::filesystem::copy(scratch_ / "run/best.safetensors", scratch_ / "alone.safetensors");
  const Finished alone = run("eval alone.safetensors --data mine");
  EXPECT_EQ(alone.code, 3);
  EXPECT_NE(alone.err.find("(--mask-threshold 128)"), std::string::npos) << alone.err;
  expect("eval alone.safetensors --data mine --mask-threshold 128 --quiet", 0, own.out,
         "eval: nothing beside alone.safetensors tells what images it was trained on, so some may be among "
         "those that are scored.\n");
  expect("eval run --data shapes --mask-threshold 128", 2, "",
         "data: --mask-threshold is for folders of masks, not for shapes. Leave it out.\n");
}

TEST_F(StrangeFolders, TheUnknownHasARowAndAShare) {
  write_squares("mine", 8, 1);
  Bytes mask(192, 0);
  std::fill(mask.begin() + 60, mask.begin() + 96, std::uint8_t{1});
  std::fill(mask.begin(), mask.begin() + 48, std::uint8_t{255});
  for (int i = 0; i < 8; ++i) write_png(scratch_ / "mine/masks/" + name(i), Tensor({12, 16, 1}, mask));
  const Finished data = run("data mine");
  EXPECT_EQ(data.code, 0) << data.err;
  EXPECT_NE(data.out.find("NOTE 255 is 57.1 % of what is not 0"), std::string::npos) << data.out;
  EXPECT_TRUE(has_line(data.out, "  unknown    25.0 %         25.0 %         25.0 %")) << data.out;
  EXPECT_TRUE(has_line(
      data.out, "        unknown: 25.0 % of the pixels in train, 25.0 % in validation, 25.0 % in test"))
      << data.out;
  const Finished train = run("train --data mine --out run --steps 2 --batch 2 --width 2");
  ASSERT_EQ(train.code, 0) << train.err;
  EXPECT_TRUE(has_line(
      train.out, "        unknown: 25.0 % of the pixels in train, 25.0 % in validation, 25.0 % in test"))
      << train.out;
  const std::string report = slurp_text(scratch_ / "run/report.html");
  const std::size_t row = report.find("unknown, of all pixels");
  ASSERT_NE(row, std::string::npos);
  EXPECT_NE(report.substr(row, 100).find("25.0\u00A0%"), std::string::npos) << report.substr(row, 100);
}

TEST_F(StrangeFolders, AClassThatTrainDoesNotShowIsTold) {
  for (const char* split : {"train", "validation", "test"}) {
    for (int i = 0; i < 4; ++i) {
      const int at = i + (split[0] == 'v' ? 4 : split[1] == 'e' ? 8 : 0);
      write_square(std::string("mine/") + split, at, split[0] == 'v' && i == 0 ? 2 : 1);
    }
  }
  const Finished data = run("data mine");
  EXPECT_TRUE(
      has_line(data.out,
               "        NOTE: no training image shows class 2, but 1 of validation and 0 of test do. It "
               "cannot be learned."))
      << data.out;
}

TEST_F(StrangeFolders, PalettesOfAnOptimiserAreTheColoursThatTheyShow) {
  const std::string table = R"([{"name": "ground", "color": "#000000"}, {"name": "red", "color": "#ff0000"},
      {"name": "green", "color": "#00a000"}])";
  for (int i = 0; i < 12; ++i) {
    write_square("palettes", i, 1);
    write_square("colours", i, 1);
    const std::string mask = "/masks/" + name(i);
    const Tensor numbers = read_indexed_png(scratch_ / "palettes" + mask);
    const Color color = i % 2 ? Color{0, 160, 0} : Color{255, 0, 0};
    write_indexed_png(scratch_ / "palettes" + mask, numbers, std::vector<Color>{{0, 0, 0}, color});
    Bytes rgb;
    for (const std::uint8_t number : numbers.to_vector<std::uint8_t>()) {
      const Color shown = number ? color : Color{0, 0, 0};
      rgb.insert(rgb.end(), {shown.red, shown.green, shown.blue});
    }
    write_png(scratch_ / "colours" + mask, Tensor({12, 16, 3}, rgb));
  }
  for (const char* folder : {"palettes", "colours"})
    spill(scratch_ / folder + "/classes.json", bytes_of(table));
  const Finished palettes = run("data palettes"), colours = run("data colours");
  EXPECT_EQ(palettes.code, 0) << palettes.err;
  EXPECT_EQ(std::regex_replace(palettes.out, std::regex("palettes"), "colours"), colours.out);
  EXPECT_TRUE(has_line(colours.out, "  red         9.4 %      4   9.4 %      1   9.4 %      1"))
      << colours.out;
  std::filesystem::remove(scratch_ / "palettes/classes.json");
  expect("data palettes", 3, "",
         "folder: palettes" + one_fault +
             "number 1 is #ff0000 in the palette of palettes/masks/10.png and #00a000 in that of "
             "palettes/masks/11.png, so it may mean two classes. List the colours in classes.json, and masks "
             "are "
             "read by colour: [{\"name\": \"background\", \"color\": \"#000000\"}, ...].\n");
}

TEST_F(StrangeFolders, SixteenBitsComeBackAsTheyWere) {
  write_squares("mine", 6, 1);
  std::vector<std::vector<std::int32_t>> written;
  for (int i = 0; i < 6; ++i) {
    std::vector<std::int32_t> numbers;
    for (int k = 0; k < 192; ++k) numbers.push_back(k * 5 + i);
    write_png(scratch_ / "mine/images/" + name(i), Tensor({12, 16, 1}, numbers));
    written.push_back(numbers);
  }
  const Finished data = run("data mine --export copy");
  ASSERT_EQ(data.code, 0) << data.err;
  EXPECT_NE(
      data.out.find("6 of 6 images have 16 bits, their brightest number is 960:\n        divided by 1023"),
      std::string::npos)
      << data.out;
  std::size_t found = 0;
  for (const char* split : {"train", "validation", "test"}) {
    for (const auto& entry : std::filesystem::directory_iterator(scratch_ / "copy/" + split + "/images")) {
      const std::vector<std::int32_t> numbers = read_png(entry.path().string()).to_vector<std::int32_t>();
      found += static_cast<std::size_t>(std::count(written.begin(), written.end(), numbers));
    }
  }
  EXPECT_EQ(found, 6u);
  // The run remembers by what it divides, and predict divides by the same, whatever the image holds.
  ASSERT_EQ(run("train --data mine --out run --steps 2 --batch 2 --width 2 --quiet").code, 0);
  const std::vector<std::int32_t> dark(192, 100);
  write_png(scratch_ / "dark.png", Tensor({12, 16, 1}, dark));
  write_png(scratch_ / "bright.png", Tensor({12, 16, 1}, std::vector<std::int32_t>(192, 2000)));
  expect("predict run dark.png --out masks --quiet", 0, "", "");
  expect("predict run bright.png --out masks --quiet", 0, "",
         "bright.png: its numbers reach 2000, above 1023, by which the run divided its images of 16 bits.\n");
  write_squares("eight", 6, 1);
  ASSERT_EQ(run("train --data eight --out run8 --steps 2 --batch 2 --width 2 --quiet").code, 0);
  expect("predict run8 dark.png --out masks8 --quiet", 0, "",
         "dark.png: it has 16 bits, and the network learned from images of 8. Its numbers, up to 100, are "
         "divided by "
         "65535.\n");
}

// weecology/MillionTrees#36 and keras#5862.
TEST_F(StrangeFolders, million_trees_36_EvalScoresTheTestSplitOfTheRun) {
  write_squares("mine", 10, 1);
  ASSERT_EQ(run("train --data mine --out run --steps 2 --batch 2 --width 2 --quiet").code, 0);
  const nlohmann::json split = json_in(scratch_ / "run/split.json");
  ASSERT_EQ(split["train"].size(), 6u);
  const Finished before = run("eval run --json");
  EXPECT_EQ(before.err, "");
  for (int i = 10; i < 20; ++i) write_square("mine", i, 1);
  const Finished after = run("eval run --json");
  EXPECT_EQ(
      after.err,
      "eval: since the run began, in mine 10 images are new (the first is images/20.png). The split is the "
      "run's, so what is new is not scored.\n");
  const nlohmann::json was = json_lines(before.out).at(0), is = json_lines(after.out).at(0);
  EXPECT_EQ(is["scores"], was["scores"]);
  EXPECT_EQ(is["folder"],
            nlohmann::json::parse(
                R"({"split": "of the run", "new": 10, "gone": 0, "changed": 0, "trained_on": 0})"));
  // Split anew, the folder has other test images, some of which were trained on; the result says how many.
  const nlohmann::json anew = json_lines(run("eval run --split-anew --json").out).at(0);
  EXPECT_EQ(anew["images"], 3);
  EXPECT_EQ(anew["folder"]["split"], "anew");
  // Under other names nothing tells that it is the folder of the run, but for the images themselves.
  std::size_t trained = 0;
  std::filesystem::create_directories(scratch_ / "other/test");
  for (const char* kind : {"images", "masks"}) {
    for (const char* part : {"train", "validation", "test"})
      std::filesystem::create_directories(scratch_ / "other/" + part + "/" + kind);
    for (int i = 10; i < 14; ++i) {
      std::filesystem::copy(
          scratch_ / "mine/" + kind + "/" + name(i),
          scratch_ / "other/" + (i < 12 ? "train/" : "validation/") + kind + "/x" + name(i));
    }
    for (const nlohmann::json& one : split["train"]) {
      const std::string file = one.get<std::string>().substr(7);
      std::filesystem::copy(scratch_ / "mine/" + kind + "/" + file,
                            scratch_ / "other/test/" + kind + "/y" + file);
      ++trained;
    }
  }
  expect("eval run --data other", 2, "",
         "eval: 6 of the 6 test images of other are some that the run was trained on, such as test/images/y" +
             split["train"][0].get<std::string>().substr(7) +
             ", so the score would be no test. Score images of its own, or give --split-anew to score these "
             "all the "
             "same.\n");
  const Finished told = run("eval run --data other --split-anew");
  EXPECT_TRUE(has_line(told.out,
                       "run/best.safetensors, step 2, on 6 test images of other: 6 of them were trained on"))
      << told.out;
  // Gone and changed images are told; a run of before split.json cannot know.
  std::filesystem::remove(scratch_ / "mine/images/10.png");
  std::filesystem::remove(scratch_ / "mine/masks/10.png");
  write_square("mine", 25, 1);
  const std::string changed = split["test"][0].get<std::string>();
  std::filesystem::rename(scratch_ / "mine/images/25.png", scratch_ / "mine/" + changed);
  std::filesystem::remove(scratch_ / "mine/masks/25.png");
  std::filesystem::remove(scratch_ / "run/split.json");
  nlohmann::json environment = json_in(scratch_ / "run/environment.json");
  environment.erase("config_format");
  spill(scratch_ / "run/environment.json", bytes_of(environment.dump()));
  expect("eval run", 2, "",
         "eval: mine has changed since the run began, and the run, of an earlier trous, does not remember "
         "its split, "
         "so images that it was trained on might be scored. Put the folder back, or give --split-anew to "
         "score them "
         "all the same.\n");
}

// What came to a folder since has no say in what the images of the run are.
TEST_F(StrangeFolders, million_trees_36_WhatIsAddedChangesNothing) {
  for (const char* folder : {"mine", "made"}) {
    const bool ready_made = folder[1] == 'a';
    if (ready_made) {
      int i = 0;
      for (const char* part : {"made/train", "made/train", "made/validation", "made/test", "made/test"})
        write_square(part, i++, 1);
    } else {
      write_squares(folder, 6, 1);
    }
    const std::string data = folder, out = "run_" + data, inside = ready_made ? data + "/test" : data;
    ASSERT_EQ(run("train --data " + data + " --out " + out + " --steps 2 --batch 2 --width 2 --quiet").code,
              0);
    const nlohmann::json before = json_lines(run("eval " + out + " --json").out).at(0);
    EXPECT_EQ(before["folder"]["split"], "of the run");
    // In colour, larger, of another class, of 16 bits; and one without a mask.
    write_square(inside, 20, 7);
    write_png(scratch_ / inside + "/images/" + name(20), Tensor::full({12, 16, 3}, DType::uint8, 9));
    write_png(scratch_ / inside + "/images/" + name(21), Tensor::full({40, 40, 1}, DType::int32, 60000));
    write_png(scratch_ / inside + "/masks/" + name(21), Tensor::full({40, 40, 1}, DType::uint8, 3));
    write_png(scratch_ / inside + "/images/" + name(22), Tensor::full({12, 16, 1}, DType::uint8, 5));
    const Finished after = run("eval " + out + " --json");
    ASSERT_EQ(after.code, 0) << after.err;
    EXPECT_EQ(json_lines(after.out).at(0)["scores"], before["scores"]);
    EXPECT_EQ(after.err, "eval: since the run began, in " + data + " 2 images are new (the first is " +
                             (ready_made ? "test/" : "") +
                             "images/30.png). The split is the run's, so what is new is not scored.\n");
    const Finished resumed = run("train --resume " + out + " --quiet");
    EXPECT_EQ(resumed.code, 0);
    EXPECT_EQ(resumed.err, "train: since the run began, 2 images have come to " + data + ", the first is " +
                               (ready_made ? "test/" : "") +
                               "images/30.png. The run goes on with its own; to learn from all, begin "
                               "another.\n");
  }
}

TEST_F(StrangeFolders, AnotherTableOfClassesIsTold) {
  write_squares("mine", 6, 1);
  const auto table = [&](const char* first, const char* second) {
    spill(scratch_ / "mine/classes.json", bytes_of(std::string(R"([{"name": "a", "numbers": )") + first +
                                                   R"(}, {"name": "b", "numbers": )" + second + "}]"));
  };
  table("0", "1");
  ASSERT_EQ(run("train --data mine --out run --steps 2 --batch 2 --width 2 --quiet").code, 0);
  EXPECT_EQ(run("eval run").err, "");
  table("1", "0");
  EXPECT_EQ(run("eval run").err,
            "eval: classes.json of mine is not what the run has read. Are its classes still those that the "
            "network knows?\n");
}

TEST_F(StrangeFolders, ACheckpointAloneDoesNotKnowItsImages) {
  write_squares("mine", 6, 1);
  ASSERT_EQ(run("train --data mine --out run --steps 2 --batch 2 --width 2 --quiet").code, 0);
  std::filesystem::copy(scratch_ / "run/best.safetensors", scratch_ / "alone.safetensors");
  EXPECT_EQ(
      run("eval alone.safetensors --data mine --quiet").err,
      "eval: nothing beside alone.safetensors tells what images it was trained on, so some may be among "
      "those that are scored.\n");
  // Images of 16 bits, for a network that has seen none: eval and predict divide by the same.
  for (int i = 0; i < 6; ++i)
    write_png(scratch_ / "mine/images/" + name(i), Tensor::full({12, 16, 1}, DType::int32, 1000 + i));
  EXPECT_NE(
      run("eval alone.safetensors --data mine --quiet")
          .err.find("eval: images of mine have 16 bits, and the network learned from images of 8, as far "
                    "as its checkpoint says. Their numbers are divided by 65535.\n"),
      std::string::npos);
  EXPECT_EQ(
      run("predict alone.safetensors mine/images/10.png --out masks --quiet").err,
      "mine/images/10.png: it has 16 bits, and the network learned from images of 8. Its numbers, up to "
      "1000, are divided by 65535.\n");
}

TEST_F(StrangeFolders, ADamagedRecordOfTheSplitIsNamed) {
  write_squares("mine", 6, 1);
  ASSERT_EQ(run("train --data mine --out run --steps 2 --batch 2 --width 2 --quiet").code, 0);
  const auto damaged = [&](const std::string& file, const std::string& content, const std::string& fault) {
    const Bytes whole = slurp(scratch_ / file);
    spill(scratch_ / file, bytes_of(content));
    for (const char* command : {"eval run", "train --resume run"})
      expect(command, 3, "", file + ": " + fault + " Put the file of the run back.\n");
    spill(scratch_ / file, whole);
  };
  std::filesystem::rename(scratch_ / "run/split.json", scratch_ / "split.json");
  for (const char* command : {"eval run", "train --resume run"})
    expect(command, 3, "", "run/split.json: it is missing. Put the file of the run back.\n");
  std::filesystem::rename(scratch_ / "split.json", scratch_ / "run/split.json");
  damaged("run/split.json", "{", "it is no JSON from byte 2 on.");
  damaged("run/split.json", "[]", "it is no JSON object.");
  damaged("run/split.json", R"({"train": ["a"]})", "it has no validation.");
  damaged("run/split.json", R"({"train": []})", "it has train without an image.");
  damaged("run/split.json", R"({"train": 3})", "it has number at train, where a list belongs.");
  damaged("run/environment.json", "{", "it is no JSON from byte 2 on.");
  damaged("run/environment.json", R"({"files": [{}, {}]})", "it has no files[0].path.");
}

}  // namespace
}  // namespace trous
