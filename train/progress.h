// Progress lines of a training: one that is redrawn in place on a terminal, one for each tenth elsewhere, so
// that a redirected log holds no control characters.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <trous/core/clock.h>
#include <trous/train/terminal_line.h>

namespace trous {

/// The numbers in a progress line.
struct ProgressState {
  std::int64_t step, steps;
  double seconds_left;       ///< negative while unknown
  double images_per_second;  ///< 0 while unknown
  double loss, learning_rate;
  double gradient_norm = -1;  ///< negative while unknown
  std::string_view what = "step";
};

/// ` step  118/400  ━━━━━━━━━╸──────────────  29%  eta 0:41  96 img/s  loss 0.3127  lr 1.5e-03  gnorm 1.24`,
/// cut to `width` columns: the bar shrinks first, then the gradient's norm, learning rate, img/s, loss, ETA
/// and percentage go, in this order. `utf8` draws the bar with lines, otherwise with = and -.
std::string progress_line(const ProgressState& state, int width, bool utf8);

/// Writes progress lines to stderr.
class Progress {
 public:
  /// `images_per_step` scales the rate. With `quiet` nothing is written. The lines begin with `what`, which
  /// must outlive this object.
  Progress(std::int64_t images_per_step, bool quiet, std::string_view what = "step");
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Call once per finished step.
  void step(std::int64_t step, std::int64_t steps, double loss, double learning_rate,
            double gradient_norm = -1);

  /// Erases the line on the terminal, so that something else can be printed. The time until the next step, in
  /// which a validation may run, does not count as time of a step.
  void clear();

 private:
  double median_step_time() const;

  std::int64_t images_per_step_;
  bool quiet_, terminal_, utf8_;
  std::string_view what_;
  TerminalLine line_;
  bool first_ = true;
  std::int64_t tenths_ = 0;
  Clock::time_point last_step_, last_drawn_{};
  std::deque<double> times_;  // of the latest steps, the first step of all left out
};

}  // namespace trous
