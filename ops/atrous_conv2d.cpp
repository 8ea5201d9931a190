#include <trous/ops/atrous_conv2d.h>
#include <trous/ops/detail/conv_family.h>

namespace trous {
namespace {

// The family with the arguments of `op`. The padding is checked first.
detail::ConvFamily family(std::string_view op, const AtrousOptions& options) {
  const ResolvedPadding padding = options.padding.resolve(op);
  return {.conv = "atrous_conv2d",
          .transpose = "atrous_conv2d_transpose",
          .filter_grad = "atrous_conv2d_filter_grad",
          .stride = 1,
          .rate = options.rate,
          .padding = padding,
          .groups = options.groups,
          .attributes = {{"rate", options.rate}, {"", detail::padding_text(padding)}},
          .strided = false};
}

}  // namespace

Variable atrous_conv2d(const Variable& value, const Variable& filters, Rate rate,
                       const WindowPadding& padding, std::string_view name) {
  return family("atrous_conv2d", {rate, padding}).convolve(value, filters, name);
}

Variable atrous_conv2d_transpose(const Variable& value, const Variable& filters, const Shape& output_shape,
                                 Rate rate, const WindowPadding& padding, std::string_view name) {
  return family("atrous_conv2d_transpose", {rate, padding}).transposed(value, filters, &output_shape, name);
}

Variable atrous_conv2d_transpose(const Variable& value, const Variable& filters, Rate rate,
                                 const WindowPadding& padding, std::string_view name) {
  return family("atrous_conv2d_transpose", {rate, padding}).transposed(value, filters, nullptr, name);
}

Variable atrous_conv2d_filter_grad(const Variable& value, const Variable& grad, const Shape& filter_shape,
                                   Rate rate, const WindowPadding& padding, std::string_view name) {
  return family("atrous_conv2d_filter_grad", {rate, padding})
      .filter_gradient(value, grad, filter_shape, name);
}

Variable atrous_conv2d(const Variable& value, const Variable& filters, const AtrousOptions& options,
                       std::string_view name) {
  return family("atrous_conv2d", options).convolve(value, filters, name);
}

Variable atrous_conv2d_transpose(const Variable& value, const Variable& filters, const Shape& output_shape,
                                 const AtrousOptions& options, std::string_view name) {
  return family("atrous_conv2d_transpose", options).transposed(value, filters, &output_shape, name);
}

Variable atrous_conv2d_transpose(const Variable& value, const Variable& filters, const AtrousOptions& options,
                                 std::string_view name) {
  return family("atrous_conv2d_transpose", options).transposed(value, filters, nullptr, name);
}

Variable atrous_conv2d_filter_grad(const Variable& value, const Variable& grad, const Shape& filter_shape,
                                   const AtrousOptions& options, std::string_view name) {
  return family("atrous_conv2d_filter_grad", options).filter_gradient(value, grad, filter_shape, name);
}

TrilinearForm atrous_conv2d_form(const Shape& value, const Shape& filters, Rate rate,
                                 const WindowPadding& padding, DType dtype) {
  return family("atrous_conv2d", {rate, padding}).form(value, filters, dtype);
}

}  // namespace trous
