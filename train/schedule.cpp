#include <array>
#include <cmath>
#include <numbers>

#include <trous/core/choices.h>
#include <trous/core/error.h>
#include <trous/train/schedule.h>

namespace trous {
namespace {

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

double unchanged(double base, std::int64_t /*step*/, std::int64_t /*steps*/) { return base; }

double share_done(std::int64_t step, std::int64_t steps) {
  return static_cast<double>(step) / static_cast<double>(steps);
}

double poly(double base, std::int64_t step, std::int64_t steps) {
  return base * std::pow(1 - share_done(step, steps), 0.9);
}

double cosine(double base, std::int64_t step, std::int64_t steps) {
  return base * (1 + std::cos(std::numbers::pi * share_done(step, steps))) / 2;
}

// The only list of schedules.
constexpr std::array schedules{
    NamedSchedule{"constant", Schedule::constant, unchanged},
    NamedSchedule{"poly", Schedule::poly, poly},
    NamedSchedule{"cosine", Schedule::cosine, cosine},
    NamedSchedule{"one-cycle", Schedule::one_cycle, one_cycle, "onecycle"},
    NamedSchedule{"plateau", Schedule::plateau, unchanged},
};

const NamedSchedule& row_of(Schedule schedule) {
  for (const NamedSchedule& row : schedules) {
    if (row.value == schedule) return row;
  }
  throw ArgumentError(text("schedule: number ", static_cast<int>(schedule),
                           " is in no row of named_schedules. Choose ", listed(names_in(schedules)), '.'));
}

}  // namespace

double learning_rate_at(Schedule schedule, double base, std::int64_t step, std::int64_t steps) {
  check_step(step, steps);
  return row_of(schedule).rate(base, step, steps);
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

std::span<const NamedSchedule> named_schedules() { return schedules; }

std::string_view name(Schedule schedule) { return row_of(schedule).name; }

Schedule parse_schedule(std::string_view name) {
  for (const NamedSchedule& row : schedules) {
    if (!row.alias.empty() && name == row.alias) return row.value;
  }
  return row_named("schedule", schedules, name).value;
}

}  // namespace trous
