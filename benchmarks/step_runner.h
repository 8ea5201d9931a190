// What the whole-step programs share: their options, the clock, the memory, and the file they write. Ours and
// libtorch's differ in one function only, the step.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace trous::benchmarks {

struct StepOptions {
  int steps = 15, warmup = 3, threads = 2;
  std::int64_t batch = 8, size = 128;
  bool channels_last = true;      ///< for libtorch
  std::string net = "reference";  ///< of step_nets.h
  std::string out;
  std::string profile;  ///< where ours writes its time per kind of op
};

/// --net NAME --steps N --warmup N --threads N --batch N --size N
/// --layout NHWC|NCHW --out FILE --profile FILE
StepOptions read_step_options(int count, char** words);

/// One training step on batch number `step`; returns the loss. `prepare` makes the batch and is not timed.
struct StepFunctions {
  std::function<void(std::uint64_t step)> prepare;
  std::function<double()> run;
};

/// Warms up, runs and times the steps, and writes times, losses and memory as JSON. Memory is the highest
/// resident size after the first step began (warm-up included) less the resident size just before it.
void time_steps(const std::string& name, const StepOptions& options, const StepFunctions& functions);

}  // namespace trous::benchmarks
