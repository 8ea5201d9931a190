#include <limits>

#include <trous/core/error.h>
#include <trous/layers/detail/blocks.h>

namespace trous::detail {

template <class Conv>
ConvNormRelu<Conv> Blocks::block(const decltype(Conv::options)& options) const {
  return {Conv(options), make_norm(options_.norm, options.out_channels), options_.activation};
}

ConvNormRelu<Conv2d> Blocks::conv(std::int64_t in, std::int64_t out, Stride stride) const {
  return block<Conv2d>(
      {.in_channels = in, .out_channels = out, .kernel = options_.kernel, .stride = stride, .bias = false});
}

ConvNormRelu<Conv2d> Blocks::point(std::int64_t in, std::int64_t out) const {
  return block<Conv2d>({.in_channels = in, .out_channels = out, .kernel = 1, .bias = false});
}

ConvNormRelu<AtrousConv2d> Blocks::atrous(std::int64_t in, std::int64_t out, Rate rate,
                                          Padding padding) const {
  return block<AtrousConv2d>({.in_channels = in,
                              .out_channels = out,
                              .kernel = options_.kernel,
                              .rate = rate,
                              .padding = padding,
                              .bias = false});
}

ConvNormRelu<AtrousConv2dTranspose> Blocks::atrous_transpose(std::int64_t in, std::int64_t out, Rate rate,
                                                             Padding padding) const {
  return block<AtrousConv2dTranspose>({.in_channels = in,
                                       .out_channels = out,
                                       .kernel = options_.kernel,
                                       .rate = rate,
                                       .padding = padding,
                                       .bias = false});
}

ConvNormRelu<SeparableConv2d> Blocks::separable(std::int64_t in, std::int64_t out, Rate rate) const {
  return block<SeparableConv2d>(
      {.in_channels = in, .out_channels = out, .kernel = options_.kernel, .rate = rate, .bias = false});
}

ConvNormRelu<Conv2dTranspose> Blocks::up(std::int64_t in, std::int64_t out) const {
  const PerAxis kernel{options_.kernel.height == 1 ? 1 : 4, options_.kernel.width == 1 ? 1 : 4};
  return block<Conv2dTranspose>(
      {.in_channels = in, .out_channels = out, .kernel = kernel, .stride = 2, .bias = false});
}

ConvNormRelu<Conv2dTranspose> Blocks::up_apart(std::int64_t in, std::int64_t out) const {
  return block<Conv2dTranspose>(
      {.in_channels = in, .out_channels = out, .kernel = 2, .stride = 2, .bias = false});
}

Conv2d Blocks::classifier(std::int64_t in) const {
  return Conv2d{
      {.in_channels = in, .out_channels = options_.classes, .kernel = 1, .initializer = glorot_uniform()}};
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
