// Where a training step goes: time, arithmetic and bytes of each kind of op, what is left outside them, and
// the memory peak with the op at which it stands.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <trous/train/trainer.h>

namespace trous {

/// All evaluations of one kind of op in one phase. Sums over the steps.
struct OpProfile {
  StepPhase phase = StepPhase::forward;
  std::string kind = {};
  std::int64_t calls = 0;
  double seconds = 0;
  std::int64_t multiply_adds = 0;  ///< those whose input lies inside the image; 0 for ops that have none
  std::int64_t unknown_costs = 0;  ///< calls of ops that do not state their cost
  std::int64_t bytes = 0;          ///< of inputs, output and by-products, each tensor of a call counted once
};

/// The ops that carry one layer's name, and those evaluated for their rules; the empty path is of all others.
struct LayerProfile {
  std::string path = {};
  double forward = 0, backward = 0;  ///< seconds
  std::int64_t multiply_adds = 0;
  std::int64_t unknown_costs = 0;  ///< calls of ops that do not state their cost
};

/// The step that needed most, at its worst moment.
struct MemoryPeak {
  std::int64_t before = 0;  ///< bytes of tensors alive where that step began
  std::int64_t added = 0;   ///< bytes on top of them at the worst moment
  StepPhase phase = StepPhase::batch;
  std::string kind =
      {};  ///< the op during which, or just before which, it came; empty: after the phase's last
  std::string layer = {};  ///< whose op that was, or whose rule it served
};

struct StepProfile {
  std::vector<double> seconds = {};       ///< of each step, from its batch to its end
  double processor_seconds = 0;           ///< of all threads of this process, during the steps
  std::array<double, 4> phase_seconds{};  ///< by StepPhase, over all steps: together they are the steps
  std::vector<OpProfile> ops = {};        ///< the longest first
  std::vector<LayerProfile> layers = {};  ///< in the order in which they first ran
  MemoryPeak memory = {};

  double total() const;                  ///< of all steps
  double in_ops(StepPhase phase) const;  ///< seconds of all ops of that phase
  double outside_ops(StepPhase phase) const {
    return phase_seconds[static_cast<std::size_t>(phase)] - in_ops(phase);
  }
};

/// Watches the steps of a training loop on the thread that makes it, from its construction on:
///
///   StepProfiler profiler;
///   trainer.run({.on_step = [&](const StepReport&) { profiler.end_step(); },
///                .on_phase = [&](StepPhase phase) { profiler.begin(phase); }});
///   const StepProfile profile = profiler.profile();
///
/// What runs between the end of a step and the next `begin` counts nowhere. It lowers the mark of
/// storage_peak() at each step, so one profiler at a time sees a memory peak.
class StepProfiler {
 public:
  StepProfiler();
  ~StepProfiler();

  /// A phase begins: StepPhase::batch begins a step, and any phase does where none has. A step that did not
  /// end before the next began counts nowhere.
  void begin(StepPhase phase);
  void end_step();

  /// Forgets all steps so far: those that warmed up.
  void clear();

  StepProfile profile() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace trous
