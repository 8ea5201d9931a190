// Ctrl-C while a command reads, counts, scores or validates: it ends at once, with a sentence, and nothing
// broken is left behind.
#include <chrono>
#include <csignal>
#include <thread>

#include <gtest/gtest.h>

#include "cli/process.h"
#include "cli/program.h"

namespace trous {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// `count` more names for the only pair of a part of a folder. They are decoded one by one.
void multiply(const std::string& part, int count) {
  for (const char* kind : {"/images/", "/masks/"}) {
    for (int i = 0; i < count; ++i)
      fs::create_hard_link(part + kind + "1000.png", part + kind + "copy" + std::to_string(i) + ".png");
  }
}

// One sample of this size for each split.
void write_photographs(const std::string& folder, std::int64_t side) {
  const Splits splits = shapes({.size = side, .train = 1, .validation = 1, .test = 1});
  write_folder(folder + "/train", splits.train, 1);
  write_folder(folder + "/validation", splits.validation, 1);
  write_folder(folder + "/test", splits.test, 1);
  write_classes(folder, splits.train);
}

// Sends Ctrl-C and returns the end of the program, which has to come soon. A second is what a user is
// promised; a loaded machine gets some more.
Finished interrupted_end(Process& process) {
  const auto begun = std::chrono::steady_clock::now();
  process.send(SIGINT);
  Finished end = process.wait();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
  EXPECT_EQ(end.code, 130) << end.err;
  return end;
}

bool is_there(const std::string& path) {
  for (int i = 0; i < 6000 && !fs::exists(path); ++i) std::this_thread::sleep_for(10ms);
  return fs::exists(path);
}

using Interrupt = SmallSet;

TEST_F(Interrupt, EndsReading) {
  write_photographs(scratch_ / "photos", 700);
  multiply(scratch_ / "photos/train", 3000);
  const std::vector<std::string> before = files_below(scratch_.path());
  for (const std::string command : {"data photos", "data photos --json", "train --data photos --out run"}) {
    const Scratch errors;
    Process process(scratch_.path(), command, errors / "err");
    ASSERT_TRUE(process.comes_to_handle(SIGINT));
    std::this_thread::sleep_for(200ms);
    const Finished end = interrupted_end(process);
    EXPECT_TRUE(std::regex_match(
        end.err, std::regex("(data|train): interrupted while reading, after [0-9]+ of 3003 images\\.\n")))
        << end.err;
    EXPECT_EQ(files_below(scratch_.path()), before) << command;
  }
}

TEST_F(Interrupt, EndsScoring) {
  train("run", "--quiet");
  write_photographs(scratch_ / "photos", 256);
  multiply(scratch_ / "photos/test", 1500);
  Process process(scratch_.path(), "eval run --data photos --masks masks --batch 4", scratch_ / "err");
  ASSERT_TRUE(is_there(scratch_ / "masks")) << "it is made when scoring begins";
  const Finished end = interrupted_end(process);
  EXPECT_TRUE(std::regex_search(end.err, std::regex("eval: interrupted while scoring, after [0-9]+ of 1501 "
                                                    "images\\. The masks in masks are whole, but not all are "
                                                    "there\\.\n$")))
      << end.err;
}

TEST_F(Interrupt, EndsAValidationThatResumeMakes) {
  write_photographs(scratch_ / "photos", 128);
  multiply(scratch_ / "photos/validation", 400);
  const std::string words =
      "train --data photos --model deep-dilated --steps 4 --batch 1 --validate-every 2 --quiet ";
  Process process(scratch_.path(), words + "--out run", scratch_ / "err");
  const std::string log = scratch_ / "run/events.jsonl";
  ASSERT_TRUE(is_there(log));
  for (int i = 0; i < 6000 && slurp_text(log).find("\"step\":2") == std::string::npos; ++i)
    std::this_thread::sleep_for(10ms);
  std::this_thread::sleep_for(100ms);
  const Finished end = interrupted_end(process);
  EXPECT_EQ(end.err, "Interrupted after step 2, which is saved. Go on with:\n  trous train --resume run\n");
  EXPECT_EQ(lines_of(slurp_text(scratch_ / "run/metrics.csv")).size(), 1U)
      << "the validation was not finished";
  const Finished on = run("train --resume run --quiet");
  ASSERT_EQ(on.code, 0) << on.err;
  const std::vector<std::string> rows = lines_of(slurp_text(scratch_ / "run/metrics.csv"));
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_TRUE(rows[1].starts_with("2,")) << rows[1];
  EXPECT_TRUE(rows[2].starts_with("4,")) << rows[2];
  EXPECT_EQ(run(words + "--out whole").code, 0);
  for (const char* name :
       {"/last.safetensors", "/best.safetensors", "/samples/step_000002.png", "/samples/best.png"})
    EXPECT_EQ(file(std::string("run") + name), file(std::string("whole") + name)) << name;
}

}  // namespace
}  // namespace trous
