// The networks that come with trous: `trous train --model` takes them by name.
#pragma once

#include <trous/layers/any_norm.h>
#include <trous/layers/conv.h>
#include <trous/layers/named_activations.h>
#include <trous/layers/sequential.h>

namespace trous {

/// The options that all these networks have.
struct SegmentationOptions {
  std::int64_t in_channels = 3;
  std::int64_t classes = 5;  ///< background included
  std::int64_t width = 0;    ///< channels; 0 means the network's own default
  /// Of the convolutions that see more than a pixel. With 1 neighbours are seen by strides, pools, resizes
  /// and means of the image alone.
  PerAxis kernel = 3;
  NormKind norm = NormKind::batch;           ///< of all blocks
  Activation activation = Activation::relu;  ///< of all blocks

  static void parts(auto& self, auto&& f) {
    f("in_channels", self.in_channels);
    f("classes", self.classes);
    f("width", self.width);
    f("kernel", self.kernel);
    f("norm", self.norm);
    f("activation", self.activation);
  }
};

/// activation(norm(x)); relu in one op with it where the norm has `rectified(x, pass)`, as ours do.
template <class Norm>
Variable norm_activation(const Norm& norm, Activation activation, const Variable& x, Pass& pass) {
  if constexpr (requires { norm.rectified(x, pass); }) {
    if (activation == Activation::relu) return norm.rectified(x, pass);
  }
  if constexpr (requires { norm(x, pass); }) {
    return activate(norm(x, pass), activation);
  } else {
    return activate(norm(x), activation);
  }
}

/// A convolution, a normalisation and an activation, relu where none is named: relu(norm(conv(x))). The
/// convolution should have no bias, since the norm has an offset.
///
///   ConvNormRelu<Conv2d> block{Conv2d{{.in_channels = 3, .out_channels = 8, .bias = false}},
///                              make_norm(NormKind::group, 8), Activation::silu};
///
/// Conv   Conv2d, AtrousConv2d or their transposes
/// Norm   any layer that keeps the shape of its input
template <class Conv, class Norm = AnyNorm>
struct ConvNormRelu {
  Conv conv;
  Norm norm;
  Activation activation = Activation::relu;

  Variable operator()(const Variable& x, Pass& pass) const {
    return norm_activation(norm, activation, conv(x, pass), pass);
  }
  /// For transposed convolutions: onto the height and width of the mirrored tensor.
  Variable operator()(const Variable& x, const Variable& mirrored, Pass& pass) const requires TakesTwo<Conv> {
    return norm_activation(norm, activation, conv(x, mirrored, pass), pass);
  }
  static void parts(auto& self, auto&& f) {
    f("conv", self.conv);
    f("norm", self.norm);
  }
};

/// A dilated encoder and decoder: full resolution, stride 2, atrous rates 2, 4, 8, 4, 2 with a residual
/// each, one strided transposed convolution back, added to the full-resolution features.
///
/// x         [n, h, w, in_channels], any height and width
/// returns   [n, h, w, classes], logits
struct SmallDilated {
  SegmentationOptions options;  ///< with the width that is used: 16 where none is given
  ConvNormRelu<Conv2d> stem, down;
  std::vector<ConvNormRelu<AtrousConv2d>> context;
  ConvNormRelu<Conv2dTranspose> up;
  Conv2d head;

  explicit SmallDilated(const SegmentationOptions& options);
  Variable operator()(const Variable& x, Pass& pass) const;
  Variable operator()(const Variable& x) const { return evaluate(*this, x); }
  static void parts(auto& self, auto&& f) {
    f("stem", self.stem);
    f("down", self.down);
    f("context", self.context);
    f("up", self.up);
    f("head", self.head);
  }
};

/// A dilated encoder and decoder of larger images: two strides of 2, atrous rates 2, 4, 8, 4, 2 with a
/// residual each on a quarter of the height and width, two strided transposed convolutions back, each added
/// to the features of its size. A pixel sees 177 x 177 with 3x3 filters.
///
/// x         [n, h, w, in_channels], any height and width
/// returns   [n, h, w, classes], logits
struct DeepDilated {
  SegmentationOptions options;  ///< with the width that is used: 12 where none is given
  ConvNormRelu<Conv2d> stem, down, deep;
  std::vector<ConvNormRelu<AtrousConv2d>> context;
  ConvNormRelu<Conv2dTranspose> up, fine;
  Conv2d head;

  explicit DeepDilated(const SegmentationOptions& options);
  Variable operator()(const Variable& x, Pass& pass) const;
  Variable operator()(const Variable& x) const { return evaluate(*this, x); }
  static void parts(auto& self, auto&& f) {
    f("stem", self.stem);
    f("down", self.down);
    f("deep", self.deep);
    f("context", self.context);
    f("up", self.up);
    f("fine", self.fine);
    f("head", self.head);
  }
};

/// Both atrous ops as layers of equal rank. The encoder's VALID atrous convolutions (rates 1, 1, 2, 4, 8)
/// take rows and columns away: 64 -> 62 -> 60 -> 56 -> 48 -> 32 with 3x3 filters. The decoder's VALID
/// transposes (rates 8, 4, 2, 1, 1) give them back, onto the mirrored encoder tensor, which is added. No
/// pooling, no padding, no cropping.
///
/// x         [n, h, w, in_channels], h and w above 32 with 3x3 filters
/// returns   [n, h, w, classes], logits
struct MirrorContext {
  SegmentationOptions options;  ///< with the width that is used: 12 where none is given
  std::vector<ConvNormRelu<AtrousConv2d>> encoder;
  std::vector<ConvNormRelu<AtrousConv2dTranspose>> decoder;
  Conv2d head;

  explicit MirrorContext(const SegmentationOptions& options);
  Variable operator()(const Variable& x, Pass& pass) const;
  Variable operator()(const Variable& x) const { return evaluate(*this, x); }
  static void parts(auto& self, auto&& f) {
    f("encoder", self.encoder);
    f("decoder", self.decoder);
    f("head", self.head);
  }
};

}  // namespace trous
