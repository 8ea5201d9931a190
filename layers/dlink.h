// D-LinkNet: residual encoder, dilated centre, and a decoder that adds what was skipped.
#pragma once

#include <vector>

#include <trous/layers/conv.h>
#include <trous/layers/networks.h>

namespace trous {

/// A stage of the encoder: a strided convolution, then x + two convolutions of x.
struct ResidualStage {
  ConvNormRelu<Conv2d> down, first, second;

  Variable operator()(const Variable& x, Pass& pass) const;
  static void parts(auto& self, auto&& f) {
    f("down", self.down);
    f("first", self.first);
    f("second", self.second);
  }
};

/// A step of the decoder: a quarter of the channels, a strided transposed convolution onto the size of what
/// was skipped, and its channels, to which it is added.
struct LinkStep {
  ConvNormRelu<Conv2d> squeeze;
  ConvNormRelu<Conv2dTranspose> up;
  ConvNormRelu<Conv2d> expand;

  Variable operator()(const Variable& x, const Variable& skipped, Pass& pass) const;
  static void parts(auto& self, auto&& f) {
    f("squeeze", self.squeeze);
    f("up", self.up);
    f("expand", self.expand);
  }
};

/// A small D-LinkNet: full resolution, residual stages at 1/2 and 1/4, a centre of atrous convolutions with
/// the rates 1, 2, 4, 8 in a row whose results are all added to their input, and strided transposed
/// convolutions back. Channels, of width w: w, 2 w, 4 w. The original begins with a ResNet-34 of five
/// strides.
///
/// x         [n, h, w, in_channels], any height and width
/// returns   [n, h, w, classes], logits
///
/// Source: Zhou, Zhang and Wu, "D-LinkNet", CVPR Workshops 2018.
struct DLink {
  SegmentationOptions options;  ///< with the width that is used: 12 where none is given
  ConvNormRelu<Conv2d> stem;
  std::vector<ResidualStage> encoder;
  std::vector<ConvNormRelu<AtrousConv2d>> centre;
  std::vector<LinkStep> decoder;
  Conv2d head;

  explicit DLink(const SegmentationOptions& options);
  Variable operator()(const Variable& x, Pass& pass) const;
  Variable operator()(const Variable& x) const { return evaluate(*this, x); }
  static void parts(auto& self, auto&& f) {
    f("stem", self.stem);
    f("encoder", self.encoder);
    f("centre", self.centre);
    f("decoder", self.decoder);
    f("head", self.head);
  }
};

}  // namespace trous
