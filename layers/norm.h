// Normalisation and dropout layers.
#pragma once

#include <trous/layers/pass.h>

namespace trous {

struct BatchNormOptions {
  std::int64_t channels;
  double momentum = 0.1;  ///< the share of the new batch in the running statistics
  double epsilon = 1e-5;

  static void parts(auto& self, auto&& f) {
    f("channels", self.channels, required);
    f("momentum", self.momentum);
    f("epsilon", self.epsilon);
  }
};

/// While training: batch_norm by the batch's statistics, and running statistics
///
///   running = (1 - momentum) running + momentum batch
///
/// left in the pass; the running variance is unbiased (N - 1), as in PyTorch. In evaluation: the running
/// statistics normalise.
///
/// x   [n, ..., channels], two or more values per channel while training
struct BatchNorm {
  BatchNormOptions options;
  Parameter scale, offset;
  Buffer running_mean, running_variance;

  /// Throws ArgumentError if channels < 1, momentum is not in 0 .. 1 or epsilon <= 0.
  explicit BatchNorm(const BatchNormOptions& options);
  Variable operator()(const Variable& x, Pass& pass) const;
  Variable operator()(const Variable& x) const { return evaluate(*this, x); }
  /// relu(norm(x)), in one op.
  Variable rectified(const Variable& x, Pass& pass) const;
  static void parts(auto& self, auto&& f) {
    f("scale", self.scale);
    f("offset", self.offset);
    f("running_mean", self.running_mean);
    f("running_variance", self.running_variance);
  }

 private:
  Variable normalized(const Variable& x, Pass& pass, bool rectify) const;
};

struct DropoutOptions {
  double probability = 0.5;  ///< of dropping

  static void parts(auto& self, auto&& f) { f("probability", self.probability); }
};

/// While training: dropout with a key drawn from the pass. In evaluation: x.
struct Dropout {
  DropoutOptions options;

  /// Throws ArgumentError unless 0 <= probability < 1.
  explicit Dropout(const DropoutOptions& options);
  Variable operator()(const Variable& x, Pass& pass) const;
  Variable operator()(const Variable& x) const { return x; }
  static void parts(auto&, auto&&) {}
};

/// While training: drops whole channels of an image instead of single values, since neighbouring pixels know
/// each other's; kept ones are divided by 1 - probability. In evaluation: x.
///
/// x   [n, ..., channels]
///
/// Source: Tompson et al., arXiv:1411.4280.
struct SpatialDropout {
  DropoutOptions options;

  /// Throws ArgumentError unless 0 <= probability < 1.
  explicit SpatialDropout(const DropoutOptions& options);
  Variable operator()(const Variable& x, Pass& pass) const;
  Variable operator()(const Variable& x) const { return x; }
  static void parts(auto&, auto&&) {}
};

}  // namespace trous
