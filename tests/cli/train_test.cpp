// Whole runs of `trous train`, as short as they can be, on the data set that needs no file.
#include <cstdio>
#include <regex>

#include <gtest/gtest.h>

#include <trous/data/png.h>
#include <trous/data/shapes.h>
#include <trous/layers/network.h>
#include <trous/layers/networks.h>
#include <trous/train/checkpoint.h>
#include <trous/train/trainer.h>

#include "cli/program.h"

namespace trous {
namespace {

const std::string short_run =
    "train --data shapes --model mirror-context --width 2 --steps 2 --batch 2 --seed 3 ";

std::vector<std::string> files_below(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(std::filesystem::relative(entry.path(), folder).string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Redirected output is for files and pagers: no carriage return, no escape, no other control character.
void expect_plain(const std::string& output) {
  for (const char c : output) {
    ASSERT_TRUE(c == '\n' || (c >= ' ' && c <= '~')) << "byte " << static_cast<int>(c) << " in\n" << output;
  }
}

bool has_line(const std::string& output, const std::string& pattern) {
  return std::regex_search(output, std::regex("(^|\n)" + pattern + "\n"));
}

TEST(Train, ARunLeavesAndPrintsWhatItPromises_slow) {
  const Scratch scratch;
  const Finished run = trous_in(scratch.path(), short_run + "--validate-every 1 --threads 1 --out run");
  ASSERT_EQ(run.code, 0) << run.err;
  expect_plain(run.out);
  expect_plain(run.err);

  EXPECT_EQ(files_below(scratch / "run"),
            (std::vector<std::string>{"best.safetensors", "samples/step_000001.png",
                                      "samples/step_000002.png", "samples/test.png"}));
  // 8 samples in two columns of image | truth | prediction, 64 pixels twice as large, with gaps and margins.
  for (const char* picture : {"samples/step_000001.png", "samples/step_000002.png", "samples/test.png"}) {
    const Tensor panel = read_png(scratch / "run/" + picture);
    EXPECT_EQ(panel.shape()[2], 3);
    EXPECT_GE(panel.shape()[0], 4 * 128);
    EXPECT_GE(panel.shape()[1], 6 * 128);
  }
  const SafetensorsFile file = read_safetensors(scratch / "run/best.safetensors");
  EXPECT_EQ(file.metadata.at("model"), "mirror-context");
  EXPECT_EQ(file.metadata.at("data"), "shapes");

  // The weights are those that were scored.
  MirrorContext net({.in_channels = 3, .classes = 5, .width = 2});
  load(net, scratch / "run/best.safetensors");
  const ConfusionMatrix scores = evaluate_on(net, shapes().test, 2);
  char row[80];
  std::snprintf(row, sizeof row, "  mirror-context  +%.3f +%.3f", scores.mean_iou(1),
                scores.pixel_accuracy());
  EXPECT_TRUE(has_line(run.out, row)) << row << " is not in\n" << run.out;

  EXPECT_TRUE(has_line(
      run.out, "trous [0-9.]+  train mirror-context on shapes: 2 steps of 2 images, seed 3, 1 thread"));
  EXPECT_TRUE(has_line(run.out, "  total  +65x65  +433  +1,111,528")) << run.out;
  EXPECT_TRUE(
      has_line(run.out, "Test: 1000 images, scored once, weights of step " + file.metadata.at("step")));
  EXPECT_TRUE(has_line(run.out, "  all background +0\\.000 +0\\.823")) << run.out;
  EXPECT_TRUE(has_line(run.out, "  brightness > [0-9.]+ is [a-z]+ +0\\.[0-9]{3} +0\\.[0-9]{3}")) << run.out;
  EXPECT_TRUE(has_line(run.out, "      1 +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9:]+ +[0-9]+  best")) << run.out;
  EXPECT_TRUE(has_line(run.err, " step  1/2  ============------------   50%  loss [0-9.]+  lr 8.0e-03"))
      << run.err;
  EXPECT_EQ(run.err.find("eta") != std::string::npos, false)
      << "validation lies between the steps: nothing to time";
}

TEST(Train, TheSeedDecidesEveryByteWhateverTheThreadsAndTheFolder_slow) {
  const Scratch scratch;
  std::filesystem::create_directories(scratch / "elsewhere/deep");
  const Finished one = trous_in(scratch.path(), short_run + "--quiet --threads 1 --out here");
  const Finished two = trous_in(scratch / "elsewhere/deep", short_run + "--quiet --threads 2 --out ../there");
  ASSERT_EQ(one.code, 0) << one.err;
  ASSERT_EQ(two.code, 0) << two.err;
  EXPECT_EQ(one.err, "") << "quiet";
  const Bytes weights = slurp(scratch / "here/best.safetensors");
  EXPECT_EQ(slurp(scratch / "elsewhere/there/best.safetensors"), weights);
  EXPECT_EQ(slurp(scratch / "elsewhere/there/samples/test.png"), slurp(scratch / "here/samples/test.png"));
  const std::string other_seed = std::regex_replace(short_run, std::regex("--seed 3"), "--seed 4");
  ASSERT_EQ(trous_in(scratch.path(), other_seed + "--quiet --out other").code, 0);
  EXPECT_NE(slurp(scratch / "other/best.safetensors"), weights);
  EXPECT_EQ(files_below(scratch / "elsewhere/deep").size(), 0u) << "nothing outside --out";
}

TEST(Train, ADivergingRunNamesTheTensorAndKeepsTheBest_slow) {
  const Scratch scratch;
  const Finished run = trous_in(scratch.path(),
                                "train --data shapes --width 2 --steps 5 --batch 2 --validate-every 1 "
                                "--learning-rate 1e30 --schedule constant --out run");
  EXPECT_EQ(run.code, 4);
  expect_plain(run.err);
  EXPECT_TRUE(has_line(
      run.err,
      "train: the loss is (NaN|infinite); the first tensor that went bad is the output of [a-z0-9_]+ "
      "f32\\[[0-9, ]+\\] of layer [a-z0-9.]+ at step 2\\. Lower --learning-rate\\."))
      << run.err;
  EXPECT_TRUE(has_line(run.err, "The best weights so far, of step 1, are in run/best.safetensors\\."))
      << run.err;
  SmallDilated net({.in_channels = 3, .classes = 5, .width = 2});
  load(net, scratch / "run/best.safetensors");
  for (const auto& [path, p] : parameters(net)) EXPECT_TRUE(all_finite(p->get().value())) << path;
  EXPECT_EQ(run.out.find("Test:"), std::string::npos) << "no score for a run that failed";
}

}  // namespace
}  // namespace trous
