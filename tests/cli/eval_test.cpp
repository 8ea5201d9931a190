// trous eval: its numbers against a matrix counted here from the masks it writes, and by an independent
// script.
#include <cstdio>

#include <gtest/gtest.h>

#include <trous/data/png.h>

#include "cli/named_lists.h"
#include "cli/program.h"

namespace trous {
namespace {

class Eval : public SmallSet {
 protected:
  Eval() { train("run", "--quiet"); }
};

std::string digits(double value, int count) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", count, value);
  return text;
}

TEST_F(Eval, NumbersAreThoseOfTheMasksItWrites) {
  const Finished done = run("eval run --masks masks --batch 3");
  ASSERT_EQ(done.code, 0) << done.err;
  expect_plain(done.out);
  EXPECT_EQ(done.err, "");
  ASSERT_EQ(files_below(scratch_ / "masks").size(), 8u);
  double counts[5][5] = {};
  for (int i = 0; i < 4; ++i) {
    const std::string name = "masks/%_00000" + std::to_string(i) + ".png";
    const Tensor truth = read_indexed_png(scratch_ / std::regex_replace(name, std::regex("%"), "truth"));
    const Tensor guess = read_indexed_png(scratch_ / std::regex_replace(name, std::regex("%"), "prediction"));
    const Tensor drawn = read_indexed_png(scratch_ / "set/test/masks/100" + std::to_string(i) + ".png");
    EXPECT_EQ(truth.to_vector<std::uint8_t>(), drawn.to_vector<std::uint8_t>());
    const auto t = truth.to_vector<std::uint8_t>(), g = guess.to_vector<std::uint8_t>();
    for (std::size_t k = 0; k < t.size(); ++k) ++counts[t[k]][g[k]];
  }
  const char* const names[]{"background", "disk", "ring", "square", "triangle"};
  double ious = 0, right = 0, all = 0;
  int present = 0;
  for (int c = 0; c < 5; ++c) {
    double support = 0, called = 0;
    for (int k = 0; k < 5; ++k) support += counts[c][k], called += counts[k][c];
    const double hit = counts[c][c], either = support + called - hit;
    right += hit;
    all += support;
    if (c > 0 && either > 0) ious += hit / either, ++present;
    const auto share = [](double part, double whole) { return whole > 0 ? digits(part / whole, 3) : "-"; };
    EXPECT_TRUE(has_line(done.out, std::string("  ") + names[c] + " +" + share(hit, either) + " +" +
                                       share(2 * hit, support + called) + " +" + share(hit, called) + " +" +
                                       share(hit, support) + " +" + digits(support, 0)))
        << names[c] << " in\n"
        << done.out;
  }
  EXPECT_TRUE(has_line(done.out, "  mIoU of the foreground +" + digits(ious / present, 4))) << done.out;
  EXPECT_TRUE(has_line(done.out, "  pixel accuracy +" + digits(right / all, 4))) << done.out;
  const Finished quiet = run("eval run --quiet");
  EXPECT_EQ(quiet.out, digits(ious / present, 4) + '\n');
  EXPECT_EQ(run("eval run/best.safetensors --quiet").out, quiet.out) << "a bare checkpoint";
  const auto json = json_lines(run("eval run --json").out);
  ASSERT_EQ(json.size(), 1u);
  EXPECT_DOUBLE_EQ(json[0]["scores"]["foreground_mean_iou"], ious / present);
  for (int t = 0; t < 5; ++t) {
    for (int p = 0; p < 5; ++p) EXPECT_EQ(json[0]["scores"]["confusion"][t][p], counts[t][p]);
  }
  // And those that training kept.
  EXPECT_EQ(json[0]["scores"]["confusion"], json_in(scratch_ / "run/results.json")["scores"]["confusion"]);
}

TEST_F(Eval, AnIndependentScriptFindsTheSameNumbers) {
  if (std::system("python3 -c 1 2> /dev/null") != 0)
    GTEST_SKIP() << "python3 is not installed: scripts/install-dependencies oracles";
  const std::string check = "'" TROUS_SOURCE_DIR "/scripts/check-eval' ";
  for (const char* split : {"test", "train"}) {
    const Finished done = shell_in(scratch_.path(), check + "'" TROUS_PROGRAM "' run --split " + split);
    EXPECT_EQ(done.code, 0) << done.out << done.err;
    EXPECT_TRUE(has_line(done.out, "check-eval: all [0-9]+ numbers are the same\\.")) << done.out;
  }
  // A program that prints one digit otherwise is found out.
  spill(scratch_ / "liar",
        bytes_of("#!/bin/sh\n'" TROUS_PROGRAM "' \"$@\" | sed 's/\\(pixel accuracy.*\\)[0-9]$/\\1x/'\n"));
  std::filesystem::permissions(scratch_ / "liar", std::filesystem::perms::owner_all);
  const Finished lie = shell_in(scratch_.path(), check + "./liar run");
  EXPECT_EQ(lie.code, 1) << lie.out << lie.err;
  EXPECT_TRUE(has_line(lie.out, "check-eval: 1 numbers DIFFER\\.")) << lie.out;
}

TEST_F(Eval, TheMirrorIsAskedTooAndItsNumbersAreThoseOfItsMasks) {
  const Finished straight = run("eval run --masks straight --json"),
                 both = run("eval run --masks both --tta --json");
  ASSERT_EQ(both.code, 0) << both.err;
  EXPECT_NE(both.out, straight.out);
  std::int64_t right = 0, all = 0;
  for (int i = 0; i < 4; ++i) {
    const std::string name = "both/%_00000" + std::to_string(i) + ".png";
    const auto read = [&](const char* what) {
      return read_indexed_png(scratch_ / std::regex_replace(name, std::regex("%"), what))
          .to_vector<std::uint8_t>();
    };
    const auto truth = read("truth"), guess = read("prediction");
    for (std::size_t k = 0; k < truth.size(); ++k) right += truth[k] == guess[k], ++all;
  }
  EXPECT_EQ(json_lines(both.out)[0]["scores"]["pixel_accuracy"],
            static_cast<double>(right) / static_cast<double>(all));
}

TEST_F(Eval, AnIgnoredClassHasNoPixelsInTrainingAndScores) {
  train("blind", "--quiet --ignore-index 0");
  const auto scores = json_lines(run("eval blind --json").out)[0]["scores"];
  for (int p = 0; p < 5; ++p) EXPECT_EQ(scores["confusion"][0][p], 0);
  const auto facts = json_in(scratch_ / "blind/results.json")["data"];
  EXPECT_EQ(facts["train"]["class_pixels"][0], 0);
  EXPECT_GT(facts["train"]["class_pixels"][1], 0);
  expect("train --data set --ignore-index 7 --out x", 2,
         "ignoring: 7 is no class of folder/train. It has the classes 0 to 4; 255 is ignored anyway.\n");
}

// Whatever is ignored: no score of its own, no part in a mean, of all images and of each, of the network and
// of what stands beside it; and the numbers are those of the script, which knows formulas and no matrix of
// ours.
TEST_F(Eval, smp_547_AnIgnoredClassHasNoScoreAnywhere) {
  const bool script = std::system("python3 -c 1 2> /dev/null") == 0;
  std::int64_t called = 0;
  for (int ignored = 0; ignored < 5; ++ignored) {
    const std::string name = "without" + std::to_string(ignored);
    train(name, "--quiet --ignore-index " + std::to_string(ignored));
    const auto line = json_lines(run("eval " + name + " --json --per-image " + name + ".csv").out).at(0);
    const nlohmann::json scores = line["scores"], results = json_in(scratch_ / name + "/results.json");
    EXPECT_EQ(scores["ignored"], nlohmann::json({ignored}));
    EXPECT_EQ(results["ignored"], nlohmann::json({ignored}));
    EXPECT_EQ(scores["confusion"], results["scores"]["confusion"]);
    double sum = 0;
    int present = 0;
    for (int c = 0; c < 5; ++c) {
      double support = 0, predicted = 0;
      for (int k = 0; k < 5; ++k) {
        support += scores["confusion"][c][k].get<double>();
        predicted += scores["confusion"][k][c].get<double>();
      }
      const double hit = scores["confusion"][c][c], either = support + predicted - hit;
      if (c == ignored) {
        EXPECT_EQ(support, 0);
        called += static_cast<std::int64_t>(predicted);
        for (const char* key : {"iou", "dice", "precision", "recall"})
          EXPECT_EQ(scores["classes"][c][key], nullptr) << name;
      } else if (c > 0 && either > 0) {
        sum += hit / either;
        ++present;
      }
    }
    EXPECT_DOUBLE_EQ(scores["foreground_mean_iou"].get<double>(), sum / present) << name;
    for (const auto& baseline : line["baselines"]) EXPECT_EQ(baseline["classes"][ignored]["iou"], nullptr);
    // What is kept of each image is what --per-image writes.
    const auto rows = lines_of(slurp_text(scratch_ / name + ".csv"));
    for (std::size_t i = 0; i < 4; ++i) {
      const auto score = results["image_scores"][i];
      EXPECT_TRUE(rows.at(i + 1).starts_with("test/images/100" + std::to_string(i) + ".png," +
                                             (score.is_null() ? "" : digits(score, 6)) + ','))
          << rows[i + 1] << ", " << score;
    }
    const std::string page = slurp_text(scratch_ / name + "/report.html");
    EXPECT_NE(page.find("<td>ignored</td>"), std::string::npos);
    if (!script) continue;
    const Finished done =
        shell_in(scratch_.path(), "'" TROUS_SOURCE_DIR "/scripts/check-eval' '" TROUS_PROGRAM "' " + name);
    EXPECT_EQ(done.code, 0) << done.out << done.err;
  }
  EXPECT_GT(called, 0) << "the ignored class was called somewhere, and would have had the score 0";
}

TEST_F(Eval, AGateFailsBelowIt) {
  EXPECT_EQ(run("eval run --min-miou 0 --quiet").code, 0);
  const Finished gate = run("eval run --min-miou 0.99 --quiet");
  EXPECT_EQ(gate.code, 1);
  EXPECT_TRUE(std::regex_match(
      gate.err, std::regex("eval: mIoU of the foreground 0\\.[0-9]{4} is below --min-miou 0\\.99\\.\n")))
      << gate.err;
}

TEST_F(Eval, ATableOfEachImage) {
  ASSERT_EQ(run("eval run --split validation --per-image images.csv --quiet").code, 0);
  const auto lines = lines_of(slurp_text(scratch_ / "images.csv"));
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines[0], "image,foreground_mean_iou,mean_iou,pixel_accuracy");
  for (std::size_t i = 1; i < lines.size(); ++i) {
    EXPECT_TRUE(std::regex_match(lines[i], std::regex("validation/images/100" + std::to_string(i - 1) +
                                                      "\\.png(,[01]\\.[0-9]{6}){3}")))
        << lines[i];
  }
}

