#include <array>
#include <cmath>
#include <numbers>

#include <trous/core/error.h>
#include <trous/train/schedule.h>

namespace trous {
namespace {

// In the order of Schedule.
constexpr std::array<std::string_view, 5> names{"constant", "poly", "cosine", "one-cycle", "plateau"};

void check_step(std::int64_t step, std::int64_t steps) {
  if (steps < 1) throw ArgumentError(text("learning_rate_at: steps ", steps, ". Give 1 or more."));
  if (step < 0 || step >= steps) {
    throw ArgumentError(
        text("learning_rate_at: step ", step, " is not in 0 to ", steps - 1, ". Steps count from 0."));
  }
}

// Half a cosine from `from` at part = 0 to `to` at part = 1.
double half_cosine(double from, double to, double part) {
  return to + (from - to) / 2 * (1 + std::cos(std::numbers::pi * part));
}

// The top is where PyTorch has it, at step 0.3 steps - 1, a whole number or not.
double one_cycle(double base, std::int64_t step, std::int64_t steps) {
  const double first = base / 25, last = first / 1e4;
  const double at = static_cast<double>(step), end = static_cast<double>(steps) - 1,
               top = 0.3 * static_cast<double>(steps) - 1;
  return at <= top ? half_cosine(first, base, at / top) : half_cosine(base, last, (at - top) / (end - top));
}

}  // namespace

double learning_rate_at(Schedule schedule, double base, std::int64_t step, std::int64_t steps) {
  check_step(step, steps);
  const double done = static_cast<double>(step) / static_cast<double>(steps);
  switch (schedule) {
    case Schedule::poly:
      return base * std::pow(1 - done, 0.9);
    case Schedule::cosine:
      return base * (1 + std::cos(std::numbers::pi * done)) / 2;
    case Schedule::one_cycle:
      return one_cycle(base, step, steps);
    case Schedule::constant:
    case Schedule::plateau:
      break;
  }
  return base;
}

double learning_rate_at(const ScheduleOptions& options, std::int64_t step) {
  const auto& [kind, base, steps, warmup] = options;
  check_step(step, steps);
  if (warmup < 0 || warmup >= steps) {
    throw ArgumentError(text("learning_rate_at: warmup ", warmup, " is not in 0 to ", steps - 1,
                             ". Leave a step of the ", steps, " for the schedule."));
  }
  if (step >= warmup) return learning_rate_at(kind, base, step - warmup, steps - warmup);
  return learning_rate_at(kind, base, 0, steps - warmup) * static_cast<double>(step + 1) /
         static_cast<double>(warmup + 1);
}

std::string_view name(Schedule schedule) { return names.at(static_cast<std::size_t>(schedule)); }

Schedule parse_schedule(std::string_view name) {
  if (name == "onecycle") return Schedule::one_cycle;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (name == names.at(i)) return static_cast<Schedule>(i);
  }
  throw ArgumentError(
      text("schedule: \"", name, "\" is not known. Choose constant, poly, cosine, one-cycle or plateau."));
}

}  // namespace trous
