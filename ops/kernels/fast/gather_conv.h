// Convolutions, forward and transposed, seen in one way: each output pixel gathers pixels of the input.
//
//   y[n, i, j, o] = sum over row taps (a, row) of output row i, column taps (b, column) of output column j,
//   and c,
//                   of x[n, row, column, c] f[a, b, c, o]
//
// A stride of a transpose makes phases of the output columns: within one, columns are `step_out` apart and
// each tap reads input columns that are neighbours. So the rate and the stride only move pointers.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

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

/// The taps of each output row that reach into the image, one row behind the other.
class RowTaps {
 public:
  void push_back(const RowTap& tap) { taps_.push_back(tap); }
  void end_row() { ends_.push_back(taps_.size()); }

  std::span<const RowTap> operator[](std::size_t row) const {
    const std::size_t begin = row == 0 ? 0 : ends_[row - 1];
    return std::span(taps_).subspan(begin, ends_[row] - begin);
  }

 private:
  std::vector<RowTap> taps_;
  std::vector<std::size_t> ends_;
};

struct GatherPlan {
  std::int64_t batch;
  std::int64_t in_height, in_width, in_channels;
  std::int64_t out_height, out_width, out_channels;
  std::int64_t kernel_height, kernel_width;
  RowTaps rows;
  std::vector<Phase> phases;  // together they hold every output column once
  /// Elements of the filters from one to the next along [a, b, c, o].
  std::int64_t filter_steps[4];
};

/// y as the plan says; every element is written.
void gather_conv(const GatherPlan& plan, const float* x, const float* filters, float* y);
void gather_conv(const GatherPlan& plan, const double* x, const double* filters, double* y);

}  // namespace trous::kernels::fast
