#include <algorithm>
#include <cmath>

#include <trous/ops/kernels/resize.h>

namespace trous::kernels {

std::vector<Blend> blends(std::int64_t in, std::int64_t out, Interpolation interpolation) {
  std::vector<Blend> table;
  for (std::int64_t i = 0; i < out; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * static_cast<double>(in) / static_cast<double>(out);
    if (interpolation == Interpolation::nearest) {
      const auto nearest = std::min(static_cast<std::int64_t>(std::floor(centre)), in - 1);
      table.push_back({nearest, nearest, 0});
    } else {
      const double place = std::clamp(centre - 0.5, 0.0, static_cast<double>(in - 1));
      const auto low = static_cast<std::int64_t>(std::floor(place));
      table.push_back({low, std::min(low + 1, in - 1), place - static_cast<double>(low)});
    }
  }
  return table;
}

}  // namespace trous::kernels
