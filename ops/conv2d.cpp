#include <trous/core/error.h>
#include <trous/ops/conv2d.h>
#include <trous/ops/detail/conv_family.h>

namespace trous {
namespace {

// The family with the arguments of `op`. The padding is checked first.
detail::ConvFamily family(std::string_view op, const Conv2dOptions& options) {
  const ResolvedPadding padding = options.padding.resolve(op);
  return {.conv = "conv2d",
          .transpose = "conv2d_transpose",
          .filter_grad = "conv2d_filter_grad",
          .stride = options.stride,
          .rate = options.rate,
          .padding = padding,
          .groups = options.groups,
          .attributes = {
              {"stride", options.stride}, {"rate", options.rate}, {"", detail::padding_text(padding)}}};
}

}  // namespace

Variable conv2d(const Variable& value, const Variable& filters, const Conv2dOptions& options,
                std::string_view name) {
  return family("conv2d", options).convolve(value, filters, name);
}

Variable conv2d_transpose(const Variable& value, const Variable& filters, const Shape& output_shape,
                          const Conv2dOptions& options, std::string_view name) {
  return family("conv2d_transpose", options).transposed(value, filters, &output_shape, name);
}

Variable conv2d_transpose(const Variable& value, const Variable& filters, const Conv2dOptions& options,
                          std::string_view name) {
  return family("conv2d_transpose", options).transposed(value, filters, nullptr, name);
}

Variable conv2d_filter_grad(const Variable& value, const Variable& grad, const Shape& filter_shape,
                            const Conv2dOptions& options, std::string_view name) {
  return family("conv2d_filter_grad", options).filter_gradient(value, grad, filter_shape, name);
}

Pixels conv2d_pixels(const Shape& value, const Shape& filters, const Conv2dOptions& options) {
  return conv2d_form(value, filters, options, DType::float32).pixels;
}

TrilinearForm conv2d_form(const Shape& value, const Shape& filters, const Conv2dOptions& options,
                          DType dtype) {
  return family("conv2d", options).form(value, filters, dtype);
}

}  // namespace trous
