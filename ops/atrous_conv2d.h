// The heart: atrous ("with holes") convolution, its transpose, and the gradient of its filters. Three ops,
// each the derivative of one trilinear form in the slot it leaves open, so the gradients of each are the
// other two.
#pragma once

#include <string_view>

#include <trous/autograd/trilinear_form.h>
#include <trous/ops/window.h>

namespace trous {

/// How the windows of an atrous convolution slide, as one value.
struct AtrousOptions {
  Rate rate = 1;
  WindowPadding padding = Padding::same;
  std::int64_t groups = 1;  ///< as in Conv2dOptions
};

/// Convolves `value` with a filter whose taps are `rate` pixels apart.
///
///   y[n, i, j, o] = sum_{p, q, c}  value[n, i + p rate - top, j + q rate - left, c] * filters[p, q, c, o]
///
/// value     [n, h, w, in_channels]               float32 or float64, NHWC
/// filters   [kh, kw, in_channels, out_channels]  same dtype; not flipped
/// rate      1 or more, one integer or {height, width}
/// padding   Padding::same or "SAME": top = floor((kh - 1) rate / 2), zeros outside the image;
///           Padding::valid or "VALID": top = left = 0, windows inside the image;
///           ExplicitPadding or {top, bottom, left, right}: as many zeros
/// name      optional, shown where a tape is printed
/// returns   [n, oh, ow, out_channels]            SAME: oh = h; VALID: oh = h - (kh - 1) rate;
///           explicit: oh = h + top + bottom - (kh - 1) rate
///
/// Gradients: atrous_conv2d_transpose (value), atrous_conv2d_filter_grad (filters); every order.
///
/// Throws, before any work and in this order: ArgumentError if padding is none of these; ShapeError if a rank
/// is not 4; DTypeError if the dtypes differ or are not floating; ShapeError if taps or channels are 0 or
/// the channels disagree; ArgumentError if rate < 1; ShapeError if a size overflows or VALID leaves no
/// window. The groups are checked before the channels: ArgumentError if they are below 1, ShapeError if the
/// filters' last axis is not a multiple.
///
/// With groups the filters are [kh, kw, in_channels / groups, out_channels], as in conv2d.
///
/// Source: TensorFlow tf.nn.atrous_conv2d; Chen et al., arXiv:1606.00915, section 3.1.
Variable atrous_conv2d(const Variable& value, const Variable& filters, Rate rate,
                       const WindowPadding& padding, std::string_view name = {});
Variable atrous_conv2d(const Variable& value, const Variable& filters, const AtrousOptions& options,
                       std::string_view name = {});

/// The transpose of `atrous_conv2d` as a linear map of its value: each element of `value` is
/// added, times a filter, to all pixels from which atrous_conv2d would compute it.
///
///   y[n, i, j, o] = sum_{p, q, c}  value[n, i + top - p rate, j + left - q rate, c] * filters[p, q, o, c]
///
/// value         [n, h, w, in_channels]               float32 or float64, NHWC
/// filters       [kh, kw, out_channels, in_channels]  same dtype; out before in: the very tensor of the
///               atrous_conv2d that it transposes, not permuted
/// output_shape  [n, oh, ow, out_channels], which the other arguments determine: SAME oh = h;
///               VALID oh = h + (kh - 1) rate; explicit oh = h + (kh - 1) rate - top - bottom. May be
///               left out
/// rate, padding, name   as for atrous_conv2d
///
/// Gradients: atrous_conv2d (value), atrous_conv2d_filter_grad (filters); every order.
///
/// Throws as atrous_conv2d; then ShapeError if output_shape has not four elements, a negative one, or is
/// not the derived shape.
///
/// Source: TensorFlow tf.nn.atrous_conv2d_transpose.
Variable atrous_conv2d_transpose(const Variable& value, const Variable& filters, const Shape& output_shape,
                                 Rate rate, const WindowPadding& padding, std::string_view name = {});
Variable atrous_conv2d_transpose(const Variable& value, const Variable& filters, Rate rate,
                                 const WindowPadding& padding, std::string_view name = {});
Variable atrous_conv2d_transpose(const Variable& value, const Variable& filters, const Shape& output_shape,
                                 const AtrousOptions& options, std::string_view name = {});
Variable atrous_conv2d_transpose(const Variable& value, const Variable& filters, const AtrousOptions& options,
                                 std::string_view name = {});

/// The gradient of `atrous_conv2d` in its filters.
///
///   w[p, q, c, o] = sum_{n, i, j}  value[n, i + p rate - top, j + q rate - left, c] * grad[n, i, j, o]
///
/// value         [n, h, w, in_channels]               the value that was convolved
/// grad          [n, oh, ow, out_channels]            the cotangent of the result
/// filter_shape  [kh, kw, in_channels, out_channels]  an argument, since SAME does not determine it
/// rate, padding, name   as for atrous_conv2d
///
/// Gradients: atrous_conv2d_transpose (value), atrous_conv2d (grad); every order.
///
/// Throws as atrous_conv2d, with filter_shape for the filters; then ShapeError if grad is not what
/// atrous_conv2d returns.
Variable atrous_conv2d_filter_grad(const Variable& value, const Variable& grad, const Shape& filter_shape,
                                   Rate rate, const WindowPadding& padding, std::string_view name = {});
Variable atrous_conv2d_filter_grad(const Variable& value, const Variable& grad, const Shape& filter_shape,
                                   const AtrousOptions& options, std::string_view name = {});

/// The form itself, over value [n, h, w, c], filters [kh, kw, c, o] and the result's shape. Throws as
/// atrous_conv2d.
TrilinearForm atrous_conv2d_form(const Shape& value, const Shape& filters, Rate rate,
                                 const WindowPadding& padding, DType dtype);

}  // namespace trous
