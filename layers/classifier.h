// A small network for labels: what an image shows as a whole.
#pragma once

#include <vector>

#include <trous/layers/conv.h>
#include <trous/layers/dense.h>
#include <trous/layers/networks.h>

namespace trous {

/// A stage of a SmallClassifier: a strided convolution, then atrous convolutions, each added to its input.
struct ClassifierStage {
  ConvNormRelu<Conv2d> down;
  std::vector<ConvNormRelu<AtrousConv2d>> blocks;

  Variable operator()(const Variable& x, Pass& pass) const;
  static void parts(auto& self, auto&& f) {
    f("down", self.down);
    f("blocks", self.blocks);
  }
};

/// A classifier of images of any size: full resolution, stages at 1/2 and 1/4 with the atrous rates 1 and 2,
/// the mean of all pixels, and a dense layer. Channels, of width w: w, 2 w, 4 w.
///
/// x         [n, h, w, in_channels], any height and width
/// returns   [n, classes], logits
///
/// Sources: of the mean instead of large dense layers Lin, Chen and Yan, arXiv:1312.4400, section 3.2; of the
/// residuals, which span two convolutions there, He, Zhang, Ren and Sun, arXiv:1512.03385.
struct SmallClassifier {
  SegmentationOptions options;  ///< with the width that is used: 16 where none is given
  ConvNormRelu<Conv2d> stem;
  std::vector<ClassifierStage> stages;
  Dense head;

  explicit SmallClassifier(const SegmentationOptions& options);
  Variable operator()(const Variable& x, Pass& pass) const;
  Variable operator()(const Variable& x) const { return evaluate(*this, x); }
  static void parts(auto& self, auto&& f) {
    f("stem", self.stem);
    f("stages", self.stages);
    f("head", self.head);
  }
};

}  // namespace trous
