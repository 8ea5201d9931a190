// Which columns of x and y meet in a filter gradient, and by which taps.
#pragma once

#include <cstdint>
#include <vector>

#include <trous/ops/kernels/convolution.h>

namespace trous::kernels::fast {

/// Columns first .. first + count - 1 meet pixels inside the image by each of the taps b .. b + taps - 1.
struct ColumnPart {
  std::int64_t first, count, b, taps;
};

/// Parts of the output columns; parts of different taps may hold the same columns. Where the rate is 1, the
/// pixels that neighbouring taps read lie together in x, so that a part has all its taps; at other rates it
/// has one tap.
std::vector<ColumnPart> column_parts(const WindowAxis& axis);

/// Parts of the input columns, at stride 1, with at most `max_taps` taps each. Input column q meets output
/// column q + before - b rate by tap b.
std::vector<ColumnPart> input_column_parts(const WindowAxis& axis, std::int64_t max_taps);

}  // namespace trous::kernels::fast
