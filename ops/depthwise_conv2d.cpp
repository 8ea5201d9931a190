#include <trous/core/error.h>
#include <trous/ops/conv_form.h>
#include <trous/ops/depthwise_conv2d.h>
#include <trous/ops/kernels/convolution.h>

namespace trous {
namespace {

constexpr std::string_view op = "depthwise_conv2d";

kernels::ConvAxis kernel_axis(const WindowAxis& a) {
  return {a.in, a.out, a.taps, a.stride, a.rate, a.before};
}

TrilinearForm make_form(const Shape& value, const Shape& filters, const Conv2dOptions& options,
                        DType value_dtype, DType filter_dtype) {
  const auto padding = options.padding.resolve(op);
  check_conv_operands(op, {"value", value}, {"filters", filters}, FilterLayout::in_multiplier, value_dtype,
                      filter_dtype);
  check_at_least_one(op, "rate", options.rate);
  check_at_least_one(op, "stride", options.stride);
  const Windows windows = windows_over(op, "value", {value[1], value[2]}, {filters[0], filters[1]},
                                       options.stride, options.rate, padding);
  const Shape result{value[0], windows.height.out, windows.width.out,
                     Shape{filters[2], filters[3]}.elements()};
  check_result_size(op, result, value_dtype);
  const kernels::ConvGeometry g{value[0], filters[2], filters[3], kernel_axis(windows.height),
                                kernel_axis(windows.width)};
  return {
      .ops = {"depthwise_conv2d_transpose", "depthwise_conv2d_filter_grad", std::string(op)},
      .attributes = {{"stride", HeightWidth{options.stride.height, options.stride.width}},
                     {"rate", HeightWidth{options.rate.height, options.rate.width}},
                     {"", padding_text(padding)}},
      .domains = {{{value, value_dtype}, {filters, value_dtype}, {result, value_dtype}}},
      .contract = {
          [g](const Tensor& y, const Tensor& w) { return kernels::depthwise_conv2d_transpose(g, w, y); },
          [g](const Tensor& x, const Tensor& y) { return kernels::depthwise_conv2d_filter_grad(g, x, y); },
          [g](const Tensor& x, const Tensor& w) { return kernels::depthwise_conv2d(g, x, w); }}};
}

}  // namespace

Variable depthwise_conv2d(const Variable& value, const Variable& filters, const Conv2dOptions& options,
                          std::string_view name) {
  return make_form(value.shape(), filters.shape(), options, value.dtype(), filters.dtype())(
      {value, filters, std::nullopt}, name);
}

TrilinearForm depthwise_conv2d_form(const Shape& value, const Shape& filters, const Conv2dOptions& options,
                                    DType dtype) {
  return make_form(value, filters, options, dtype, dtype);
}

}  // namespace trous
