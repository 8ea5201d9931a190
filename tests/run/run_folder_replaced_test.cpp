// A run that replaces another: the name is never without a run, and the lock is held from before it has it.
#include <atomic>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/run/run_folder.h>

#include "core/thrown.h"
#include "data/scratch.h"
#include "run/mask_scores.h"

namespace trous {
namespace {

namespace fs = std::filesystem;

RunFolder made(const std::string& path, bool replace) {
  return RunFolder::create(path, {{"config.json", "{}"}}, mask_score_names(), replace);
}

TEST(RunFolderReplaced, TheNameIsNeverWithoutARun) {
  const Scratch folder;
  const std::string path = folder / "run";
  made(path, false);
  std::atomic<bool> done = false;
  std::int64_t looks = 0, missed = 0;
  std::thread watcher([&] {
    for (; !done; ++looks) missed += !fs::exists(path);
  });
  for (int i = 0; i < 40; ++i) made(path, true);
  done = true;
  watcher.join();
  EXPECT_GT(looks, 0);
  EXPECT_EQ(missed, 0);
  EXPECT_EQ(folder.files(), 1u) << "something was left beside it";
}

TEST(RunFolderReplaced, ItIsLockedByWhoReplacedItAndNotReplacedWhileLocked) {
  const Scratch folder;
  const std::string path = folder / "run";
  made(path, false);
  const RunFolder held = made(path, true);
  const std::string text = path + ": another process is at this run. Wait for it, or stop it.";
  EXPECT_EQ(thrown<FileError>([&] { RunFolder::reopen(path, 0, mask_score_names()); }), text);
  EXPECT_EQ(thrown<FileError>([&] { made(path, true); }), text);
  EXPECT_EQ(folder.files(), 1u) << "something was left beside it";
}

TEST(RunFolderReplaced, TheFolderOneStandsInIsRefused) {
  for (const std::string& here : {std::string("."), fs::current_path().string()}) {
    EXPECT_EQ(
        thrown<FileError>([&] { made(here, false); }),
        here + ": the folder cannot be made, it is the folder this program works in. Choose another --out.");
  }
}

}  // namespace
}  // namespace trous
