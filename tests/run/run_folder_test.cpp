// The folder of a run: made whole or not at all, one writer at a time, logs cut to the step it goes on from.
#include <csignal>
#include <filesystem>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/safetensors.h>
#include <trous/run/run_folder.h>

#include "core/thrown.h"
#include "data/scratch.h"
#include "run/mask_scores.h"

namespace trous {
namespace {

namespace fs = std::filesystem;

const std::map<std::string, std::string> config{{"config.json", "{}"}, {"environment.json", "{\"a\": 1}"}};

std::string contents(const std::string& path) {
  const Bytes bytes = slurp(path);
  return {bytes.begin(), bytes.end()};
}

void write(const std::string& path, const std::string& contents) { spill(path, bytes_of(contents)); }

std::vector<std::string> names(const std::string& folder) {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(folder)) found.push_back(entry.path().filename().string());
  std::sort(found.begin(), found.end());
  return found;
}

MetricsRow row(std::int64_t step, bool best = false) {
  return {.step = step,
          .train_loss = 1.0 / 3,
          .validation_loss = 1e-300,
          .scores = mask_scores(0.5, 0.1, 1),
          .learning_rate = 2e-3,
          .seconds = 12.25,
          .images_per_second = 1e6,
          .best = best};
}

const std::string header = metrics_header(mask_score_names()) + '\n';

// The line that row(step) becomes: every number as short as it reads back exactly.
std::string line(const std::string& step, bool best = false) {
  return step + ",0.3333333333333333,1e-300,0.5,0.1,1,0.002,12.25,1e+06," + (best ? "1\n" : "0\n");
}

TEST(RunFolder, WritesAnEmptyFieldForWhatIsAbsent) {
  const Scratch scratch;
  RunFolder folder = RunFolder::create(scratch / "run", config, mask_score_names());
  MetricsRow blank = row(5);
  blank.validation_loss = std::nullopt;
  for (Score& score : blank.scores) score.value = std::nullopt;
  folder.log(blank);
  folder.flush();
  EXPECT_EQ(contents(scratch / "run/metrics.csv"), header + "5,0.3333333333333333,,,,,0.002,12.25,1e+06,0\n");
}

TEST(RunFolder, IsMadeWithItsFilesAndEmptyLogs) {
  const Scratch scratch;
  const std::string path = scratch / "deep/er/run";
  {
    RunFolder folder = RunFolder::create(path, config, mask_score_names());
    EXPECT_EQ(names(path), (std::vector<std::string>{"config.json", "environment.json", "events.jsonl",
                                                     "metrics.csv", "samples"}));
    EXPECT_EQ(contents(folder.file("environment.json")), "{\"a\": 1}");
    EXPECT_EQ(contents(path + "/metrics.csv"), header);
    EXPECT_EQ(contents(path + "/events.jsonl"), "");
    EXPECT_EQ(folder.file("samples/x.png"), path + "/samples/x.png");
    EXPECT_EQ(folder.seconds_before(), 0);
    EXPECT_TRUE(is_run_folder(path));
    folder.log(row(5, true));
    folder.log(row(10));
    folder.log(EventRecord{.event = "begin", .step = 0});
    folder.flush();
  }
  EXPECT_EQ(contents(path + "/metrics.csv"), header + line("5", true) + line("10"));
  EXPECT_EQ(contents(path + "/events.jsonl"), "{\"event\":\"begin\",\"step\":0}\n");
  EXPECT_EQ(names(scratch / "deep/er"), std::vector<std::string>{"run"}) << "no temporary is left";
}

TEST(RunFolder, TakesAnEmptyFolderAndASlashAtTheEnd) {
  const Scratch scratch;
  fs::create_directory(scratch / "run");
  RunFolder::create(scratch / "run/", config, mask_score_names());
  EXPECT_TRUE(is_run_folder(scratch / "run"));
  EXPECT_EQ(scratch.files(), 1u);
}

TEST(RunFolder, RefusesWhatIsNoRunAndARunUnlessItMayBeReplaced) {
  const Scratch scratch;
  const auto refusal = [&](const std::string& path, bool replace) {
    const std::string checked = thrown<FileError>([&] { RunFolder::check_free(path, replace); });
    const std::string created =
        thrown<FileError>([&] { RunFolder::create(path, config, mask_score_names(), replace); });
    EXPECT_EQ(checked, created);
    return created;
  };
  fs::create_directory(scratch / "folder");
  write(scratch / "folder/thesis.tex", "years");
  write(scratch / "file", "text");
  fs::create_symlink("nowhere", scratch / "link");
  for (const bool replace : {false, true}) {
    for (const char* name : {"folder", "file", "link"}) {
      EXPECT_EQ(
          refusal(scratch / name, replace),
          scratch / name + ": it exists and is no run, so it is not overwritten. Choose another --out.");
    }
  }
  EXPECT_EQ(contents(scratch / "folder/thesis.tex"), "years");
  RunFolder::create(scratch / "run", {{"config.json", "first"}}, mask_score_names());
  EXPECT_EQ(
      refusal(scratch / "run", false),
      scratch /
          "run: a run is there. Give --resume to go on with it, --force to replace it, or another --out.");
  EXPECT_EQ(contents(scratch / "run/config.json"), "first");
  write(scratch / "run/best.safetensors", "weights");
  RunFolder::check_free(scratch / "run", true);
  RunFolder::create(scratch / "run", {{"config.json", "second"}}, mask_score_names(), true);
  EXPECT_EQ(names(scratch / "run"),
            (std::vector<std::string>{"config.json", "events.jsonl", "metrics.csv", "samples"}));
  EXPECT_EQ(contents(scratch / "run/config.json"), "second");
  EXPECT_EQ(names(scratch.path()), (std::vector<std::string>{"file", "folder", "link", "run"}));
}

TEST(RunFolder, LeavesNothingWhereItCannotBeMade) {
  const Scratch scratch;
  write(scratch / "file", "text");
  EXPECT_EQ(thrown<FileError>([&] { RunFolder::create(scratch / "file/run", config, mask_score_names()); }),
            scratch / "file/run: the folder cannot be made, Not a directory. Choose another --out.");
  // A file that cannot be written, after the folder was begun.
  EXPECT_TRUE(thrown<FileError>([&] {
                RunFolder::create(scratch / "run", {{"config.json", ""}, {"no/such/folder.json", ""}},
                                  mask_score_names());
              }).starts_with("write_file: "));
  EXPECT_EQ(names(scratch.path()), std::vector<std::string>{"file"});
  RunFolder::create(scratch / "run", {{"config.json", "kept"}}, mask_score_names());
  EXPECT_THROW(RunFolder::create(scratch / "run", {{"config.json", ""}, {"no/such/folder.json", ""}},
                                 mask_score_names(), true),
               FileError);
  EXPECT_EQ(contents(scratch / "run/config.json"), "kept");
  EXPECT_EQ(names(scratch.path()), (std::vector<std::string>{"file", "run"}));
}

TEST(RunFolder, HasOneWriterAtATime) {
  const Scratch scratch;
  const std::string path = scratch / "run";
  const std::string busy = path + ": another process is at this run. Wait for it, or stop it.";
  {
    RunFolder first = RunFolder::create(path, config, mask_score_names());
    const RunFolder moved = std::move(first);
    EXPECT_EQ(thrown<FileError>([&] { RunFolder::reopen(path, 0, mask_score_names()); }), busy);
    EXPECT_EQ(thrown<FileError>([&] { RunFolder::create(path, config, mask_score_names(), true); }), busy);
    const pid_t child = fork();
    if (child == 0) {
      const std::string said = thrown<FileError>([&] { RunFolder::reopen(path, 0, mask_score_names()); });
      _exit(said == busy ? 0 : 1);
    }
    int status = 1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_NO_THROW(RunFolder::reopen(path, 0, mask_score_names()));
}

TEST(RunFolder, ALockEndsWithItsProcess) {
  const Scratch scratch;
  const std::string path = scratch / "run";
  RunFolder::create(path, config, mask_score_names());
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const RunFolder folder = RunFolder::reopen(path, 0, mask_score_names());
    if (::write(ready[1], "x", 1) != 1) _exit(1);
    for (;;) pause();
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  EXPECT_THROW(RunFolder::reopen(path, 0, mask_score_names()), FileError);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_NO_THROW(RunFolder::reopen(path, 0, mask_score_names()));
  close(ready[0]);
  close(ready[1]);
}

TEST(RunFolder, IsReopenedWithItsLogsCutToTheStep) {
  const Scratch scratch;
  const std::string path = scratch / "run";
  { RunFolder::create(path, config, mask_score_names()); }
  const std::string begin = "{\"event\":\"begin\",\"step\":0,\"time\":\"t\"}\n",
                    four = "{\"event\":\"step\",\"step\":4,\"loss\":1.5,\"elapsed\":1.25}\n",
                    five = "{\"event\":\"interrupted\",\"step\":5,\"elapsed\":2.5}\n",
                    six = "{\"event\":\"step\",\"step\":6,\"elapsed\":4}\n",
                    ten = "{\"event\":\"step\",\"step\":10,\"elapsed\":5}\n";
  const auto reopened = [&](std::int64_t step, const std::string& metrics, const std::string& events) {
    write(path + "/metrics.csv", metrics);
    write(path + "/events.jsonl", events);
    RunFolder folder = RunFolder::reopen(path, step, mask_score_names());
    folder.log(row(11));
    folder.log(EventRecord{.event = "resume", .step = step});
    return folder.seconds_before();
  };
  const auto metrics = [&] { return contents(path + "/metrics.csv"); };
  const auto events = [&] { return contents(path + "/events.jsonl"); };
  const auto resume = [](const char* step) { return text("{\"event\":\"resume\",\"step\":", step, "}\n"); };

  // Later rows go; those of the step itself stay; a torn last line goes, even one that looks whole.
  EXPECT_EQ(reopened(5, header + line("4") + line("5") + line("6") + line("10") + "5,0.5",
                     begin + four + five + six + ten + "{\"event\":\"step\",\"step\":5}"),
            2.5);
  EXPECT_EQ(metrics(), header + line("4") + line("5") + line("11"));
  EXPECT_EQ(events(), begin + four + five + resume("5"));

  EXPECT_EQ(reopened(0, header + line("4"), begin + four), 0);
  EXPECT_EQ(metrics(), header + line("11"));
  EXPECT_EQ(events(), begin + resume("0"));

  // Nothing to cut, and lines that are no events.
  EXPECT_EQ(reopened(10, header + line("10"), begin + "noise\n[]\n{\"step\":\"four\"}\n" + four + ten), 5);
  EXPECT_EQ(metrics(), header + line("10") + line("11"));
  EXPECT_EQ(events(), begin + four + ten + resume("10"));
}

TEST(RunFolder, SweepsWhatAKilledWriterLeft) {
  const Scratch scratch;
  const std::string path = scratch / "run";
  { RunFolder::create(path, config, mask_score_names()); }
  for (const char* name : {"/.trous-77-1", "/samples/.trous-77-2", "/mine.txt", "/samples/step_000001.png"})
    write(path + name, "x");
  RunFolder::reopen(path, 0, mask_score_names());
  EXPECT_EQ(names(path), (std::vector<std::string>{"config.json", "environment.json", "events.jsonl",
                                                   "metrics.csv", "mine.txt", "samples"}));
  EXPECT_EQ(names(path + "/samples"), std::vector<std::string>{"step_000001.png"});
}

TEST(RunFolder, ReopensNothingElse) {
  const Scratch scratch;
  fs::create_directory(scratch / "folder");
  for (const char* name : {"folder", "absent"}) {
    EXPECT_EQ(thrown<FileError>([&] { RunFolder::reopen(scratch / name, 0, mask_score_names()); }),
              scratch / name + ": no run is there. Begin one with trous train --out " + scratch / name + '.');
  }
  EXPECT_FALSE(is_run_folder(scratch / "folder"));
}

// A limit on the size of files stands for a full disk: write fails in the middle, with what was written so
// far in place. In a child, as the limit is the process's.
TEST(RunFolder, AFullDiskKeepsTheCheckpointAndSaysSo) {
  const Scratch scratch;
  const std::string path = scratch / "run";
  const Tensor weights = Tensor::ones({4000}, DType::float32), small = Tensor::ones({8}, DType::float32);
  const pid_t child = fork();
  if (child == 0) {
    RunFolder folder = RunFolder::create(path, config, mask_score_names());
    write_safetensors(folder.file("last.safetensors"), {{{"w", small}}, {}});
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{2000, 2000};
    setrlimit(RLIMIT_FSIZE, &limit);
    const std::string checkpoint = thrown<FileError>([&] {
      write_safetensors(folder.file("last.safetensors"), {{{"w", weights}}, {}});
    });
    const std::string log = thrown<FileError>([&] {
      for (std::int64_t step = 1; step < 100; ++step) folder.log(EventRecord{.event = "note", .step = step});
    });
    const std::string said = checkpoint + '\n' + log + '\n';
    write(scratch / "said", said);
    _exit(0);
  }
  int status = 1;
  waitpid(child, &status, 0);
  ASSERT_EQ(status, 0);
  EXPECT_EQ(
      contents(scratch / "said"),
      "write_file: " + path +
          "/last.safetensors was not written. write says: File too large. Make room or "
          "choose another path; a file that was there is unchanged.\n" +
          path +
          "/events.jsonl: it cannot be written, File too large. Make room, then go on with --resume.\n");
  EXPECT_TRUE(same_bits(read_safetensors(path + "/last.safetensors").tensors.at(0).second, small));
  EXPECT_EQ(names(path), (std::vector<std::string>{"config.json", "environment.json", "events.jsonl",
                                                   "last.safetensors", "metrics.csv", "samples"}));
  const std::string torn = contents(path + "/events.jsonl");
  EXPECT_EQ(torn.size(), 2000u);
  EXPECT_NE(torn.back(), '\n');
  RunFolder::reopen(path, 50, mask_score_names());
  const std::string cut = contents(path + "/events.jsonl");
  EXPECT_TRUE(torn.starts_with(cut));
  EXPECT_TRUE(cut.ends_with("{\"event\":\"note\",\"step\":50}\n"));
}

}  // namespace
}  // namespace trous
