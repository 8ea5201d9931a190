// Windows in which no channel meets another: depthwise convolutions and pooling, each as a gather.
//
// A pixel is seen as `wide` numbers, the channels of whichever side has more. Where the input has fewer, each
// of its channels is repeated; where the output has fewer, those that come from one channel are added.
#pragma once

#include <cstdint>
#include <vector>

#include <trous/ops/kernels/fast/taps.h>

namespace trous::kernels::fast {

/// Columns first .. first + count - 1 of a phase, which read inside the image by the same taps.
struct ColumnGroup {
  std::int64_t phase, first, count;
  std::vector<ColumnTap> taps;
};

struct WindowPlan : Gather {
  std::vector<ColumnGroup> columns;  // every output column once, phase by phase

  std::int64_t wide() const { return in_channels > out_channels ? in_channels : out_channels; }
};

/// Of the depthwise form, `in_channels` of x times the multiplier `out_channels`; of pooling with
/// multiplier 1.
WindowPlan windows_forward(const ConvGeometry& g);
/// Of its transpose, from y to x.
WindowPlan windows_transposed(const ConvGeometry& g);

/// The sums over taps of x w, w being [kernel_height, kernel_width, wide].
void depthwise_sums(const WindowPlan& plan, const float* x, const float* w, float* y);
void depthwise_sums(const WindowPlan& plan, const double* x, const double* w, double* y);

/// For a forward plan: w = sum x y, over partial results of parts of the rows, which are added in order.
void depthwise_filter_grad(const WindowPlan& plan, const float* x, const float* y, float* w);
void depthwise_filter_grad(const WindowPlan& plan, const double* x, const double* y, double* w);

/// For a forward plan: the pixel of the image that holds the largest number of each window.
void largest(const WindowPlan& plan, const float* x, std::int32_t* pixels);
void largest(const WindowPlan& plan, const double* x, std::int32_t* pixels);

/// For a transposed plan: the sum of the numbers of those of a pixel's windows that `winners` gives to it.
void returned(const WindowPlan& plan, const float* y, const std::int32_t* winners, float* x);
void returned(const WindowPlan& plan, const double* y, const std::int32_t* winners, double* x);

/// For a forward plan: the means of windows.
void means(const WindowPlan& plan, const float* x, float* y);
void means(const WindowPlan& plan, const double* x, double* y);

/// For a transposed plan: each number shared out over its window, which holds as many pixels as it has rows
/// times columns.
struct WindowSizes {
  std::vector<std::int64_t> rows, columns;
};
void shares(const WindowPlan& plan, const WindowSizes& sizes, const float* y, float* x);
void shares(const WindowPlan& plan, const WindowSizes& sizes, const double* y, double* x);

}  // namespace trous::kernels::fast
