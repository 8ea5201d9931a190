// Learning rate schedules.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace trous {

enum class Schedule {
  constant,
  poly,    ///< base (1 - step / steps)^0.9. Source: DeepLab, arXiv:1606.00915, section 4.1
  cosine,  ///< base (1 + cos(pi step / steps)) / 2. Source: Loshchilov and Hutter, arXiv:1608.03983
  /// Up from base / 25 to base over the first 30 % of the steps, then down to base / 250,000, each along half
  /// a cosine. Source: Smith and Topin, arXiv:1708.07120, in fastai's variant, which PyTorch's OneCycleLR has
  /// by default: cosines for lines, two phases for three. The momentum stays.
  one_cycle,
  plateau  ///< base; the factor of train/plateau.h multiplies it
};

/// Returns the learning rate of step `step` = 0 .. steps - 1. Throws ArgumentError for any other step.
double learning_rate_at(Schedule schedule, double base, std::int64_t step, std::int64_t steps);

/// A schedule with a warm-up.
struct ScheduleOptions {
  Schedule kind = Schedule::poly;
  double base = 1e-3;
  std::int64_t steps = 1;
  /// Steps in which the rate first rises in a line: step k < warmup has (k + 1) / (warmup + 1) of the rate
  /// with which the schedule begins, and the schedule spans the steps that are left.
  /// Source: Goyal et al., arXiv:1706.02677, section 2.2.
  std::int64_t warmup = 0;
};

/// Returns the learning rate of a step of a schedule with a warm-up. Throws ArgumentError unless 0 <= warmup
/// < steps and 0 <= step < steps.
double learning_rate_at(const ScheduleOptions& options, std::int64_t step);

/// A schedule and its name.
struct NamedSchedule {
  std::string_view name;
  Schedule value;
  /// The learning rate of step `step` = 0 .. steps - 1.
  double (*rate)(double base, std::int64_t step, std::int64_t steps);
  std::string_view alias = {};  ///< another spelling that parse_schedule takes
};

/// The table of schedules: "constant", "poly", "cosine", "one-cycle", "plateau". A new schedule is its value
/// in Schedule and a row of it.
std::span<const NamedSchedule> named_schedules();

/// The name in named_schedules(). Throws ArgumentError for a value that is in no row.
std::string_view name(Schedule schedule);

/// The schedule called `name`: constant, poly, cosine, one-cycle (or onecycle), plateau. Throws ArgumentError
/// listing the names.
Schedule parse_schedule(std::string_view name);

}  // namespace trous
