// The folder of a run: made in one rename, its logs cut to the step a run goes on from. docs/run-folder.md
// describes its files.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <trous/run/events.h>
#include <trous/run/metrics.h>

namespace trous {

/// A run's folder, open for writing by this process alone.
class RunFolder {
 public:
  /// Makes the folder `path` with these files (name below it, contents), an empty `samples/` and empty logs:
  /// metrics.csv has columns for `score_names`.
  /// All is written under another name first, which is then renamed. An empty folder at `path` is replaced,
  /// and with `replace` an earlier run. Throws FileError, with nothing changed, if something else is there or
  /// the folder cannot be made.
  static RunFolder create(const std::string& path, const std::map<std::string, std::string>& files,
                          const std::vector<std::string>& score_names, bool replace = false);

  /// Throws what `create` would throw, and does nothing else.
  static void check_free(const std::string& path, bool replace = false);

  /// Opens the folder of a run to go on after `step`. Lines of later steps, and a torn last line, are cut off
  /// its logs. Throws FileError if it is no run's folder, if another process has it open, or if metrics.csv
  /// has other columns than those of this version.
  static RunFolder reopen(const std::string& path, std::int64_t step,
                          const std::vector<std::string>& score_names);

  ~RunFolder();
  RunFolder(RunFolder&& other) noexcept;
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  /// The path of `name` in this folder.
  std::string file(std::string_view name) const;

  /// Appends to metrics.csv.
  void log(const MetricsRow& row);
  /// Appends to events.jsonl.
  void log(const StepRecord& record);
  void log(const EventRecord& record);

  /// What was logged is on the disk when this returns. Throws FileError if the disk is full.
  void flush();

  /// Seconds that the sessions before this one took, up to the step this one began at: "elapsed" of the last
  /// event that has it.
  double seconds_before() const { return seconds_before_; }

 private:
  explicit RunFolder(std::string path);
  void open_logs();

  std::string path_;
  int lock_ = -1, metrics_ = -1, events_ = -1;
  double seconds_before_ = 0;
};

/// True if `path` is a folder that RunFolder::create made.
bool is_run_folder(const std::string& path);

}  // namespace trous
