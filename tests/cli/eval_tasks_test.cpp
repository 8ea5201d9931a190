// trous eval of labels, numbers and images: the files of --predictions, and each number by an independent
// script.
#include <gtest/gtest.h>

#include <trous/data/csv.h>
#include <trous/data/npy.h>

#include "cli/task_folders.h"

namespace trous {
namespace {

class EvalTasks : public TaskFolders {
 protected:
  Finished check(const std::string& program, const std::string& arguments) const {
    return shell_in(scratch_.path(),
                    "'" TROUS_SOURCE_DIR "/scripts/check-eval' " + program + ' ' + arguments);
  }
  // A program that prints as trous does, but for what this sed script changes.
  void write_liar(const std::string& script) const {
    spill(scratch_ / "liar", bytes_of("#!/bin/sh\n'" TROUS_PROGRAM "' \"$@\" | sed '" + script + "'\n"));
    std::filesystem::permissions(scratch_ / "liar", std::filesystem::perms::owner_all);
  }
  void expect_found(const std::string& lie, const std::string& run) const {
    write_liar(lie);
    const Finished done = check("./liar", run);
    EXPECT_EQ(done.code, 1) << done.out << done.err;
    EXPECT_TRUE(has_line(done.out, "check-eval: 1 numbers DIFFER\\.")) << done.out;
  }
};

TEST_F(EvalTasks, AnIndependentScriptFindsTheSameNumbers_slow) {
  if (std::system("python3 -c 1 2> /dev/null") != 0)
    GTEST_SKIP() << "python3 is not installed: scripts/install-dependencies oracles";
  for (std::int64_t i = 0; i < 36; ++i) {  // of six classes five are the likeliest
    const std::string letter(1, static_cast<char>('a' + i % 6));
    write_at(scratch_ / "six/" + letter + ", " + letter + '/' + std::to_string(i) + ".png",
             striped(i, 2 * (i % 6)));
  }
  for (const std::string folder : {"classes", "six", "table", "pairs"}) {
    ASSERT_EQ(train(folder, "run_" + folder).code, 0);
    for (const std::string split : {"test", "train"}) {
      const Finished done = check("'" TROUS_PROGRAM "'", "run_" + folder + " --batch 3 --split " + split);
      EXPECT_EQ(done.code, 0) << folder << done.out << done.err;
      EXPECT_TRUE(has_line(done.out, "check-eval: all [0-9]+ numbers are the same\\.")) << done.out;
      EXPECT_EQ(done.out.find("top-5 accuracy ") != std::string::npos, folder == "six") << done.out;
      EXPECT_EQ(done.out.find("SSIM, JSON, to ") != std::string::npos, folder == "pairs") << done.out;
    }
  }
  expect_found("s/\\(Brier score.*\\)[0-9]$/\\1x/", "run_six");
  expect_found("s/\"expected_calibration_error\":0\\./&00/", "run_six");  // the first is the network's
  expect_found("s/\\(  MAE .*\\)[0-9]$/\\1x/", "run_table");
  expect_found("s/\"ssim\":0\\.\\([0-9]\\{5\\}\\)/\"ssim\":0.\\10/", "run_pairs");
}

TEST_F(EvalTasks, TruthsAndPredictionsAreThoseOfTheFolder_slow) {
  for (const char* folder : {"classes", "table", "pairs"})
    ASSERT_EQ(train(folder, std::string("run_") + folder).code, 0);
  ASSERT_EQ(run("eval run_classes --predictions labels --split train --quiet").code, 0);
  EXPECT_EQ(files_below(scratch_ / "labels"), std::vector<std::string>{"predictions.csv"});
  const auto labels = read_csv(scratch_ / "labels/predictions.csv");
  EXPECT_EQ(labels[0].cells,
            (std::vector<std::string>{"image", "truth", "prediction", "probability of low",
                                      "probability of tall", "logit of low", "logit of tall"}));
  EXPECT_GT(labels.size(), 10U);
  for (std::size_t i = 1; i < labels.size(); ++i) {
    const std::vector<std::string>& cells = labels[i].cells;
    EXPECT_EQ(cells[0].substr(0, cells[0].find('/')), cells[1]);
    EXPECT_EQ(cells[2], std::stof(cells[6]) > std::stof(cells[5]) ? "tall" : "low");
    EXPECT_NEAR(std::stod(cells[3]) + std::stod(cells[4]), 1, 4e-16) << "each is rounded once";
  }
  // predict finds what eval scores.
  ASSERT_EQ(run("predict run_classes classes --out single").code, 3) << "no images in the folder itself";
  ASSERT_EQ(run("predict run_classes classes/low --out low --quiet").code, 0);
  const auto predicted = read_csv(scratch_ / "low/predictions.csv");
  std::size_t met = 0;
  for (std::size_t i = 1; i < labels.size(); ++i) {
    for (std::size_t k = 1; k < predicted.size(); ++k) {
      if (predicted[k].cells[0] != "classes/" + labels[i].cells[0]) continue;
      ++met;
      EXPECT_EQ(predicted[k].cells[1], labels[i].cells[2]);
      EXPECT_EQ(std::stof(predicted[k].cells[2]),
                static_cast<float>(std::max(std::stod(labels[i].cells[3]), std::stod(labels[i].cells[4]))));
    }
  }
  EXPECT_GT(met, 3U);

  ASSERT_EQ(run("eval run_table --predictions numbers --quiet").code, 0);
  const auto numbers = read_csv(scratch_ / "numbers/predictions.csv");
  EXPECT_EQ(numbers[0].cells, (std::vector<std::string>{"image", "truth of rows", "prediction of rows"}));
  for (std::size_t i = 1; i < numbers.size(); ++i) {  // as the table was made
    const int number = std::stoi(numbers[i].cells[0].substr(std::string("images/").size())) - 100;
    EXPECT_EQ(numbers[i].cells[1], std::to_string(number % 12 + 2));
  }

  ASSERT_EQ(run("eval run_pairs --predictions images --quiet").code, 0);
  const std::vector<std::string> images = files_below(scratch_ / "images");
  ASSERT_EQ(images.size() % 4, 0U);
  EXPECT_EQ(images[0], "prediction_000000.npy");
  EXPECT_EQ(images.back(), "truth_00000" + std::to_string(images.size() / 4 - 1) + ".png");
  const std::vector<float> truth = read_npy(scratch_ / "images/truth_000000.npy").to_vector<float>();
  const auto drawn = read_png(scratch_ / "images/truth_000000.png").to_vector<std::uint8_t>();
  ASSERT_EQ(truth.size(), drawn.size());
  for (std::size_t i = 0; i < truth.size(); ++i) ASSERT_EQ(truth[i], static_cast<float>(drawn[i]) / 255) << i;

  const Finished masks = run("eval run_table --masks m");
  EXPECT_EQ(masks.code, 2);
  EXPECT_EQ(masks.err,
            "eval: --masks is for masks, and a sample of folder/test has its rows. Leave it out.\n");
  EXPECT_EQ(run("eval run_table --predictions numbers").err,
            "numbers: it exists and is not an empty folder. Choose another --predictions.\n");
}

// Of masks the folder is that of --masks.
TEST_F(SmallSet, PredictionsOfMasksAreTheMasks) {
  train("run", "--quiet");
  ASSERT_EQ(run("eval run --masks a --quiet").code, 0);
  ASSERT_EQ(run("eval run --predictions b --quiet").code, 0);
  ASSERT_EQ(files_below(scratch_ / "a").size(), 8U);
  ASSERT_EQ(files_below(scratch_ / "b"), files_below(scratch_ / "a"));
  for (const std::string& name : files_below(scratch_ / "a")) EXPECT_EQ(file("b/" + name), file("a/" + name));
}

}  // namespace
}  // namespace trous
