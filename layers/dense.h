// The fully connected layer, and images as the vectors that it takes.
#pragma once

#include <trous/layers/pass.h>

namespace trous {

struct DenseOptions {
  std::int64_t in_features, out_features;
  bool bias = true;
  Initializer initializer = glorot_uniform();

  static void parts(auto& self, auto&& f) {
    f("in_features", self.in_features, required);
    f("out_features", self.out_features, required);
    f("bias", self.bias);
    f("initializer", self.initializer);
  }
};

/// y = x weights + bias over the last axis.
///
/// x         [..., in_features], rank 2 or more
/// weights   [in_features, out_features]
/// returns   [..., out_features]
struct Dense {
  DenseOptions options;
  Parameter weights;
  std::optional<Parameter> bias;

  /// Throws ArgumentError if a feature count is below 1.
  explicit Dense(const DenseOptions& options);
  Variable operator()(const Variable& x, Pass& pass) const;
  Variable operator()(const Variable& x) const { return evaluate(*this, x); }
  static void parts(auto& self, auto&& f) {
    f("weights", self.weights);
    f("bias", self.bias);
  }
};

/// Each image, or each sample of another rank, as one vector of all its numbers, in their order in memory:
/// pixels row by row, the channels of a pixel side by side.
///
/// x         [n, ...], rank 2 or more
/// returns   [n, product of the other extents]
///
/// Throws ShapeError for another rank.
struct Flatten {
  Variable operator()(const Variable& x) const;
};

}  // namespace trous
