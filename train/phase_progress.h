// The progress of work that is no training: reading, counting, scoring, writing.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>

#include <trous/train/terminal_line.h>

namespace trous {

/// The numbers in the progress line of a phase.
struct PhaseState {
  std::string what;          ///< such as "scoring"
  std::string items;         ///< the word for what is counted, such as "images"
  std::int64_t done, total;  ///< 0 <= done <= total
  double seconds;            ///< since the phase began
};

/// ` scoring  7/12 images  ━━━━━━━━━━━━━━──────────   58%  eta 0:04  1.3/s`, cut to `width` columns: the bar
/// shrinks first, then rate, ETA and percentage go, in this order. The rate is done / seconds and the ETA
/// (total - done) seconds / done, and both are left out until an item is done.
std::string phase_line(const PhaseState& state, int width, bool utf8);

/// Where the lines of a phase go, and when.
struct PhaseOutput {
  std::FILE* stream = stderr;
  bool quiet = false;     ///< nothing is written
  bool terminal = false;  ///< whether `stream` is a terminal, on which one line is redrawn
  bool utf8 = false;
  /// Seconds of a clock that only goes forward, from any origin.
  std::function<double()> clock = nullptr;
};

/// The output to stderr with a steady clock.
PhaseOutput phase_output_to_stderr(bool quiet);

/// Shows how far a phase is, if it takes long: on a terminal from one second on, in one line that is redrawn
/// at most ten times a second and taken away at the end; elsewhere in a line of its own every ten seconds.
class PhaseProgress {
 public:
  /// `what` and `items` as in PhaseState. The phase begins now.
  PhaseProgress(std::string what, std::string items, PhaseOutput output);
  ~PhaseProgress() { clear(); }
  PhaseProgress(const PhaseProgress&) = delete;
  PhaseProgress& operator=(const PhaseProgress&) = delete;

  /// Call this after each item, and as often as there is time between.
  void report(std::int64_t done, std::int64_t total);

  /// Takes the line off the terminal.
  void clear() { line_.erase(); }

 private:
  PhaseState state_;
  PhaseOutput output_;
  TerminalLine line_;
  double begun_, next_;  // clock readings: of the beginning, and from which on a line may be written
};

}  // namespace trous
