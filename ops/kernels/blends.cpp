#include <algorithm>

#include <trous/ops/kernels/resize.h>

namespace trous::kernels {

std::vector<Blend> blends(std::int64_t in, std::int64_t out, Interpolation interpolation) {
  std::vector<Blend> table;
  // Places are whole numbers over 2 out, so the one division rounds: outputs that lie equally far between
  // their inputs have the same weights, wherever they are and however large the image is.
  for (std::int64_t i = 0; i < out; ++i) {
    const std::int64_t centre = (2 * i + 1) * in;
    if (interpolation == Interpolation::nearest) {
      const std::int64_t nearest = std::min(centre / (2 * out), in - 1);
      table.push_back({nearest, nearest, 0});
    } else {
      const std::int64_t place = std::clamp<std::int64_t>(centre - out, 0, (in - 1) * 2 * out);
      const std::int64_t low = place / (2 * out);
      table.push_back({low, std::min(low + 1, in - 1),
                       static_cast<double>(place % (2 * out)) / static_cast<double>(2 * out)});
    }
  }
  return table;
}

}  // namespace trous::kernels