TEST_F(Eval, AnotherDataSetOfTheSameClasses) {
  const Splits splits = shapes({.size = 48, .train = 3, .validation = 2, .test = 5, .seed = 5});
  write_folder(scratch_ / "other/train", splits.train, 3);
  write_folder(scratch_ / "other/validation", splits.validation, 2);
  write_folder(scratch_ / "other/test", splits.test, 5);
  write_classes(scratch_ / "other", splits.train);
  const Finished done = run("eval run --data other");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(has_line(done.out, "run/best.safetensors, step [24], on 5 test images of other.*")) << done.out;
  // What does not fit is refused before the work.
  write_plain(scratch_ / "plain", 9);
  expect(
      "eval run --data plain --masks m", 2,
      "eval: the network reads images of 3 channels, those of plain have 1. Give --data with such images.\n");
  std::filesystem::create_directories(scratch_ / "gray/images");
  std::filesystem::copy(scratch_ / "other/test/masks", scratch_ / "gray/masks");
  for (int i = 0; i < 5; ++i) {
    write_png(scratch_ / "gray/images/100" + std::to_string(i) + ".png",
              Tensor::full({48, 48, 1}, DType::uint8, 10 * i));
  }
  std::filesystem::copy(scratch_ / "other/classes.json", scratch_ / "gray/classes.json");
  expect(
      "eval run --data gray --masks m", 2,
      "eval: the network reads images of 3 channels, those of gray have 1. Give --data with such images.\n");
}

