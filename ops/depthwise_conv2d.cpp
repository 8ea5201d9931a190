#include <trous/core/error.h>
#include <trous/ops/depthwise_conv2d.h>
#include <trous/ops/detail/conv_family.h>
#include <trous/ops/kernels/convolution.h>

namespace trous {
namespace {

constexpr std::string_view depthwise_op = "depthwise_conv2d";

TrilinearForm make_form(const Shape& value, const Shape& filters, const Conv2dOptions& options,
                        DType value_dtype, DType filter_dtype) {
  const ResolvedPadding padding = options.padding.resolve(depthwise_op);
  detail::check_conv_operands(depthwise_op, {"value", value, value_dtype}, {"filters", filters, filter_dtype},
                              detail::FilterLayout::in_multiplier);
  if (options.groups != 1) {
    throw ArgumentError(
        text(depthwise_op, ": groups is ", options.groups,
             ". Every channel is a group of its own here. Leave groups at 1, or use conv2d."));
  }
  detail::check_at_least_one(depthwise_op, "rate", options.rate);
  detail::check_at_least_one(depthwise_op, "stride", options.stride);
  const Windows windows = detail::windows_over({depthwise_op,
                                                "value",
                                                {value[1], value[2]},
                                                {filters[0], filters[1]},
                                                options.stride,
                                                options.rate,
                                                padding});
  const Shape result{value[0], windows.height.out, windows.width.out,
                     Shape{filters[2], filters[3]}.elements()};
  detail::check_result_size(depthwise_op, result, value_dtype);
  const kernels::DepthwiseGeometry g{value[0], filters[2], filters[3], windows.height, windows.width};
  return {
      .ops = {"depthwise_conv2d_transpose", "depthwise_conv2d_filter_grad", std::string(depthwise_op)},
      .attributes = {{"stride", options.stride}, {"rate", options.rate}, {"", detail::padding_text(padding)}},
      .domains = {{{value, value_dtype}, {filters, value_dtype}, {result, value_dtype}}},
      .contract = {
          [g](const Tensor& y, const Tensor& w) { return kernels::depthwise().conv2d_transpose(g, y, w); },
          [g](const Tensor& x, const Tensor& y) { return kernels::depthwise().conv2d_filter_grad(g, x, y); },
          [g](const Tensor& x, const Tensor& w) { return kernels::depthwise().conv2d(g, x, w); }},
      .pixels = Pixels::convolved({g.batch, g.channels, g.multiplier, g.height, g.width})};
}

}  // namespace

Variable depthwise_conv2d(const Variable& value, const Variable& filters, const Conv2dOptions& options,
                          std::string_view name) {
  return make_form(value.shape(), filters.shape(), options, value.dtype(), filters.dtype())(
      {value, filters, std::nullopt}, name);
}

TrilinearForm depthwise_conv2d_form(const Shape& value, const Shape& filters, const Conv2dOptions& options,
                                    DType dtype) {
  check_tensor_shape(value, size_of(dtype));
  check_tensor_shape(filters, size_of(dtype));
  return make_form(value, filters, options, dtype, dtype);
}

}  // namespace trous
