// The overlaps of the pixels of an axis with those of the same axis in another number of pixels.
#pragma once

#include <algorithm>
#include <cstdint>

namespace trous::detail {

/// An axis of `from` pixels that gets `to` pixels. In units of 1 / to of a pixel, source pixel r is
/// [r to, (r + 1) to) and target pixel i is [i from, (i + 1) from), so all overlaps are whole numbers, and
/// those of a target pixel sum to `from`.
struct AreaAxis {
  std::int64_t from, to;

  std::int64_t first(std::int64_t i) const { return i * from / to; }
  std::int64_t end(std::int64_t i) const { return ((i + 1) * from + to - 1) / to; }
  std::int64_t overlap(std::int64_t r, std::int64_t i) const {
    return std::min((r + 1) * to, (i + 1) * from) - std::max(r * to, i * from);
  }
};

}  // namespace trous::detail
