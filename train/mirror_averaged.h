// Test-time augmentation: averages a network's predictions for an image and its mirror image.
#pragma once

#include <trous/layers/sequential.h>

namespace trous {

/// A network whose predictions are averaged. With p(x) = softmax(net(x)) and M the exchange of left and
/// right,
///
///   y = log((p(x) + M p(M x)) / 2)
///
/// so that softmax(y) is the mean of the two predictions. y is -infinity where both are 0.
///
/// x         [n, h, w, channels]
/// returns   [n, h, w, classes], if net gives logits of this shape
///
/// Throws ShapeError where net changes height or width, or x has not rank 4.
struct MirrorAveraged {
  AnyLayer net;

  Variable operator()(const Variable& x, Pass& pass) const;
  Variable operator()(const Variable& x) const { return evaluate(*this, x); }
  static void parts(auto& self, auto&& f) { f("net", self.net); }
};

}  // namespace trous
