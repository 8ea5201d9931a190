// U-Net: an encoder that halves the image, and a decoder that gives it back beside what was skipped.
#pragma once

#include <vector>

#include <trous/layers/conv.h>
#include <trous/layers/networks.h>
#include <trous/layers/resample.h>

namespace trous {

/// Two convolutions in a row, each with batch norm and ReLU.
struct ConvPair {
  ConvNormRelu<Conv2d> first, second;

  Variable operator()(const Variable& x, Pass& pass) const { return second(first(x, pass), pass); }
  static void parts(auto& self, auto&& f) {
    f("first", self.first);
    f("second", self.second);
  }
};

/// A step of a U-Net's decoder: back onto the size of what was skipped, beside it, and two convolutions.
struct UNetStep {
  ConvNormRelu<Conv2dTranspose> up;
  ConvPair fuse;

  Variable operator()(Variable x, Variable skipped, Pass& pass) const;
  static void parts(auto& self, auto&& f) {
    f("up", self.up);
    f("fuse", self.fuse);
  }
};

/// Two convolutions on each of the sizes 1, 1/2 and 1/4, maximum pools of 2 between them, two more at 1/8,
/// and back by strided transposed convolutions of 2x2, each put beside the encoder's value of its size before
/// two convolutions. Channels on the way, of width w: w, 2 w, 4 w, 8 w, 4 w, 2 w, w. The original has four
/// levels, no batch norm, and no padding, so its borders are cropped; here every size is kept.
///
/// x         [n, h, w, in_channels], any height and width
/// returns   [n, h, w, classes], logits
///
/// Source: Ronneberger, Fischer and Brox, arXiv:1505.04597.
struct UNet {
  SegmentationOptions options;  ///< with the width that is used: 8 where none is given
  std::vector<ConvPair> encoder;
  MaxPool2d pool;
  std::vector<ConvNormRelu<AtrousConv2d>> bottom;
  std::vector<UNetStep> decoder;
  Conv2d head;

  /// `bottom_rates` are those of the convolutions at 1/8, one after the other.
  explicit UNet(const SegmentationOptions& options, const std::vector<int>& bottom_rates = {1, 1});
  Variable operator()(const Variable& x, Pass& pass) const;
  Variable operator()(const Variable& x) const { return evaluate(*this, x); }
  static void parts(auto& self, auto&& f) {
    f("encoder", self.encoder);
    f("bottom", self.bottom);
    f("decoder", self.decoder);
    f("head", self.head);
  }
};

/// A UNet whose bottom has the rates 1, 2, 4, 8, so that every output pixel sees far at the price of two more
/// convolutions on 1/64 of the pixels.
///
/// x         [n, h, w, in_channels], any height and width
/// returns   [n, h, w, classes], logits
///
/// Source of the dilated bottom: Piao and Liu, "Accuracy improvement of UNet based on dilated convolution",
/// 2019.
struct DilatedUNet : UNet {
  explicit DilatedUNet(const SegmentationOptions& o) : UNet(o, {1, 2, 4, 8}) {}
};

}  // namespace trous
