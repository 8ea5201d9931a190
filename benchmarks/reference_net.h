// The net whose training step is timed: a small encoder and decoder with every kind of convolution that trous
// is about.
#pragma once

#include <trous/layers/network.h>
#include <trous/layers/networks.h>
#include <trous/layers/resample.h>

namespace trous::benchmarks {

/// conv 3x3 3->16; 16->32 and 32->64 with stride 2; atrous 64->64 at rates 1, 2, 4, 8; transposed 64->64 at
/// rates 4 and 2, 64->32 at rate 1; batch norm and ReLU after each; 1x1 32->5; bilinear x4.
///
/// x         [n, h, w, 3], h and w multiples of 4
/// returns   [n, h, w, 5], logits
struct ReferenceNet {
  ConvNormRelu<Conv2d> stem, down1, down2;
  std::vector<ConvNormRelu<AtrousConv2d>> context;
  std::vector<ConvNormRelu<AtrousConv2dTranspose>> up;
  Conv2d head;
  ResizeBilinear enlarge;

  ReferenceNet();
  Variable operator()(const Variable& x, Pass& pass) const;
  static void parts(auto& self, auto&& f) {
    f("stem", self.stem);
    f("down1", self.down1);
    f("down2", self.down2);
    f("context", self.context);
    f("up", self.up);
    f("head", self.head);
  }
};

/// Two operations for each multiply-add of its convolutions that a training step needs: inside the image,
/// forward and both gradients, without the gradient of the images.
double reference_operations(std::int64_t batch, std::int64_t size);

inline constexpr std::int64_t reference_classes = 5;
inline constexpr double reference_learning_rate = 1e-3;

/// What step number `step` learns from: images [batch, size, size, 3] in -1 .. 1, labels [batch, size, size].
struct ReferenceBatch {
  Tensor images, labels;
};
ReferenceBatch reference_batch(std::int64_t batch, std::int64_t size, std::uint64_t step);

}  // namespace trous::benchmarks
