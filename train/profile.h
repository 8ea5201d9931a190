// Profiles of training steps: time, arithmetic and bytes of each kind of op, the time outside ops, and the
// memory peak with the op that reached it.
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

/// The costs of one layer; the empty path stands for all ops without a layer's name.
struct LayerProfile {
  std::string path = {};
  double forward = 0, backward = 0;  ///< seconds of the layer's ops, and of ops evaluated for their rules
  std::int64_t multiply_adds = 0;
  std::int64_t unknown_costs = 0;  ///< calls of ops that do not state their cost
};

/// The largest amount of memory during the steps.
struct MemoryPeak {
  std::int64_t before = 0;  ///< bytes of tensors alive where that step began
  std::int64_t added = 0;   ///< bytes on top of them at the worst moment
  StepPhase phase = StepPhase::batch;
  /// The op during or just before which the peak was reached; empty: after the last op of the phase.
  std::string kind = {};
  std::string layer = {};  ///< the layer of that op, or of the op whose rule it was evaluated for
};

/// The profile of a number of steps.
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
/// Time between the end of a step and the next `begin` is not counted. The profiler lowers the mark of
/// storage_peak() at each step, so only one profiler at a time measures memory.
class StepProfiler {
 public:
  StepProfiler();
  ~StepProfiler();

  /// Begins a phase. StepPhase::batch begins a step, unless it follows StepPhase::backward: then it is the
  /// next batch of the same step. Any phase begins a step if none has begun. A step that has not ended when
  /// the next one begins is not counted.
  void begin(StepPhase phase);
  void end_step();

  /// Discards all steps so far, such as those that warmed up.
  void clear();

  StepProfile profile() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace trous
