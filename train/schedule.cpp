#include <cmath>
#include <numbers>

#include <trous/core/error.h>
#include <trous/train/schedule.h>

namespace trous {

double learning_rate_at(Schedule schedule, double base, std::int64_t step, std::int64_t steps) {
  if (steps < 1) throw ArgumentError(text("learning_rate_at: steps ", steps, ". Give 1 or more."));
  if (step < 0 || step >= steps) {
    throw ArgumentError(
        text("learning_rate_at: step ", step, " is not in 0 to ", steps - 1, ". Steps count from 0."));
  }
  const double done = static_cast<double>(step) / static_cast<double>(steps);
  switch (schedule) {
    case Schedule::poly:
      return base * std::pow(1 - done, 0.9);
    case Schedule::cosine:
      return base * (1 + std::cos(std::numbers::pi * done)) / 2;
    case Schedule::constant:
      break;
  }
  return base;
}

Schedule parse_schedule(std::string_view name) {
  if (name == "constant") return Schedule::constant;
  if (name == "poly") return Schedule::poly;
  if (name == "cosine") return Schedule::cosine;
  throw ArgumentError(text("schedule: \"", name, "\" is not known. Choose constant, poly or cosine."));
}

}  // namespace trous
