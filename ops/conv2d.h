// Convolution in general: stride, rate and padding per axis, from the same form as the atrous ops.
#pragma once

#include <string_view>

#include <trous/autograd/trilinear_form.h>
#include <trous/ops/window.h>

namespace trous {

/// How the windows of a convolution slide.
struct Conv2dOptions {
  Stride stride = 1;
  Rate rate = 1;
  WindowPadding padding = Padding::same;
  /// Groups of neighbouring channels into which both images are divided. A channel of the result sees only
  /// the channels of the value in its own group; 1 is a dense convolution.
  std::int64_t groups = 1;
};

/// y[n, i, j, o] = sum_{p, q, c}  value[n, i sh + p rh - top, j sw + q rw - left, c] * filters[p, q, c, o]
///
/// value     [n, h, w, in_channels]               float32 or float64, NHWC
/// filters   [kh, kw, in_channels, out_channels]  same dtype; not flipped. With groups
///           [kh, kw, in_channels / groups, out_channels], and c counts within the group of o, which is
///           floor(o groups / out_channels)
/// returns   [n, oh, ow, out_channels]. With e = (kh - 1) rh + 1: SAME oh = ceil(h / sh), the zeros of the
///           last window split with the odd one at the end; VALID oh = floor((h - e) / sh) + 1; explicit
///           oh = floor((h + top + bottom - e) / sh) + 1
///
/// Gradients: conv2d_transpose (value), conv2d_filter_grad (filters); every order.
/// Throws as atrous_conv2d, with the strides checked after the rates.
/// Source: TensorFlow tf.nn.conv2d; groups: Krizhevsky, Sutskever and Hinton, NIPS 2012.
Variable conv2d(const Variable& value, const Variable& filters, const Conv2dOptions& options = {},
                std::string_view name = {});

/// The transpose of `conv2d` as a linear map of its value.
///
/// value         [n, h, w, in_channels]
/// filters       [kh, kw, out_channels, in_channels]  out before in; with groups
///               [kh, kw, out_channels / groups, in_channels], the filters of the conv2d that it transposes
/// output_shape  [n, oh, ow, out_channels]: any shape of which `conv2d` with these options makes h x w.
///               With a stride several fit; left out, it is h sh (SAME) or (h - 1) sh + e less the
///               explicit padding, or 1 where that is less and 1 fits too
///
/// Gradients: conv2d (value), conv2d_filter_grad (filters); every order.
/// Throws as conv2d; then ShapeError if output_shape does not fit.
/// Source: TensorFlow tf.nn.conv2d_transpose.
Variable conv2d_transpose(const Variable& value, const Variable& filters, const Shape& output_shape,
                          const Conv2dOptions& options = {}, std::string_view name = {});
Variable conv2d_transpose(const Variable& value, const Variable& filters, const Conv2dOptions& options = {},
                          std::string_view name = {});

/// The gradient of `conv2d` in its filters.
///
///   w[p, q, c, o] = sum_{n, i, j}  value[n, i sh + p rh - top, j sw + q rw - left, c] * grad[n, i, j, o]
///
/// value         [n, h, w, in_channels]
/// grad          [n, oh, ow, out_channels]            of conv2d's shape
/// filter_shape  [kh, kw, in_channels, out_channels], with groups [kh, kw, in_channels / groups,
/// out_channels]
///
/// Gradients: conv2d_transpose (value), conv2d (grad); every order.
/// Throws as conv2d, with filter_shape for the filters; then ShapeError if grad is not what conv2d returns.
Variable conv2d_filter_grad(const Variable& value, const Variable& grad, const Shape& filter_shape,
                            const Conv2dOptions& options = {}, std::string_view name = {});

/// Returns how `conv2d` of these shapes maps pixels, and its cost, for an op of your own that does the same.
/// For one like conv2d_transpose call `.transposed()` on the result. Throws as conv2d.
Pixels conv2d_pixels(const Shape& value, const Shape& filters, const Conv2dOptions& options = {});

/// The form itself, over value [n, h, w, c] and filters [kh, kw, c / groups, o]. Throws as conv2d.
TrilinearForm conv2d_form(const Shape& value, const Shape& filters, const Conv2dOptions& options,
                          DType dtype);

}  // namespace trous
