// Keeps the folder of a run up to date while it trains, and prints its progress.
#pragma once

#include <chrono>
#include <cstdint>

#include <trous/cli/session.h>
#include <trous/run/run_folder.h>
#include <trous/train/progress.h>

namespace trous::cli {

class Recorder {
 public:
  /// Both must outlive it.
  Recorder(Session& session, RunFolder& folder);

  TrainCallbacks callbacks();

  /// The head of the table whose rows follow with every validation.
  void heading() const;

  /// Spent on the run so far, over all its sessions.
  double seconds() const;

  /// Takes the progress line off the terminal.
  void clear() { progress_.clear(); }

 private:
  using Clock = std::chrono::steady_clock;

  void step(const StepReport& report);
  void validation(const ValidationReport& report, const AnyLayer& net);
  void print_row(const MetricsRow& row, std::int64_t stale) const;
  void save_best(const AnyLayer& net);
  void save();

  Session& session_;
  RunFolder& folder_;
  Progress progress_;
  Clock::time_point begun_, step_begun_;
  StepReport last_{};
  std::int64_t steps_ = 0;  // of this session
};

}  // namespace trous::cli
