// Convolutions, forward and transposed, seen in one way: each output pixel gathers pixels of the input.
//
//   y[n, i, j, o] = sum over row taps (a, row) of output row i, column taps (b, column) of output column j,
//   and c,
//                   of x[n, row, column, c] f[a, b, c, o]
//
// The rate and the stride only move pointers.
#pragma once

#include <cstdint>

#include <trous/ops/kernels/fast/taps.h>

namespace trous::kernels::fast {

struct GatherPlan : Gather {
  /// Elements of the filters from one to the next along [a, b, c, o].
  std::int64_t filter_steps[4];
};

/// y as the plan says; every element is written.
void gather_conv(const GatherPlan& plan, const float* x, const float* filters, float* y);
void gather_conv(const GatherPlan& plan, const double* x, const double* filters, double* y);

}  // namespace trous::kernels::fast
