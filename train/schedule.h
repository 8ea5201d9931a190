// How the learning rate falls over a run.
#pragma once

#include <cstdint>
#include <string_view>

namespace trous {

enum class Schedule {
  constant,
  poly,   ///< base (1 - step / steps)^0.9. Source: DeepLab, arXiv:1606.00915, section 4.1
  cosine  ///< base (1 + cos(pi step / steps)) / 2. Source: Loshchilov and Hutter, arXiv:1608.03983
};

/// The learning rate of step `step` = 0 .. steps - 1. Throws ArgumentError for any other step.
double learning_rate_at(Schedule schedule, double base, std::int64_t step, std::int64_t steps);

/// The schedule called `name`. Throws ArgumentError listing the names.
Schedule parse_schedule(std::string_view name);

}  // namespace trous
