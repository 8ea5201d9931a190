// The clock by which durations are measured.
#pragma once

#include <chrono>

namespace trous {

/// A clock that is never set back.
using Clock = std::chrono::steady_clock;

/// Returns the time since `start`, in seconds.
inline double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace trous
