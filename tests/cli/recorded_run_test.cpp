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
  RecordedRun() { fs::copy(golden + "recorded_run", scratch_ / "old", fs::copy_options::recursive); }

  // The run as it stood when it was killed after step 2 of 4.
  void go_back_to_step_2() const {
    fs::copy_file(golden + "recorded_run_step_2.safetensors", scratch_ / "old/last.safetensors",
                  fs::copy_options::overwrite_existing);
    fs::remove(scratch_ / "old/results.json");
  }

  Finished run(const std::string& arguments) const { return trous_in(scratch_.path(), arguments); }

  Scratch scratch_;
};

TEST_F(RecordedRun, GoesOn) {
  go_back_to_step_2();
  const Finished done = run("train --resume old");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_NE(done.out.find("Going on after step 2.\n"), std::string::npos) << done.out;
  EXPECT_NE(done.err.find("was begun by commit bdd6b7185409451111c8c549ddfe128f40e432b2"), std::string::npos);
  const auto before = json_in(golden + "recorded_run/results.json"),
             now = json_in(scratch_ / "old/results.json");
  EXPECT_EQ(now["steps"], 4);
  for (const char* same : {"classes", "ignored", "baselines", "model", "data", "coverage", "chosen_by"})
    EXPECT_EQ(now[same], before[same]) << same;
  EXPECT_EQ(lines_of(slurp_text(scratch_ / "old/metrics.csv")).size(), 3U);
  EXPECT_EQ(json_lines(slurp_text(scratch_ / "old/events.jsonl")).size(), 1U + 2 + 1 + 2 + 1);
}

TEST_F(RecordedRun, IsScored) {
  const Finished done = run("eval old --json");
  ASSERT_EQ(done.code, 0) << done.err;
  const auto before = json_in(golden + "recorded_run/results.json");
  const auto now = json_lines(done.out).at(0);
  EXPECT_EQ(now["images"], 1000);
  EXPECT_EQ(now["scores"]["confusion"].size(), before["scores"]["confusion"].size());
}

TEST_F(RecordedRun, IsReportedAndCompared) {
  const Finished report = run("report old");
  ASSERT_EQ(report.code, 0) << report.err;
  const std::string page = slurp_text(scratch_ / "old/report.html");
  for (const char* part :
       {"small-dilated on shapes", "How it learned", "brightness", "bdd6b7185409", "87 × 87"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  const Finished begun =
      run("train --data shapes --width 2 --steps 2 --batch 4 --validate-every 2 --out new --quiet");
  ASSERT_EQ(begun.code, 0) << begun.err;
  const Finished compared = run("report old new");
  ASSERT_EQ(compared.code, 0) << compared.err;
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
