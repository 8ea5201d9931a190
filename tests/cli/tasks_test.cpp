// `trous train` and what follows it on folders whose targets are labels, numbers and images.
#include <gtest/gtest.h>

#include <trous/train/checkpoint.h>

#include "cli/task_folders.h"

namespace trous {
namespace {

TEST_F(TaskFolders, AFolderTrainsWithNoOtherWordAndIsScored_slow) {
  const struct {
    const char *folder, *task, *leading, *model;
  } layouts[]{{"classes", "classification", "accuracy", "small-classifier"},
              {"table", "regression", "mse", "small-classifier"},
              {"pairs", "regression", "mse", "small-dilated"}};
  for (const auto& layout : layouts) {
    const std::string name = std::string("run_") + layout.folder;
    const Finished done = train(layout.folder, name);
    ASSERT_EQ(done.code, 0) << done.err;
    expect_plain(done.out);
    const nlohmann::json results = json_in(scratch_ / name + "/results.json");
    EXPECT_EQ(results["task"], layout.task);
    EXPECT_EQ(results["leading"]["score"], layout.leading);
    EXPECT_EQ(results["model"]["name"], layout.model);
    EXPECT_GE(results["baselines"].size(), 1U);
    const LoadedNetwork best = load_network(scratch_ / name + "/best.safetensors");
    EXPECT_EQ(best.info.task, layout.task);
    EXPECT_EQ(trous::name(best.info.chosen_by), layout.leading);
    // eval scores the run's test images again.
    const Finished eval = run("eval " + name + " --json");
    ASSERT_EQ(eval.code, 0) << eval.err;
    const nlohmann::json scored = json_lines(eval.out).back()["scores"];
    for (const auto& number : results["scores"]["numbers"])
      EXPECT_EQ(scored[number["name"].get<std::string>()], number["value"]) << number;
    // The memory of each task is known before it is taken.
    EXPECT_TRUE(
        has_line(done.out, "memory: the run is predicted to take [0-9.]+ MB \\(batch 4, 16x16\\); .*"))
        << done.out;
    EXPECT_GT(json_in(scratch_ / name + "/environment.json")["predicted_bytes"], 100000);
    EXPECT_GT(json_lines(eval.out).back()["memory"]["predicted_bytes"], 1000);
    const nlohmann::json memory = json_lines(run("inspect " + name + " --json").out).at(0)["memory"];
    EXPECT_GT(memory["training_bytes"], memory["prediction_bytes"]);
    EXPECT_EQ(run("report " + name).code, 0);
    EXPECT_EQ(run("check " + name).code, 0);
    EXPECT_EQ(run("inspect " + name).code, 0);
  }
}

// What a run that was stopped after each save goes on to is what the undisturbed run becomes.
TEST_F(TaskFolders, AStoppedRunGoesOnToTheSameBytes_slow) {
  for (const std::string folder : {"classes", "table", "pairs"}) {
    ASSERT_EQ(train(folder, "whole").code, 0);
    const std::string words = "train --data " + folder +
                              " --width 4 --steps 8 --batch 4 --validate-every 4 --save-every 1 --out cut";
    // Killed when its checkpoint is there, wherever it is then.
    shell_in(scratch_.path(),
             "'" TROUS_PROGRAM "' " + words +
                 " & pid=$!; while [ ! -e cut/best.safetensors ] && kill -0 $pid; do :; done; kill -9 "
                 "$pid; wait $pid");
    const Finished resumed = run("train --resume cut");
    ASSERT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_EQ(slurp(scratch_ / "whole/best.safetensors"), slurp(scratch_ / "cut/best.safetensors")) << folder;
    std::filesystem::remove_all(scratch_ / "whole");
    std::filesystem::remove_all(scratch_ / "cut");
  }
}

TEST_F(TaskFolders, WhatDoesNotFitTheTaskIsRefusedBeforeTheRun_slow) {
  const auto refused = [&](const std::string& folder, const std::string& more, const std::string& why) {
    const Finished done = train(folder, "none", more);
    EXPECT_NE(done.code, 0) << more;
    EXPECT_NE(done.err.find(why), std::string::npos) << done.err;
    EXPECT_FALSE(std::filesystem::exists(scratch_ / "none"));
  };
  refused("classes", "--loss mse",
          "train: --loss mse is no loss of targets that are labels in classes. Choose "
          "cross-entropy, ");
  refused("pairs", "--loss dice",
          "train: --loss dice is no loss of targets that are images in pairs. Choose mse, l1 "
          "or huber.");
  refused("table", "--class-weights 1,2",
          "train: --class-weights 1,2 does nothing with the loss mse, which knows no classes. Leave it out.");
  refused("classes", "--model small-dilated", "Its last layer must give [batch, 2].");
  refused("pairs", "--model small-classifier", "the targets of a sample are [16, 16, 1]");
  refused("pairs", "--augment brightness=0.1", "brightness and contrast change the image and not its target");
}

}  // namespace
}  // namespace trous
