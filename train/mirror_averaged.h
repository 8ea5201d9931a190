// A network that looks at each image twice, also in the mirror: test-time augmentation.
#pragma once

#include <trous/layers/sequential.h>

namespace trous {

/// With p(x) = softmax(net(x)) and M what turns left and right around,
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
