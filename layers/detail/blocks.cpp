#include <limits>

#include <trous/core/error.h>
#include <trous/layers/detail/blocks.h>

namespace trous::detail {

ConvNormRelu<Conv2d> conv(std::int64_t in, std::int64_t out, PerAxis kernel, Stride stride) {
  return {Conv2d{{.in_channels = in, .out_channels = out, .kernel = kernel, .stride = stride, .bias = false}},
          BatchNorm{{.channels = out}}};
}

ConvNormRelu<AtrousConv2d> atrous(std::int64_t in, std::int64_t out, PerAxis kernel, Rate rate,
                                  Padding padding) {
  return {AtrousConv2d{{.in_channels = in,
                        .out_channels = out,
                        .kernel = kernel,
                        .rate = rate,
                        .padding = padding,
                        .bias = false}},
          BatchNorm{{.channels = out}}};
}

ConvNormRelu<Conv2dTranspose> conv_transpose(std::int64_t in, std::int64_t out, PerAxis kernel,
                                             Stride stride) {
  return {Conv2dTranspose{
              {.in_channels = in, .out_channels = out, .kernel = kernel, .stride = stride, .bias = false}},
          BatchNorm{{.channels = out}}};
}

ConvNormRelu<SeparableConv2d> separable(std::int64_t in, std::int64_t out, PerAxis kernel, Rate rate) {
  return {SeparableConv2d{
              {.in_channels = in, .out_channels = out, .kernel = kernel, .rate = rate, .bias = false}},
          BatchNorm{{.channels = out}}};
}

PerAxis up_kernel(PerAxis kernel) { return {kernel.height == 1 ? 1 : 4, kernel.width == 1 ? 1 : 4}; }

Conv2d classifier(std::int64_t in, std::int64_t classes) {
  return Conv2d{{.in_channels = in, .out_channels = classes, .kernel = 1, .initializer = glorot_uniform()}};
}

SegmentationOptions resolved(SegmentationOptions options, std::int64_t own, std::int64_t largest) {
  if (options.width < 0 || options.width > std::numeric_limits<std::int64_t>::max() / largest) {
    throw ArgumentError(text("SegmentationOptions: width ", options.width,
                             ". Give the number of channels, or 0 for the network's own."));
  }
  if (options.width == 0) options.width = own;
  return options;
}

}  // namespace trous::detail
