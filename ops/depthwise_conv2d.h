// Depthwise convolution: every channel has filters of its own.
#pragma once

#include <string_view>

#include <trous/ops/conv2d.h>

namespace trous {

/// y[n, i, j, c M + m] = sum_{p, q}  value[n, i sh + p rh - top, j sw + q rw - left, c] * filters[p, q, c, m]
///
/// value     [n, h, w, channels]         float32 or float64, NHWC
/// filters   [kh, kw, channels, M]       same dtype; M filters per channel
/// returns   [n, oh, ow, channels * M]   oh, ow as for conv2d
///
/// Gradients: depthwise_conv2d_transpose and depthwise_conv2d_filter_grad, the other ops of its form;
/// every order. Throws as conv2d, and ArgumentError unless options.groups is 1.
/// Source: TensorFlow tf.nn.depthwise_conv2d.
Variable depthwise_conv2d(const Variable& value, const Variable& filters, const Conv2dOptions& options = {},
                          std::string_view name = {});

/// The form itself.
TrilinearForm depthwise_conv2d_form(const Shape& value, const Shape& filters, const Conv2dOptions& options,
                                    DType dtype);

}  // namespace trous
