// Which taps each stretch of output columns reads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <trous/ops/kernels/fast/gather_conv.h>

namespace trous::kernels::fast {

/// Taps that read neighbouring columns, and whose packed filters are neighbours: to a tile they are one tap
/// with more channels.
struct TapRun {
  std::int64_t slot, shift, taps;
};

/// Columns first .. first + count - 1 of a phase, and the taps that reach into the image from at least one of
/// them.
struct Segment {
  std::int64_t phase, first, count;
  std::vector<TapRun> runs;

  bool has_neighbours() const {
    return std::any_of(runs.begin(), runs.end(), [](const TapRun& run) { return run.taps > 1; });
  }
};

struct ColumnSegments {
  std::vector<std::int64_t> slots;  // column tap b of each slot
  std::vector<Segment> segments;
  std::int64_t left = 0, right = 0;  // columns beyond the image that are read; they must hold zeros
};

/// Rows are cut where a tap begins or ends to reach into the image, if both parts stay wide enough for a
/// tile, or the tap reaches less than half of them. So at large rates little work is done on zeros, and few
/// are stored.
ColumnSegments column_segments(const GatherPlan& plan);

}  // namespace trous::kernels::fast
