// The building blocks that networks with a name share.
#pragma once

#include <trous/layers/networks.h>

namespace trous::detail {

/// Makes blocks, activation(norm(convolution)), without a bias, by the options of a network: its filters,
/// norm and activation. SAME padding where none is named.
class Blocks {
 public:
  explicit Blocks(const SegmentationOptions& options) : options_(options) {}

  ConvNormRelu<Conv2d> conv(std::int64_t in, std::int64_t out, Stride stride = 1) const;
  /// Of 1x1 filters.
  ConvNormRelu<Conv2d> point(std::int64_t in, std::int64_t out) const;
  ConvNormRelu<AtrousConv2d> atrous(std::int64_t in, std::int64_t out, Rate rate,
                                    Padding padding = Padding::same) const;
  ConvNormRelu<AtrousConv2dTranspose> atrous_transpose(std::int64_t in, std::int64_t out, Rate rate,
                                                       Padding padding) const;
  ConvNormRelu<SeparableConv2d> separable(std::int64_t in, std::int64_t out, Rate rate) const;
  /// With stride 2, and filters of twice the stride, which overlap themselves evenly; with 1x1 filters there
  /// is nothing to overlap.
  ConvNormRelu<Conv2dTranspose> up(std::int64_t in, std::int64_t out) const;
  /// With stride 2, and filters of 2x2, which do not overlap.
  ConvNormRelu<Conv2dTranspose> up_apart(std::int64_t in, std::int64_t out) const;

  /// The last layer: logits of each pixel, by a 1x1 convolution with a bias.
  Conv2d classifier(std::int64_t in) const;

 private:
  template <class Conv>
  ConvNormRelu<Conv> block(const decltype(Conv::options)& options) const;

  const SegmentationOptions& options_;
};

/// The options with the width that is used; `own` is the network's. Widths are multiplied by at most
/// `largest` on the way. Throws ArgumentError for a width that is negative or too large for that.
SegmentationOptions resolved(SegmentationOptions options, std::int64_t own, std::int64_t largest = 2);

}  // namespace trous::detail
