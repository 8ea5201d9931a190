#include <algorithm>

#include <trous/core/error.h>
#include <trous/layers/conv.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/atrous_conv2d.h>
#include <trous/ops/conv2d.h>
#include <trous/ops/depthwise_conv2d.h>

namespace trous {
namespace {

enum class Channels { in_out, out_in };

struct FilterPlan {
  const char* layer;
  std::int64_t in, out;
  PerAxis kernel;
  Stride stride;
  Rate rate;
  std::int64_t groups;
  Channels order;
};

Parameter filters_for(const FilterPlan& p, const Initializer& initializer) {
  const auto& [layer, in, out, kernel, stride, rate, groups, order] = p;
  if (in < 1 || out < 1 || kernel.height < 1 || kernel.width < 1) {
    throw ArgumentError(text(layer, ": in_channels ", in, ", out_channels ", out, ", kernel ", kernel.height,
                             'x', kernel.width, ". Each must be 1 or more."));
  }
  if (stride.height < 1 || stride.width < 1 || rate.height < 1 || rate.width < 1) {
    throw ArgumentError(text(layer, ": stride ", stride, ", rate ", rate, ". Each must be 1 or more."));
  }
  if (groups < 1 || in % groups != 0 || out % groups != 0) {
    throw ArgumentError(text(layer, ": in_channels ", in, ", out_channels ", out, ", groups ", groups,
                             ". Groups count from 1, and both channel counts must be multiples of them."));
  }
  // With a stride s only every s-th tap of an axis meets a given pixel of the larger image.
  const std::int64_t in_of_group = in / groups, out_of_group = out / groups;
  const Shape in_out{kernel.height, kernel.width, in_of_group, out};
  static_cast<void>(in_out.elements());  // throws where a product overflows
  const std::int64_t taps = kernel.height * kernel.width;
  const std::int64_t share = std::max<std::int64_t>(1, taps / stride.height / stride.width);
  if (order == Channels::in_out) return {{in_out, taps * in_of_group, share * out_of_group}, initializer};
  return {{{kernel.height, kernel.width, out_of_group, in}, share * in_of_group, taps * out_of_group},
          initializer};
}

Parameter filters_for(const char* layer, const Conv2dLayerOptions& o, Channels order) {
  static_cast<void>(o.padding.resolve(layer));
  return filters_for({layer, o.in_channels, o.out_channels, o.kernel, o.stride, o.rate, o.groups, order},
                     o.initializer);
}

// Every output of a channel's filter sums over its taps alone.
Parameter filters_for(const DepthwiseConv2dLayerOptions& o) {
  static_cast<void>(o.padding.resolve("DepthwiseConv2d"));
  if (o.channels < 1 || o.multiplier < 1) {
    throw ArgumentError(text("DepthwiseConv2d: channels ", o.channels, ", multiplier ", o.multiplier,
                             ". Each must be 1 or more."));
  }
  Parameter filters = filters_for(
      {"DepthwiseConv2d", o.channels, o.multiplier, o.kernel, o.stride, o.rate, 1, Channels::in_out},
      o.initializer);
  filters.spec.fan_in /= o.channels;
  return filters;
}

// SAME or VALID.
Padding named_padding(const char* layer, const WindowPadding& padding) {
  const ResolvedPadding resolved = padding.resolve(layer);
  if (const Padding* const named = std::get_if<Padding>(&resolved)) return *named;
  throw ArgumentError(text(
      layer, ": padding by counts is not for atrous layers. Give SAME or VALID, or use Conv2d with a rate."));
}

Parameter filters_for(const char* layer, const AtrousConv2dLayerOptions& o, Channels order) {
  static_cast<void>(named_padding(layer, o.padding));
  return filters_for({layer, o.in_channels, o.out_channels, o.kernel, 1, o.rate, o.groups, order},
                     o.initializer);
}

std::optional<Parameter> bias_for(bool wanted, std::int64_t out) {
  if (!wanted) return std::nullopt;
  return Parameter{{Shape{out}}, zeros()};
}

Variable with_bias(const Variable& y, const std::optional<Parameter>& bias) {
  return bias ? y + bias->get() : y;
}

Conv2dOptions conv_options(const Conv2dLayerOptions& o) {
  return {.stride = o.stride, .rate = o.rate, .padding = o.padding, .groups = o.groups};
}

AtrousOptions atrous_options(const char* layer, const AtrousConv2dLayerOptions& o) {
  return {.rate = o.rate, .padding = named_padding(layer, o.padding), .groups = o.groups};
}

// An image's shape with other channels. The op checks other ranks.
Shape with_channels(Shape image, std::int64_t channels) {
  if (image.rank() == 4) image[3] = channels;
  return image;
}

}  // namespace

Conv2d::Conv2d(const Conv2dLayerOptions& o)
    : options(o),
      filters(filters_for("Conv2d", o, Channels::in_out)),
      bias(bias_for(o.bias, o.out_channels)) {}

Variable Conv2d::operator()(const Variable& x, Pass& pass) const {
  return pass.under(this, [&](std::string_view name) {
    return with_bias(conv2d(x, filters.get(), conv_options(options), name), bias);
  });
}

Conv2dTranspose::Conv2dTranspose(const Conv2dLayerOptions& o)
    : options(o),
      filters(filters_for("Conv2dTranspose", o, Channels::out_in)),
      bias(bias_for(o.bias, o.out_channels)) {}

Variable Conv2dTranspose::operator()(const Variable& x, Pass& pass) const {
  return pass.under(this, [&](std::string_view name) {
    return with_bias(conv2d_transpose(x, filters.get(), conv_options(options), name), bias);
  });
}

Variable Conv2dTranspose::operator()(const Variable& x, const Variable& height_width_of, Pass& pass) const {
  const Shape shape = with_channels(height_width_of.shape(), options.out_channels);
  return pass.under(this, [&](std::string_view name) {
    return with_bias(conv2d_transpose(x, filters.get(), shape, conv_options(options), name), bias);
  });
}

DepthwiseConv2d::DepthwiseConv2d(const DepthwiseConv2dLayerOptions& o)
    : options(o), filters(filters_for(o)), bias(bias_for(o.bias, o.channels * o.multiplier)) {}

Variable DepthwiseConv2d::operator()(const Variable& x, Pass& pass) const {
  const Conv2dOptions conv{.stride = options.stride, .rate = options.rate, .padding = options.padding};
  return pass.under(this, [&](std::string_view name) {
    return with_bias(depthwise_conv2d(x, filters.get(), conv, name), bias);
  });
}

SeparableConv2d::SeparableConv2d(const Conv2dLayerOptions& o)
    : options(o),
      depthwise({.channels = o.in_channels,
                 .kernel = o.kernel,
                 .stride = o.stride,
                 .rate = o.rate,
                 .padding = o.padding,
                 .bias = false,
                 .initializer = o.initializer}),
      pointwise({.in_channels = o.in_channels,
                 .out_channels = o.out_channels,
                 .kernel = 1,
                 .groups = o.groups,
                 .bias = o.bias,
                 .initializer = o.initializer}) {}

AtrousConv2d::AtrousConv2d(const AtrousConv2dLayerOptions& o)
    : options(o),
      filters(filters_for("AtrousConv2d", o, Channels::in_out)),
      bias(bias_for(o.bias, o.out_channels)) {}

Variable AtrousConv2d::operator()(const Variable& x, Pass& pass) const {
  const AtrousOptions atrous = atrous_options("AtrousConv2d", options);
  return pass.under(this, [&](std::string_view name) {
    return with_bias(atrous_conv2d(x, filters.get(), atrous, name), bias);
  });
}

AtrousConv2dTranspose::AtrousConv2dTranspose(const AtrousConv2dLayerOptions& o)
    : options(o),
      filters(filters_for("AtrousConv2dTranspose", o, Channels::out_in)),
      bias(bias_for(o.bias, o.out_channels)) {}

Variable AtrousConv2dTranspose::operator()(const Variable& x, Pass& pass) const {
  const AtrousOptions atrous = atrous_options("AtrousConv2dTranspose", options);
  return pass.under(this, [&](std::string_view name) {
    return with_bias(atrous_conv2d_transpose(x, filters.get(), atrous, name), bias);
  });
}

Variable AtrousConv2dTranspose::operator()(const Variable& x, const Variable& height_width_of,
                                           Pass& pass) const {
  const AtrousOptions atrous = atrous_options("AtrousConv2dTranspose", options);
  const Shape shape = with_channels(height_width_of.shape(), options.out_channels);
  return pass.under(this, [&](std::string_view name) {
    return with_bias(atrous_conv2d_transpose(x, filters.get(), shape, atrous, name), bias);
  });
}

}  // namespace trous
