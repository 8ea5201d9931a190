// Windows in which no channel meets another: depthwise convolutions and pooling, each as a gather.
//
// A pixel has `wide` numbers, the channels of the side that has more channels. Where the input has fewer,
// each of its channels is repeated. Where the output has fewer, the numbers that belong to one channel are
// added.
#pragma once

#include <cstdint>
#include <vector>

#include <trous/ops/kernels/fast/taps.h>
#include <trous/ops/kernels/slot.h>

namespace trous::kernels::fast {

/// Columns first .. first + count - 1 of a phase, from which the same taps reach into the image.
struct ColumnSpan {
  std::int64_t phase, first, count;
  std::vector<ColumnTap> taps;
};

struct WindowPlan : Gather {
  std::vector<ColumnSpan> columns;  // every output column once, phase by phase

  std::int64_t wide() const { return in_channels > out_channels ? in_channels : out_channels; }
};

/// The plan from x to y.
WindowPlan windows_forward(const DepthwiseGeometry& g);
/// The plan from y to x.
WindowPlan windows_transposed(const DepthwiseGeometry& g);

/// The depthwise convolution or its transpose: each output number is the sum over its taps of in times
/// filters, where filters are [kernel_height, kernel_width, wide].
void depthwise_sums(const WindowPlan& plan, const GatherOperands<float>& operands);
void depthwise_sums(const WindowPlan& plan, const GatherOperands<double>& operands);

/// The depthwise filter gradient, by a forward plan. The rows are cut into parts whose partial sums are added
/// in order.
void depthwise_filter_grad(const WindowPlan& plan, const Operands<Slot::filters, float>& operands);
void depthwise_filter_grad(const WindowPlan& plan, const Operands<Slot::filters, double>& operands);

/// The pixel of the image that holds the largest number of each window, by a forward plan.
void find_largest(const WindowPlan& plan, const float* x, std::int32_t* pixels);
void find_largest(const WindowPlan& plan, const double* x, std::int32_t* pixels);

/// The gradient of max pooling, by a transposed plan: each input pixel sums the cotangents y of the windows
/// whose largest number it holds. `winners` are the pixels of find_largest.
void max_pool_gradient(const WindowPlan& plan, const float* y, const std::int32_t* winners, float* x);
void max_pool_gradient(const WindowPlan& plan, const double* y, const std::int32_t* winners, double* x);

/// The means of windows, by a forward plan.
void window_means(const WindowPlan& plan, const float* x, float* y);
void window_means(const WindowPlan& plan, const double* x, double* y);

/// The pixels of the image in each window: those of window (i, j) are rows[i] times columns[j].
struct WindowSizes {
  std::vector<std::int64_t> rows, columns;
};
/// The transpose of window_means, by a transposed plan: each number is divided among the pixels of its
/// window.
void window_means_transpose(const WindowPlan& plan, const WindowSizes& sizes, const float* y, float* x);
void window_means_transpose(const WindowPlan& plan, const WindowSizes& sizes, const double* y, double* x);

}  // namespace trous::kernels::fast
