// Convolutions with parameters: dense or strided, atrous, and the transposes of both.
#pragma once

#include <trous/layers/pass.h>
#include <trous/ops/window.h>

namespace trous {

struct Conv2dLayerOptions {
  std::int64_t in_channels, out_channels;
  PerAxis kernel = 3;
  Stride stride = 1;
  Rate rate = 1;
  WindowPadding padding = Padding::same;
  std::int64_t groups = 1;  ///< of channels, as in Conv2dOptions
  bool bias = true;
  Initializer initializer = he_normal();

  static void parts(auto& self, auto&& f) {
    f("in_channels", self.in_channels, required);
    f("out_channels", self.out_channels, required);
    f("kernel", self.kernel);
    f("stride", self.stride);
    f("rate", self.rate);
    f("padding", self.padding);
    f("groups", self.groups);
    f("bias", self.bias);
    f("initializer", self.initializer);
  }
};

/// y = conv2d(x, filters) + bias.
///
/// x         [n, h, w, in_channels]
/// filters   [kh, kw, in_channels / groups, out_channels]
/// returns   [n, oh, ow, out_channels], see ops/conv2d.h
///
///   Conv2d down{{.in_channels = 3, .out_channels = 16, .stride = 2}};
///
/// Throws ArgumentError if a channel count, the kernel, the stride, the rate or groups is below 1, the
/// channel counts are no multiples of groups, or the padding is a text that is neither "SAME" nor "VALID".
struct Conv2d {
  Conv2dLayerOptions options;
  Parameter filters;
  std::optional<Parameter> bias;

  explicit Conv2d(const Conv2dLayerOptions& options);
  Variable operator()(const Variable& x, Pass& pass) const;
  Variable operator()(const Variable& x) const { return evaluate(*this, x); }
  static void parts(auto& self, auto&& f) {
    f("filters", self.filters);
    f("bias", self.bias);
  }
};

/// y = conv2d_transpose(x, filters) + bias; with stride s the usual upsampling by s.
///
/// x         [n, h, w, in_channels]
/// filters   [kh, kw, out_channels / groups, in_channels]
/// returns   [n, oh, ow, out_channels]; SAME oh = h s; VALID oh = (h - 1) s + (kh - 1) rate + 1, less what
///           explicit padding crops
///
/// Throws as Conv2d.
struct Conv2dTranspose {
  Conv2dLayerOptions options;
  Parameter filters;
  std::optional<Parameter> bias;

  explicit Conv2dTranspose(const Conv2dLayerOptions& options);
  Variable operator()(const Variable& x, Pass& pass) const;
  /// With a stride several sizes fit: the output has the batch, height and width of `height_width_of`, whose
  /// channels do not matter.
  Variable operator()(const Variable& x, const Variable& height_width_of, Pass& pass) const;
  Variable operator()(const Variable& x) const { return evaluate(*this, x); }
  static void parts(auto& self, auto&& f) {
    f("filters", self.filters);
    f("bias", self.bias);
  }
};

struct DepthwiseConv2dLayerOptions {
  std::int64_t channels;
  std::int64_t multiplier = 1;  ///< filters of each channel
  PerAxis kernel = 3;
  Stride stride = 1;
  Rate rate = 1;
  WindowPadding padding = Padding::same;
  bool bias = true;
  Initializer initializer = he_normal();

  static void parts(auto& self, auto&& f) {
    f("channels", self.channels, required);
    f("multiplier", self.multiplier);
    f("kernel", self.kernel);
    f("stride", self.stride);
    f("rate", self.rate);
    f("padding", self.padding);
    f("bias", self.bias);
    f("initializer", self.initializer);
  }
};

/// y = depthwise_conv2d(x, filters) + bias: each channel has filters of its own.
///
/// x         [n, h, w, channels]
/// filters   [kh, kw, channels, multiplier]
/// returns   [n, oh, ow, channels multiplier], see ops/depthwise_conv2d.h
///
/// Throws as Conv2d, and if the product of channels and multiplier is no 64-bit number.
struct DepthwiseConv2d {
  DepthwiseConv2dLayerOptions options;
  Parameter filters;
  std::optional<Parameter> bias;

