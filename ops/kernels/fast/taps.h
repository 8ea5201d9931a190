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

/// The images of a gather and how their pixels meet; a plan adds what the channels do.
struct Gather {
  std::int64_t batch;
  std::int64_t in_height, in_width, in_channels;
  std::int64_t out_height, out_width, out_channels;
  std::int64_t kernel_height, kernel_width;
  std::vector<std::vector<RowTap>> rows;  // of each output row, those inside the image alone
  std::vector<Phase> phases;              // together they hold every output column once
};

/// From x to y, of so many channels each.
Gather gather_forward(const ConvGeometry& g, std::int64_t x_channels, std::int64_t y_channels);
/// From y to x: row i of x receives row k of y by tap a where i = k stride + a rate - before, and column j
/// column (j + before - b rate) / stride where that is whole: the columns first, first + stride, ... have the
/// same taps.
Gather gather_transposed(const ConvGeometry& g, std::int64_t x_channels, std::int64_t y_channels);

/// Of each output row of a convolution, the taps that reach into the image.
std::vector<std::vector<RowTap>> rows_forward(const ConvAxis& height);

/// The columns k of a phase from which a tap reads inside the image: 0 <= k step_in + shift < width.
struct Reach {
  std::int64_t begin, end;
};
Reach reach_of(const Phase& phase, std::int64_t shift, std::int64_t width);

}  // namespace trous::kernels::fast
