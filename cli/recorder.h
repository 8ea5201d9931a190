// Keeps the folder of a run up to date while it trains, and prints its progress.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <trous/cli/phase.h>
#include <trous/cli/session.h>
#include <trous/core/clock.h>
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

  /// Takes the progress lines off the terminal.
  void clear();

  /// Saves the trainer. The run calls it where an exception has ended a validation.
  void save();

 private:
  void step(const StepReport& report);
  void validating(std::int64_t done, std::int64_t total);
  void keep_fixed(std::int64_t first, const Tensor& predictions);
  void validation(const ValidationReport& report, const AnyLayer& net);
  void print_row(const MetricsRow& row, std::int64_t stale) const;
  void save_best(const AnyLayer& net);

  Session& session_;
  RunFolder& folder_;
  Progress progress_;
  Clock::time_point begun_, step_begun_;
  std::optional<Phase> validating_;    // while a validation runs
  std::vector<std::int64_t> fixed_;    // fixed_samples, in the order of the split
  std::vector<Tensor> fixed_results_;  // what this validation has predicted of them
  std::int64_t steps_ = 0;             // of this session
};

}  // namespace trous::cli