  explicit DepthwiseConv2d(const DepthwiseConv2dLayerOptions& options);
  Variable operator()(const Variable& x, Pass& pass) const;
  Variable operator()(const Variable& x) const { return evaluate(*this, x); }
  static void parts(auto& self, auto&& f) {
    f("filters", self.filters);
    f("bias", self.bias);
  }
};

/// A depthwise convolution without a bias, then a 1x1 convolution: y = conv2d(depthwise_conv2d(x)). With a
/// rate it is the separable atrous convolution of DeepLab-v3+. It has kh kw in + in out weights, where Conv2d
/// has kh kw in out.
///
/// x         [n, h, w, in_channels]
/// returns   [n, oh, ow, out_channels]
///
/// Throws as Conv2d. Source: Chollet, arXiv:1610.02357; Chen et al., arXiv:1802.02611.
struct SeparableConv2d {
  Conv2dLayerOptions
      options;  ///< kernel, stride, rate and padding are the depthwise convolution's, groups the 1x1's
  DepthwiseConv2d depthwise;
  Conv2d pointwise;

  explicit SeparableConv2d(const Conv2dLayerOptions& options);
  Variable operator()(const Variable& x, Pass& pass) const { return pointwise(depthwise(x, pass), pass); }
  Variable operator()(const Variable& x) const { return evaluate(*this, x); }
  static void parts(auto& self, auto&& f) {
    f("depthwise", self.depthwise);
    f("pointwise", self.pointwise);
  }
};

struct AtrousConv2dLayerOptions {
  std::int64_t in_channels, out_channels;
  PerAxis kernel = 3;
  Rate rate = 1;
  WindowPadding padding = Padding::same;  ///< SAME or VALID; counts are for Conv2d with a rate
  std::int64_t groups = 1;                ///< of channels, as in Conv2dOptions
  bool bias = true;
  Initializer initializer = he_normal();

  static void parts(auto& self, auto&& f) {
    f("in_channels", self.in_channels, required);
    f("out_channels", self.out_channels, required);
    f("kernel", self.kernel);
    f("rate", self.rate);
    f("padding", self.padding);
    f("groups", self.groups);
    f("bias", self.bias);
    f("initializer", self.initializer);
  }
};

/// y = atrous_conv2d(x, filters) + bias, see ops/atrous_conv2d.h. Throws as Conv2d.
struct AtrousConv2d {
  AtrousConv2dLayerOptions options;
  Parameter filters;
  std::optional<Parameter> bias;

  explicit AtrousConv2d(const AtrousConv2dLayerOptions& options);
  Variable operator()(const Variable& x, Pass& pass) const;
  Variable operator()(const Variable& x) const { return evaluate(*this, x); }
  static void parts(auto& self, auto&& f) {
    f("filters", self.filters);
    f("bias", self.bias);
  }
};

/// y = atrous_conv2d_transpose(x, filters) + bias: under VALID it gives back the height and width that the
/// mirrored AtrousConv2d took away. Throws as Conv2d.
struct AtrousConv2dTranspose {
  AtrousConv2dLayerOptions options;
  Parameter filters;
  std::optional<Parameter> bias;

  explicit AtrousConv2dTranspose(const AtrousConv2dLayerOptions& options);
  Variable operator()(const Variable& x, Pass& pass) const;
  /// The same, checked: the output has the batch, height and width of `height_width_of`.
  Variable operator()(const Variable& x, const Variable& height_width_of, Pass& pass) const;
  Variable operator()(const Variable& x) const { return evaluate(*this, x); }
  static void parts(auto& self, auto&& f) {
    f("filters", self.filters);
    f("bias", self.bias);
  }
};

}  // namespace trous
