// What a command predicts to take is printed before its work, and more than there is is refused with the
// batch or the crop that fits.
#include <string>

#include <gtest/gtest.h>

#include <trous/cli/memory.h>

#include "cli/program.h"

namespace trous {
namespace {

using cli::largest_batch, cli::largest_crop, cli::memory_fault, cli::memory_text, cli::MemoryDemand;

// 1 MB of weights, and 100 bytes of a pixel.
MemoryDemand demand_of(const Shape& images) {
  return {.command = "train",
          .work = "the run",
          .images = images,
          .bytes = [](const Shape& s) { return 1'000'000 + 100 * s[0] * s[1] * s[2]; },
          .crop_option = [](std::int64_t h, std::int64_t w) { return text("--augment crop=", h, 'x', w); }};
}

AvailableMemory machine(std::int64_t bytes) { return {.bytes = bytes, .limited_by_cgroup = false}; }

TEST(MemoryText, HasAUnitThatFits) {
  EXPECT_EQ(memory_text(0), "0.0 MB");
  EXPECT_EQ(memory_text(340'000), "0.3 MB");
  EXPECT_EQ(memory_text(412'300'000), "412 MB");
  EXPECT_EQ(memory_text(18'204'000'000), "18.20 GB");
}

TEST(MemoryFault, IsEmptyWhereTheWorkFits) {
  EXPECT_EQ(memory_fault(demand_of({8, 100, 200, 3}), machine(17'000'000)), "");
}

TEST(MemoryFault, NamesTheLargestBatchThatFits) {
  EXPECT_EQ(memory_fault(demand_of({8, 100, 200, 3}), machine(16'999'999)),
            "train: the run is predicted to take 17 MB (batch 8, 100x200), and 17 MB are available on this "
            "machine. It fits with --batch 7.");
  EXPECT_EQ(
      memory_fault(demand_of({8, 100, 200, 3}), {.bytes = 6'000'000, .limited_by_cgroup = true}),
      "train: the run is predicted to take 17 MB (batch 8, 100x200), and 6.0 MB are left in the control "
      "group of this process. It fits with --batch 2.");
}

TEST(MemoryFault, NamesTheCropThatFitsWhereOneImageDoesNot) {
  EXPECT_EQ(memory_fault(demand_of({8, 1000, 2000, 3}), machine(9'000'000)),
            "train: the run is predicted to take 1.60 GB (batch 8, 1000x2000), and 9.0 MB are available on "
            "this machine. One image takes 201 MB. It fits with --batch 1 and --augment crop=192x400.");
}

TEST(MemoryFault, SaysThatNothingFits) {
  EXPECT_EQ(memory_fault(demand_of({1, 64, 64, 3}), machine(1'000'000)),
            "train: the run is predicted to take 1.4 MB (batch 1, 64x64), and 1.0 MB are available on this "
            "machine. One image takes 1.4 MB. No crop fits either. Take a narrower network.");
  MemoryDemand whole = demand_of({1, 64, 64, 3});
  whole.crop_option = nullptr;
  EXPECT_EQ(memory_fault(whole, machine(1'000'000)),
            "train: the run is predicted to take 1.4 MB (batch 1, 64x64), and 1.0 MB are available on this "
            "machine. One image takes 1.4 MB. Take smaller images, or a narrower network.");
}

// Whatever is available: what is named fits, and one more image or 16 more pixels do not.
TEST(MemoryFault, WhatItNamesFitsAndMoreDoesNot) {
  const MemoryDemand demand = demand_of({12, 300, 500, 1});
  for (std::int64_t available = 1'000'000; available < 200'000'000; available += 1'234'567) {
    const std::int64_t batch = largest_batch(demand, available);
    EXPECT_TRUE(batch == 0 || demand.bytes({batch, 300, 500, 1}) <= available) << batch;
    EXPECT_TRUE(batch == 12 || demand.bytes({batch + 1, 300, 500, 1}) > available) << batch;
    const auto crop = largest_crop(demand, available);
    if (!crop) continue;
    EXPECT_LE(demand.bytes({1, (*crop)[0], (*crop)[1], 1}), available) << *crop;
    EXPECT_TRUE(batch > 0 || demand.bytes({1, (*crop)[0] + 16, (*crop)[1] + 32, 1}) > available) << *crop;
  }
}

using Memory = SmallSet;

TEST_F(Memory, onnxruntime_TrainPrintsItsPeakBeforehandAndKeepsIt) {
  const Finished done = train("run");
  EXPECT_TRUE(has_line(done.out,
                       "memory: the run is predicted to take [0-9.]+ MB \\(batch 2, [0-9]+x[0-9]+\\); "
                       "[0-9.]+ [MG]B are available; its report takes [0-9.]+ MB"))
      << done.out;
  const nlohmann::json environment = json_in(scratch_ / "run/environment.json");
  EXPECT_GT(environment["predicted_bytes"], 100000);
  EXPECT_GT(environment["available_bytes"], environment["predicted_bytes"]);
  const auto lines = json_lines(train("other", "--json").out);
  const auto memory =
      std::find_if(lines.begin(), lines.end(), [](const auto& line) { return line["event"] == "memory"; });
  ASSERT_NE(memory, lines.end());
  EXPECT_EQ((*memory)["memory"]["predicted_bytes"],
            json_in(scratch_ / "other/environment.json")["predicted_bytes"]);
}

TEST_F(Memory, onnxruntime_MoreThanThereIsIsRefusedBeforeAnythingStarts) {
  const Finished done = run("train --data set --out run --batch 60000 --augment crop=4096x4096");
  EXPECT_EQ(done.code, 2);
  EXPECT_EQ(done.out, "");
  EXPECT_TRUE(
      has_line(done.err,
               "train: the run is predicted to take [0-9.]+ GB \\(batch 60000, 4096x4096\\), and [0-9.]+ "
               "[MG]B are (available on this machine|left in the control group of this process)\\. "
               "(It fits with --batch [0-9]+|One image takes [0-9.]+ GB\\. It fits with --batch 1 and "
               "--augment crop=[0-9]+x[0-9]+)\\."))
      << done.err;
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "run"));
}

TEST_F(Memory, EvalPrintsTheMemoryOfABatch) {
  train("run", "--quiet");
  const Finished done = run("eval run --batch 3");
  EXPECT_TRUE(
      has_line(done.out, "memory: a batch is predicted to take [0-9.]+ MB \\(batch [1-3], [0-9]+x[0-9]+\\)"))
      << done.out;
  EXPECT_GT(json_lines(run("eval run --json").out).at(0)["memory"]["predicted_bytes"], 1000);
}

TEST_F(Memory, InspectPrintsThatOfABatch) {
  const Finished done = run("inspect small-dilated --batch 4 --height 100 --width 120");
  EXPECT_TRUE(
      has_line(done.out, "  Predicted memory of a batch of 4: prediction [0-9.]+ MB, training [0-9.]+ MB\\."))
      << done.out;
  const auto one = json_lines(run("inspect small-dilated --json").out).at(0)["memory"];
  const auto four = json_lines(run("inspect small-dilated --batch 4 --json").out).at(0)["memory"];
  EXPECT_EQ(four["batch"], 4);
  for (const char* use : {"prediction_bytes", "training_bytes"})
    EXPECT_GT(four[use], 2 * one[use].get<double>());
  const Finished labels = run("inspect small-classifier --batch 4");
  EXPECT_TRUE(has_line(labels.out,
                       "  Predicted memory of a batch of 4: prediction [0-9.]+ MB, training [0-9.]+ MB\\."))
      << labels.out;
}

TEST_F(Memory, InspectRefusesATableOfMoreThanThereIs) {
  for (const std::string network : {"small-dilated", "small-classifier"}) {
    const Finished done = run("inspect " + network + " --height 32768 --width 32768 --quiet");
    EXPECT_EQ(done.code, 2) << network;
    EXPECT_EQ(done.err.rfind("inspect: the table is predicted to take ", 0), 0u) << done.err;
  }
}

}  // namespace
}  // namespace trous
