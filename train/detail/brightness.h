// How bright a pixel or an image is, in steps that baselines can count.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

namespace trous::detail {

inline constexpr std::size_t brightness_levels = 64;

/// The mean of the values, each in 0..1, in 0 .. brightness_levels - 1; 0 for NaN and where there are none.
inline std::size_t brightness_level(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value);
  const double scaled = sum / static_cast<double>(values.size()) * static_cast<double>(brightness_levels);
  if (!(scaled > 0)) return 0;  // NaN too
  return static_cast<std::size_t>(std::min(scaled, static_cast<double>(brightness_levels - 1)));
}

}  // namespace trous::detail
