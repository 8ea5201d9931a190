// Which pixels of the input an output pixel gathers by which taps, for a convolution and for its transpose.
//
// A stride of the transpose divides the output columns into phases. The columns of a phase are `step_out`
// apart and have the same taps, and each tap reads neighbouring input columns from neighbours of the phase.
#pragma once

#include <cstdint>
#include <vector>

#include <trous/ops/kernels/convolution.h>

namespace trous::kernels::fast {

/// Column k of a phase reads input column k step_in + shift by tap b.
struct ColumnTap {
  std::int64_t b, shift;
};

/// The output columns first + k step_out, 0 <= k < count.
struct Phase {
  std::int64_t first, step_out, count, step_in;
  std::vector<ColumnTap> taps;  // by ascending shift
};

/// An output row reads input row `row` by tap a.
struct RowTap {
  std::int64_t a, row;
};

/// The images of a gather and how their pixels meet. A GatherPlan or WindowPlan adds how their channels meet.
struct Gather {
  std::int64_t batch;
  std::int64_t in_height, in_width, in_channels;
  std::int64_t out_height, out_width, out_channels;
  std::int64_t kernel_height, kernel_width;
  std::vector<std::vector<RowTap>> rows;  // the taps of each output row that reach into the image
  std::vector<Phase> phases;              // together they hold every output column once
};

/// The memory of a gather, in this order everywhere: the result of a form gathers its image, and the image
/// its result.
template <class T>
struct GatherOperands {
  const T* in;
  const T* filters;
  T* out;
};

/// The gather from x to y, the convolution.
Gather gather_forward(const ConvGeometry& g);

/// The gather from y to x, the transpose. Row i of x gathers row k of y by tap a where
/// i = k stride + a rate - before. Column j of x gathers column (j + before - b rate) / stride by tap b where
/// that is a whole number, so that the columns first, first + stride, ... have the same taps.
Gather gather_transposed(const ConvGeometry& g);

/// For each output row of a convolution, the taps that reach into the image.
std::vector<std::vector<RowTap>> rows_forward(const WindowAxis& height);

/// The columns begin <= k < end of a phase from which a tap reads inside the image:
/// 0 <= k step_in + shift < width.
struct Reach {
  std::int64_t begin, end;
};
Reach reach_of(const Phase& phase, std::int64_t shift, std::int64_t width);

}  // namespace trous::kernels::fast
