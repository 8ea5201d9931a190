// The building blocks that networks with a name share.
#pragma once

#include <vector>

#include <trous/layers/networks.h>

namespace trous::detail {

/// relu(batch_norm(convolution)), without a bias, SAME padding where none is named.
ConvNormRelu<Conv2d> conv(std::int64_t in, std::int64_t out, PerAxis kernel, Stride stride);
ConvNormRelu<AtrousConv2d> atrous(std::int64_t in, std::int64_t out, PerAxis kernel, Rate rate,
                                  Padding padding = Padding::same);
ConvNormRelu<Conv2dTranspose> conv_transpose(std::int64_t in, std::int64_t out, PerAxis kernel,
                                             Stride stride);
ConvNormRelu<SeparableConv2d> separable(std::int64_t in, std::int64_t out, PerAxis kernel, Rate rate);

/// The filter of a transposed convolution with stride 2. One of twice the stride overlaps itself evenly; with
/// 1x1 filters there is nothing to overlap.
PerAxis up_kernel(PerAxis kernel);

/// The last layer: logits of each pixel, by a 1x1 convolution with a bias.
Conv2d classifier(std::int64_t in, std::int64_t classes);

/// The options with the width that is used; `own` is the network's. Widths are multiplied by at most
/// `largest` on the way. Throws ArgumentError for a width that is negative or too large for that.
SegmentationOptions resolved(SegmentationOptions options, std::int64_t own, std::int64_t largest = 2);

}  // namespace trous::detail
