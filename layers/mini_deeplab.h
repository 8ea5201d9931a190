// DeepLab-v3+ for small networks.
#pragma once

#include <vector>

#include <trous/layers/conv.h>
#include <trous/layers/networks.h>

namespace trous {

/// Atrous spatial pyramid pooling: a 1x1 convolution, separable atrous convolutions and the mean of the whole
/// image, side by side, and a 1x1 convolution of them all. The branch of the mean has no norm, since a
/// batch of one image would be one value per channel.
///
/// x         [n, h, w, c]
/// returns   [n, h, w, c]
///
/// Source: Chen et al., arXiv:1706.05587, section 3.3.
struct AtrousPyramid {
  ConvNormRelu<Conv2d> point;
  std::vector<ConvNormRelu<SeparableConv2d>> atrous;
  Conv2d image;
  ConvNormRelu<Conv2d> project;
  Activation activation = Activation::relu;  ///< of the branch of the mean

  Variable operator()(const Variable& x, Pass& pass) const;
  static void parts(auto& self, auto&& f) {
    f("point", self.point);
    f("atrous", self.atrous);
    f("image", self.image);
    f("project", self.project);
  }
};

/// A small DeepLab-v3+: two strides of 2, residual blocks of separable atrous convolutions with the rates 2
/// and 4 at 1/4, an AtrousPyramid with the rates 2, 4, 8, and a decoder that puts the pyramid beside what was
/// skipped at 1/2 and blends the logits to the size of x. Channels, of width w: w, 2 w, 4 w. Every output
/// pixel depends on the whole image, by the mean, so large images have no exact tiles.
///
/// x         [n, h, w, in_channels], any height and width
/// returns   [n, h, w, classes], logits
///
/// Source: Chen et al., arXiv:1802.02611.
struct MiniDeepLab {
  SegmentationOptions options;  ///< with the width that is used: 16 where none is given
  ConvNormRelu<Conv2d> stem, down, deep;
  std::vector<std::vector<ConvNormRelu<SeparableConv2d>>> blocks;  ///< pairs, each added to its input
  AtrousPyramid pyramid;
  ConvNormRelu<Conv2d> skip;
  ConvNormRelu<SeparableConv2d> fuse;
  Conv2d head;

  explicit MiniDeepLab(const SegmentationOptions& options);
  Variable operator()(const Variable& x, Pass& pass) const;
  Variable operator()(const Variable& x) const { return evaluate(*this, x); }
  static void parts(auto& self, auto&& f) {
    f("stem", self.stem);
    f("down", self.down);
    f("deep", self.deep);
    f("blocks", self.blocks);
    f("pyramid", self.pyramid);
    f("skip", self.skip);
    f("fuse", self.fuse);
    f("head", self.head);
  }
};

}  // namespace trous
