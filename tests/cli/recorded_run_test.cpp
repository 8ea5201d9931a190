// A run that commit bdd6b71 recorded (tests/golden/data/recorded_run), and the list of files in
// docs/run-folder.md.
#include <filesystem>
#include <set>

#include <gtest/gtest.h>

#include "cli/program.h"

namespace trous {
namespace {

namespace fs = std::filesystem;

const std::string golden = TROUS_SOURCE_DIR "/tests/golden/data/";

class RecordedRun : public testing::Test {
 protected:
  RecordedRun() {
    fs::copy(golden + "recorded_run", scratch_ / "old", fs::copy_options::recursive);
    fs::copy(golden + "recorded_run_pictures", scratch_ / "pictures", fs::copy_options::recursive);
  }

  // Expects the end of `trous <arguments>` and a text in what it prints on stderr; returns what it prints on
  // stdout.
  std::string expect(const std::string& arguments, int code, const std::string& words = "") const {
    const Finished done = trous_in(scratch_.path(), arguments);
    EXPECT_EQ(done.code, code) << done.err;
    EXPECT_NE(done.err.find(words), std::string::npos) << done.err;
    return done.out;
  }

  nlohmann::json recorded_results() const { return json_in(golden + "recorded_run/results.json"); }

  Scratch scratch_;
};

// As it stood when it was killed after step 20 of 40, with one image more in its folder than it knew.
TEST_F(RecordedRun, GoesOnWithItsOwnSplit) {
  fs::copy_file(golden + "recorded_run_step_20.safetensors", scratch_ / "old/last.safetensors",
                fs::copy_options::overwrite_existing);
  fs::remove(scratch_ / "old/results.json");
  for (const char* part : {"images", "masks"}) {
    const std::string folder = scratch_ / "pictures/" + part;
    fs::copy_file(folder + "/square_00.png", folder + "/later.png");
  }
  const std::string printed =
      expect("train --resume old", 0, "since the run began, 1 image has come to pictures, images/later.png");
  EXPECT_NE(printed.find("Going on after step 20.\n"), std::string::npos) << printed;
  auto before = recorded_results();
  const auto now = json_in(scratch_ / "old/results.json");
  before["model"]["output"] = {1, 24, 24, 2};  // which the run did not write
  EXPECT_EQ(now["steps"], 40);
  for (const char* same : {"classes", "ignored", "baselines", "model", "coverage", "chosen_by"})
    EXPECT_EQ(now[same], before[same]) << same;
  for (const char* split : {"train", "validation", "test"})
    EXPECT_EQ(now["data"][split], before["data"][split]);
  EXPECT_EQ(lines_of(slurp_text(scratch_ / "old/metrics.csv")).size(), 3U);
  EXPECT_EQ(json_lines(slurp_text(scratch_ / "old/events.jsonl")).size(), 1U + 20 + 1 + 20 + 1);
}

TEST_F(RecordedRun, IsScoredOnItsOwnTestImages) {
  const auto scored = json_lines(expect("eval old --json", 0)).at(0);
  EXPECT_EQ(scored["images"], recorded_results()["data"]["test"]["samples"]);
  EXPECT_EQ(scored["folder"]["split"], "of the run");
  fs::remove(scratch_ / "old/split.json");
  expect("eval old", 3, "old/split.json: it is missing.");
}

TEST_F(RecordedRun, IsHeldToTheDigestsOfItsImages) {
  const auto names = json_in(scratch_ / "old/split.json")["train"];
  const std::string changed = "pictures/" + names.at(1).get<std::string>(),
                    other = "pictures/" + names.at(0).get<std::string>();
  fs::copy_file(scratch_ / other, scratch_ / changed, fs::copy_options::overwrite_existing);
  expect("train --resume old", 3, changed + ": it is not what the run in old has read.");
}

TEST_F(RecordedRun, IsReportedAndCompared) {
  expect("report old", 0);
  const std::string page = slurp_text(scratch_ / "old/report.html");
  for (const char* part : {"<h1>small-dilated on ", "brightness", "bdd6b7185409", "87 × 87"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  expect("train --data pictures --width 2 --steps 2 --batch 2 --validate-every 2 --out new --quiet", 0);
  expect("report old new", 0);
  EXPECT_NE(slurp_text(scratch_ / "comparison.html").find("old"), std::string::npos);
}

// The files that the table of docs/run-folder.md lists, steps as NNNNNN.
std::set<std::string> listed_files() {
  std::set<std::string> files;
  for (const std::string& line : lines_of(slurp_text(TROUS_SOURCE_DIR "/docs/run-folder.md"))) {
    if (!line.starts_with("| `")) continue;
    const std::string names = line.substr(0, line.find(" | "));
    const std::regex quoted("`([^`]+)`");
    for (std::sregex_iterator name(names.begin(), names.end(), quoted); name != std::sregex_iterator();
         ++name)
      files.insert((*name)[1]);
  }
  return files;
}

using RunFolderFiles = SmallSet;

TEST_F(RunFolderFiles, AreThoseOfThePage) {
  fs::remove_all(scratch_ / "set");
  write_folder(scratch_ / "set", shapes({.size = 32, .train = 20, .validation = 1, .test = 1}).train, 20);
  train("run", "--quiet");
  std::set<std::string> written;
  for (const std::string& file : files_below(scratch_ / "run"))
    written.insert(std::regex_replace(file, std::regex("[0-9]{6}"), "NNNNNN"));
  EXPECT_EQ(written, listed_files());
}

}  // namespace
}  // namespace trous
