#include <trous/core/error.h>
#include <trous/ops/atrous_conv2d.h>
#include <trous/ops/detail/conv_family.h>

namespace trous {
namespace {

detail::ConvFamily family(Rate rate, Padding padding) {
  return {.conv = "atrous_conv2d",
          .transpose = "atrous_conv2d_transpose",
          .filter_grad = "atrous_conv2d_filter_grad",
          .stride = 1,
          .rate = rate,
          .padding = padding,
          .attributes = {{"rate", rate}, {"", std::string(name(padding))}},
          .strided = false};
}

}  // namespace

Variable atrous_conv2d(const Variable& value, const Variable& filters, Rate rate, Padding padding,
                       std::string_view name) {
  return family(rate, padding).convolve(value, filters, name);
}

Variable atrous_conv2d(const Variable& value, const Variable& filters, Rate rate, std::string_view padding,
                       std::string_view name) {
  return atrous_conv2d(value, filters, rate, detail::parse_padding("atrous_conv2d", padding), name);
}

Variable atrous_conv2d_transpose(const Variable& value, const Variable& filters, const Shape& output_shape,
                                 Rate rate, Padding padding, std::string_view name) {
  return family(rate, padding).transposed(value, filters, &output_shape, name);
}

Variable atrous_conv2d_transpose(const Variable& value, const Variable& filters, const Shape& output_shape,
                                 Rate rate, std::string_view padding, std::string_view name) {
  const Padding parsed = detail::parse_padding("atrous_conv2d_transpose", padding);
  return atrous_conv2d_transpose(value, filters, output_shape, rate, parsed, name);
}

Variable atrous_conv2d_transpose(const Variable& value, const Variable& filters, Rate rate, Padding padding,
                                 std::string_view name) {
  return family(rate, padding).transposed(value, filters, nullptr, name);
}

Variable atrous_conv2d_transpose(const Variable& value, const Variable& filters, Rate rate,
                                 std::string_view padding, std::string_view name) {
  return atrous_conv2d_transpose(value, filters, rate,
                                 detail::parse_padding("atrous_conv2d_transpose", padding), name);
}

Variable atrous_conv2d_filter_grad(const Variable& value, const Variable& grad, const Shape& filter_shape,
                                   Rate rate, Padding padding, std::string_view name) {
  return family(rate, padding).filter_gradient(value, grad, filter_shape, name);
}

Variable atrous_conv2d_filter_grad(const Variable& value, const Variable& grad, const Shape& filter_shape,
                                   Rate rate, std::string_view padding, std::string_view name) {
  const Padding parsed = detail::parse_padding("atrous_conv2d_filter_grad", padding);
  return atrous_conv2d_filter_grad(value, grad, filter_shape, rate, parsed, name);
}

TrilinearForm atrous_conv2d_form(const Shape& value, const Shape& filters, Rate rate, Padding padding,
                                 DType dtype) {
  return family(rate, padding).form(value, filters, dtype);
}

}  // namespace trous
