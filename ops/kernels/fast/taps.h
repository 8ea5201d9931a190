// Which pixels of the input an output pixel gathers, by which taps: of a convolution and of its transpose.
//
// A stride of a transpose makes phases of the output columns: within one, columns are `step_out` apart and
// each tap reads input columns that are neighbours.
#pragma once

#include <cstdint>
#include <vector>

#include <trous/ops/kernels/convolution.h>

namespace trous::kernels::fast {

/// Output column first + k step_out reads, by tap b, input column k step_in + shift.
struct ColumnTap {
  std::int64_t b, shift;
};
struct Phase {
  std::int64_t first, step_out, count, step_in;
  std::vector<ColumnTap> taps;  // by ascending shift
};

struct RowTap {
  std::int64_t a, row;
};

/// The taps of each output row of a convolution that reach into the image.
std::vector<std::vector<RowTap>> rows_forward(const ConvAxis& height);
std::vector<Phase> phase_forward(const ConvAxis& width);

/// Of its transpose: row i of x receives row k of y by tap a where i = k stride + a rate - before.
std::vector<std::vector<RowTap>> rows_transposed(const ConvAxis& height);
/// Column j of x receives column (j + before - b rate) / stride of y where that is whole: the columns first,
/// first + stride, ... have the same taps.
std::vector<Phase> phases_transposed(const ConvAxis& width);

/// The columns k of a phase from which a tap reads inside the image: 0 <= k step_in + shift < width.
struct Reach {
  std::int64_t begin, end;
};
Reach reach_of(const Phase& phase, std::int64_t shift, std::int64_t width);

}  // namespace trous::kernels::fast
