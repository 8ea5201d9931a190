#include <trous/core/error.h>
#include <trous/ops/atrous_conv2d.h>
#include <trous/ops/conv_form.h>

namespace trous {
namespace {

constexpr std::string_view conv = "atrous_conv2d";
constexpr std::string_view transpose = "atrous_conv2d_transpose";
constexpr std::string_view filter_grad = "atrous_conv2d_filter_grad";

TrilinearForm form(const ConvSizes& sizes, Rate rate, Padding padding, DType dtype) {
  return conv_form({std::string(transpose), std::string(filter_grad), std::string(conv)},
                   {{"rate", HeightWidth{rate.height, rate.width}}, {"", std::string(name(padding))}}, sizes,
                   dtype);
}

ConvSizes sizes_over(std::string_view op, const Shape& value, const Shape& filters, Rate rate,
                     Padding padding) {
  return {value[0], filters[2], filters[3],
          windows_over(op, "value", {value[1], value[2]}, {filters[0], filters[1]}, 1, rate, padding)};
}

Shape result_shape(const ConvSizes& s) {
  return {s.batch, s.windows.height.out, s.windows.width.out, s.out_channels};
}
Shape image_shape(const ConvSizes& s) {
  return {s.batch, s.windows.height.in, s.windows.width.in, s.in_channels};
}

// The transpose's sizes, with every check but that of output_shape.
ConvSizes sizes_onto(const Variable& value, const Variable& filters, Rate rate, Padding padding) {
  check_conv_operands(transpose, {"value", value.shape()}, {"filters", filters.shape()}, FilterLayout::out_in,
                      value.dtype(), filters.dtype());
  check_at_least_one(transpose, "rate", rate);
  const Shape &v = value.shape(), &f = filters.shape();
  const ConvSizes sizes{v[0], f[2], f[3],
                        windows_onto(transpose, "value", {v[1], v[2]}, {f[0], f[1]}, 1, rate, padding)};
  check_result_size(transpose, image_shape(sizes), value.dtype());
  return sizes;
}

}  // namespace

Variable atrous_conv2d(const Variable& value, const Variable& filters, Rate rate, Padding padding,
                       std::string_view name) {
  check_conv_operands(conv, {"value", value.shape()}, {"filters", filters.shape()}, FilterLayout::in_out,
                      value.dtype(), filters.dtype());
  check_at_least_one(conv, "rate", rate);
  const ConvSizes sizes = sizes_over(conv, value.shape(), filters.shape(), rate, padding);
  check_result_size(conv, result_shape(sizes), value.dtype());
  return form(sizes, rate, padding, value.dtype())({value, filters, std::nullopt}, name);
}

Variable atrous_conv2d_transpose(const Variable& value, const Variable& filters, const Shape& output_shape,
                                 Rate rate, Padding padding, std::string_view name) {
  const ConvSizes sizes = sizes_onto(value, filters, rate, padding);
  check_derived_shape(transpose, "output_shape", output_shape, image_shape(sizes),
                      text("value ", value.shape(), ", filters ", filters.shape(), ", rate ", rate, ", ",
                           trous::name(padding)));
  return form(sizes, rate, padding, value.dtype())({std::nullopt, filters, value}, name);
}

Variable atrous_conv2d_transpose(const Variable& value, const Variable& filters, Rate rate, Padding padding,
                                 std::string_view name) {
  const ConvSizes sizes = sizes_onto(value, filters, rate, padding);
  return form(sizes, rate, padding, value.dtype())({std::nullopt, filters, value}, name);
}

Variable atrous_conv2d_filter_grad(const Variable& value, const Variable& grad, const Shape& filter_shape,
                                   Rate rate, Padding padding, std::string_view name) {
  const ConvOperand result{"grad", grad.shape()};
  check_conv_operands(filter_grad, {"value", value.shape()}, {"filter_shape", filter_shape},
                      FilterLayout::in_out, value.dtype(), grad.dtype(), &result);
  check_at_least_one(filter_grad, "rate", rate);
  const ConvSizes sizes = sizes_over(filter_grad, value.shape(), filter_shape, rate, padding);
  check_result_size(filter_grad, filter_shape, value.dtype());
  check_derived_shape(filter_grad, "grad", grad.shape(), result_shape(sizes),
                      text("value ", value.shape(), ", filter_shape ", filter_shape, ", rate ", rate, ", ",
                           trous::name(padding)));
  return form(sizes, rate, padding, value.dtype())({value, std::nullopt, grad}, name);
}

TrilinearForm atrous_conv2d_form(const Shape& value, const Shape& filters, Rate rate, Padding padding,
                                 DType dtype) {
  check_conv_operands(conv, {"value", value}, {"filters", filters}, FilterLayout::in_out, dtype, dtype);
  check_at_least_one(conv, "rate", rate);
  return form(sizes_over(conv, value, filters, rate, padding), rate, padding, dtype);
}

Variable atrous_conv2d(const Variable& value, const Variable& filters, Rate rate, std::string_view padding,
                       std::string_view name) {
  return atrous_conv2d(value, filters, rate, parse_padding(conv, padding), name);
}

Variable atrous_conv2d_transpose(const Variable& value, const Variable& filters, const Shape& output_shape,
                                 Rate rate, std::string_view padding, std::string_view name) {
  return atrous_conv2d_transpose(value, filters, output_shape, rate, parse_padding(transpose, padding), name);
}

Variable atrous_conv2d_transpose(const Variable& value, const Variable& filters, Rate rate,
                                 std::string_view padding, std::string_view name) {
  return atrous_conv2d_transpose(value, filters, rate, parse_padding(transpose, padding), name);
}

Variable atrous_conv2d_filter_grad(const Variable& value, const Variable& grad, const Shape& filter_shape,
                                   Rate rate, std::string_view padding, std::string_view name) {
  return atrous_conv2d_filter_grad(value, grad, filter_shape, rate, parse_padding(filter_grad, padding),
                                   name);
}

}  // namespace trous
