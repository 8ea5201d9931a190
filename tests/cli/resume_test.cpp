// Runs that are stopped and go on: at Ctrl-C, by another process, with other options, after their end.
#include <chrono>
#include <csignal>
#include <thread>

#include <gtest/gtest.h>

#include "cli/process.h"
#include "cli/program.h"

namespace trous {
namespace {

std::size_t steps_done(const std::string& run) {
  std::ifstream log(run + "/events.jsonl");
  std::size_t steps = 0;
  for (std::string line; std::getline(log, line);) steps += line.starts_with("{\"event\":\"step\"");
  return steps;
}

// True once the run has done so many steps; false after a minute.
bool reaches(const std::string& run, std::size_t steps) {
  for (int i = 0; i < 6000; ++i) {
    if (std::filesystem::exists(run + "/events.jsonl") && steps_done(run) >= steps) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

using Resume = SmallSet;

const std::string long_run =
    "train --data set --width 2 --steps 400 --batch 2 --validate-every 60 --average 0.9 --augment flip "
    "--schedule plateau --seed 3 --quiet ";

TEST_F(Resume, CtrlCSavesSaysHowToGoOnAndChangesNoByte) {
  ASSERT_EQ(run(long_run + "--out whole").code, 0);
  std::filesystem::create_directory(scratch_ / "a folder");
  Process process(scratch_.path(), long_run + "--out 'a folder/run'", scratch_ / "err");
  const std::string folder = scratch_ / "a folder/run";
  ASSERT_TRUE(reaches(folder, 70));
  process.send(SIGINT);
  const Finished stopped = process.wait();
  ASSERT_EQ(stopped.code, 130) << stopped.err;
  std::smatch found;
  ASSERT_TRUE(std::regex_match(stopped.err, found,
                               std::regex("Interrupted after step ([0-9]+), which is saved\\. Go on with:\n"
                                          "  trous (train --resume 'a folder/run')\n")))
      << stopped.err;
  const auto events = json_lines(slurp_text(folder + "/events.jsonl"));
  EXPECT_EQ(events.back()["event"], "interrupted");
  EXPECT_EQ(std::to_string(events.back()["step"].get<std::int64_t>()), found[1]);
  EXPECT_FALSE(std::filesystem::exists(folder + "/results.json"));

  const Finished on = run(found[2].str() + " --quiet");
  ASSERT_EQ(on.code, 0) << on.err;
  for (const char* name : {"/last.safetensors", "/best.safetensors", "/samples/best.png"})
    EXPECT_EQ(slurp(folder + name), file(std::string("whole") + name)) << name;
  EXPECT_EQ(steps_done(folder), 400u) << "each step once";
  std::vector<std::string> told;
  for (const auto& event : json_lines(slurp_text(folder + "/events.jsonl"))) {
    if (event["event"] != "step") told.push_back(event["event"]);
  }
  EXPECT_EQ(told, (std::vector<std::string>{"begin", "interrupted", "resume", "stopped"}));
}

TEST_F(Resume, ASecondProcessIsTurnedAway) {
  Process first(scratch_.path(), long_run + "--steps 100000 --out run", scratch_ / "err");
  ASSERT_TRUE(reaches(scratch_ / "run", 3));
  const Finished second = run("train --resume run --quiet");
  EXPECT_EQ(second.code, 3);
  EXPECT_EQ(second.err, "run: another process is at this run. Wait for it, or stop it.\n");
  const Finished third = run(long_run + "--out run --force");
  EXPECT_EQ(third.code, 3);
  EXPECT_EQ(third.err, "run: another process is at this run. Wait for it, or stop it.\n");
  first.send(SIGTERM);
  EXPECT_EQ(first.wait().code, 130) << "SIGTERM is heeded as Ctrl-C is";
}

TEST_F(Resume, AnInterruptionOfTheBlindBaselineIsMadeUpFor) {
  const std::string words =
      "train --data set --width 4 --steps 60 --batch 2 --validate-every 60 --pixel-baseline --out run";
  Process process(scratch_.path(), words, scratch_ / "err");
  ASSERT_TRUE(reaches(scratch_ / "run", 60));
  for (int i = 0; i < 6000 && slurp_text(scratch_ / "err").find("1x1 step") == std::string::npos; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  process.send(SIGINT);
  const Finished stopped = process.wait();
  ASSERT_EQ(stopped.code, 130) << stopped.err;
  if (stopped.err.find("when all steps were done") == std::string::npos) {  // else it was already over
    EXPECT_FALSE(std::filesystem::exists(scratch_ / "run/results.json"));
    EXPECT_NE(stopped.err.find("Interrupted after step 60, which is saved."), std::string::npos)
        << stopped.err;
  }
  const Finished on = run("train --resume run");
  ASSERT_EQ(on.code, 0) << on.err;
  EXPECT_TRUE(has_line(on.out, "Nothing is left to train after step 60\\.")) << on.out;
  EXPECT_EQ(json_in(scratch_ / "run/results.json")["baselines"].size(), 3u);
}

TEST_F(Resume, ResumeWithOutBeginsOrGoesOn) {
  train("whole", "--quiet");
  for (int i = 0; i < 2; ++i) {
    const Finished done = run(short_run + "--quiet --resume --out run");
    ASSERT_EQ(done.code, 0) << done.err;
    EXPECT_EQ(file("run/last.safetensors"), file("whole/last.safetensors"));
  }
  const std::size_t table = slurp_text(scratch_ / "run/metrics.csv").size();
  const Finished done = run("train --out run --resume");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(has_line(done.out, "Nothing is left to train after step 4\\.")) << done.out;
  EXPECT_EQ(slurp_text(scratch_ / "run/metrics.csv").size(), table);
}

TEST_F(Resume, GoesOnWhereAllWasMoved) {
  namespace fs = std::filesystem;
  fs::create_directory(scratch_ / "project");
  fs::rename(scratch_ / "set", scratch_ / "project/set");
  const Finished begun = trous_in(scratch_ / "project", short_run + std::string("--quiet --out run"));
  ASSERT_EQ(begun.code, 0) << begun.err;
  fs::rename(scratch_ / "project", scratch_ / "elsewhere");
  const Finished done = trous_in(scratch_ / "elsewhere", "train --resume run --quiet");
  EXPECT_EQ(done.code, 0) << done.err;
  const Finished said = trous_in(scratch_ / "elsewhere", "train --resume run --data set --quiet");
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_EQ(trous_in(scratch_ / "elsewhere", "eval run --quiet").code, 0);
}

TEST_F(Resume, GoesOnFromAnyFolder) {
  train("run", "--quiet");
  const Finished done = trous_in(scratch_ / "set", "train --resume ../run --quiet");
  EXPECT_EQ(done.code, 0) << done.err;
  const Finished scored = trous_in(scratch_ / "set", "eval ../run --quiet");
  EXPECT_EQ(scored.code, 0) << scored.err;
  EXPECT_EQ(scored.out, run("eval run --quiet").out);
}

TEST_F(Resume, AFinishedRunKeepsItsScoresAndItsTable) {
  const Finished first = train("run", "--quiet");
  const Bytes metrics = file("run/metrics.csv"), best = file("run/best.safetensors");
  const nlohmann::json results = json_in(scratch_ / "run/results.json");
  const Finished again = run("train --resume run --quiet");
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(again.out.substr(0, again.out.find("  time")), first.out.substr(0, first.out.find("  time")));
  EXPECT_EQ(file("run/metrics.csv"), metrics);
  EXPECT_EQ(file("run/best.safetensors"), best);
  EXPECT_EQ(json_in(scratch_ / "run/results.json")["scores"], results["scores"]);
}

TEST_F(Resume, AnotherOptionIsNamedAndNothingChanges) {
  train("run", "--quiet");
  const std::string end =
      ". Resume it as it was begun, or begin another with --weights run/best.safetensors.\n";
  expect("train --resume run --steps 8", 2, "train: --steps is 8, but the run in run has 4" + end);
  expect("train --resume run --learning-rate 0.1", 2,
         "train: --learning-rate is 0.1, but the run in run has 0.008" + end);
  expect("train --resume run --loss focal", 2,
         "train: --loss is focal, but the run in run has cross-entropy" + end);
  expect("train --resume run --pixel-baseline", 2,
         "train: --pixel-baseline is true, but the run in run has false" + end);
  spill(scratch_ / "other.json", bytes_of(R"({"seed": 8})"));
  expect("train --resume run --config other.json", 2, "train: --seed is 8, but the run in run has 3" + end);
  expect("train --resume run --epochs 9", 2, "train: --steps is 36, but the run in run has 4" + end);
  const Finished free = run("train --resume run --threads 1 --loader-threads 0 --save-every 1 --quiet");
  EXPECT_EQ(free.code, 0) << "how fast is free: " << free.err;
}

TEST_F(Resume, ADamagedRunIsNamed) {
  train("run", "--quiet");
  std::filesystem::resize_file(scratch_ / "run/last.safetensors", 300);
  const Finished torn = run("train --resume run --quiet");
  EXPECT_EQ(torn.code, 3);
  EXPECT_NE(torn.err.find("run/last.safetensors"), std::string::npos) << torn.err;
  spill(scratch_ / "run/config.json", bytes_of("{"));
  expect("train --resume run", 3,
         "run/config.json: it is no JSON from byte 2 on. Write it as {\"steps\": 400, \"batch\": 16}.\n");
}

}  // namespace
}  // namespace trous
