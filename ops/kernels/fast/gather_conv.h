// Convolutions, forward and transposed, seen in one way: each output pixel gathers pixels of the input.
//
//   out[n, i, j, o] = sum of in[n, row, column, c] filters[a, b, c, o]
//                     over the row taps (a, row) of output row i, the column taps (b, column) of output
//                     column j, and c
//
// The rate and the stride only move pointers. A grouped convolution is one gather for each group of channels,
// in the same images. docs/kernels.md shows how.
#pragma once

#include <cstdint>

#include <trous/ops/kernels/fast/taps.h>

namespace trous::kernels::fast {

/// The channels are those of one group.
struct GatherPlan : Gather {
  /// Numbers of the filters from one index to the next along [a, b, c, o].
  std::int64_t filter_steps[4];
  /// Groups of channels, and the numbers of the filters from one group to the next.
  std::int64_t groups, filter_group_step;

  /// Numbers from one pixel to the next.
  std::int64_t in_step() const { return groups * in_channels; }
  std::int64_t out_step() const { return groups * out_channels; }
};

/// Writes every element of `out`.
void gather_conv(const GatherPlan& plan, const GatherOperands<float>& operands);
void gather_conv(const GatherPlan& plan, const GatherOperands<double>& operands);

}  // namespace trous::kernels::fast