TEST_F(Eval, FilesAreJudgedBeforeTheWork) {
  std::filesystem::create_directory(scratch_ / "full");
  spill(scratch_ / "full/mine.png", bytes_of("precious"));
  expect("eval run --masks full", 3, "full: it exists and is not an empty folder. Choose another --masks.\n");
  expect("eval run --per-image none/x.csv --masks m", 3,
         "none/x.csv: there is no folder none. Make it, or choose another --per-image.\n");
  expect("eval run --per-image full", 3, "full: it is a folder. Give --per-image the name of a file.\n");
  expect("eval run --data nowhere", 2,
         "data: there is no data set and no folder called nowhere. Choose " + data_sets() +
             ", or a folder: of images/ and masks/, targets/ or labels.csv, or of one folder per class.\n");
  spill(scratch_ / "torn.safetensors", bytes_of("torn"));
  const Finished torn = run("eval torn.safetensors");
  EXPECT_EQ(torn.code, 3);
  EXPECT_NE(torn.err.find("torn.safetensors"), std::string::npos) << torn.err;
}

TEST_F(Eval, ColourOfTheClassesWhereItIsAskedFor) {
  const Finished done = run("eval run --color always");
  EXPECT_NE(done.out.find("\033[38;2;"), std::string::npos);
}

}  // namespace
}  // namespace trous
