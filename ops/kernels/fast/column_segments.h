// How the output columns of a gather are cut into segments, each with the taps that it reads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <trous/ops/kernels/fast/gather_conv.h>

namespace trous::kernels::fast {

/// Neighbouring slots whose taps read neighbouring columns. To a tile they are one tap with more channels.
struct TapRun {
  std::int64_t slot, shift, taps;
};

/// Columns first .. first + count - 1 of a phase, with the taps that reach into the image from at least one
/// of these columns.
struct Segment {
  std::int64_t phase, first, count;
  std::vector<TapRun> runs;

  bool has_neighbours() const {
    return std::any_of(runs.begin(), runs.end(), [](const TapRun& run) { return run.taps > 1; });
  }
};

struct ColumnSegments {
  std::vector<std::int64_t> slots;  // the column tap b of each place in a row of packed filters
  std::vector<Segment> segments;
  std::int64_t left = 0, right = 0;  // columns beyond the image that are read, where zeros must stand
};

/// Cuts rows where a tap begins or ends to reach into the image, if both parts keep
/// policy::min_segment_columns or the tap reaches less than half of the row. So large rates multiply few
/// zeros, and few zeros are stored beside rows.
ColumnSegments column_segments(const GatherPlan& plan);

}  // namespace trous::kernels::fast
