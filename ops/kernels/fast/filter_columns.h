// Which columns of x and y meet in a filter gradient, by which taps.
#pragma once

#include <cstdint>
#include <vector>

#include <trous/ops/kernels/convolution.h>

namespace trous::kernels::fast {

/// Columns first .. first + count - 1 meet the taps b .. b + taps - 1, all inside the image.
struct ColumnPart {
  std::int64_t first, count, b, taps;
};

/// Output columns. Taps one pixel apart lie behind one another in x, so that they make one wide tap.
std::vector<ColumnPart> column_parts(const ConvAxis& axis);

/// Input columns, at stride 1: column q meets output column q + before - b rate by tap b. No more than
/// `max_taps` in one part.
std::vector<ColumnPart> input_column_parts(const ConvAxis& axis, std::int64_t max_taps);

}  // namespace trous::kernels::fast
