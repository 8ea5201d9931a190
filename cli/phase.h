// What a command does for long, shown on stderr and ended by Ctrl-C.
#pragma once

#include <cstdint>
#include <string>

#include <trous/autograd/observe.h>
#include <trous/cli/interrupt.h>
#include <trous/cli/options.h>
#include <trous/core/on_progress.h>
#include <trous/train/phase_progress.h>

namespace trous::cli {

/// A phase of a command: its progress is shown as PhaseProgress does, with --quiet and --json not at all, and
/// after Ctrl-C its next report throws Interrupted: "eval: interrupted while scoring, after 3 of 12 images."
/// Commands that use it call heed_interrupts before.
///
///   Phase scoring("eval", style, "scoring", "images");
///   evaluate_with(net, data, {.on_progress = scoring.on_progress()});
class Phase {
 public:
  Phase(std::string command, const OutputStyle& style, std::string what, std::string items)
      : command_(std::move(command)),
        what_(what),
        items_(items),
        progress_(std::move(what), std::move(items), phase_output_to_stderr(!style.prints_text())) {}

  /// Shows the progress. Throws Interrupted after Ctrl-C.
  void report(std::int64_t done, std::int64_t total);

  /// `report` as a callback of the library. The phase must outlive it.
  OnProgress on_progress() {
    return [this](std::int64_t done, std::int64_t total) { report(done, total); };
  }

 private:
  std::string command_, what_, items_;
  PhaseProgress progress_;
};

/// While it lives, the ops that this thread evaluates throw Interrupted after Ctrl-C:
/// "<command>: interrupted <when>." It is for work on networks that has no progress of its own.
class InterruptibleOps {
 public:
  InterruptibleOps(std::string command, std::string when)
      : scope_([command = std::move(command), when = std::move(when)](const OpEvaluation&) {
          check_interrupt(command, when);
        }) {}

 private:
  Observe scope_;
};

}  // namespace trous::cli
