// Normalisation layers that need no batch, so training and evaluation compute the same.
#pragma once

#include <trous/layers/pass.h>

namespace trous {

struct GroupNormOptions {
  std::int64_t channels;
  /// Divides the channels. 0 takes up to 8 groups of two channels or more: the greatest common divisor of 8
  /// and half the channels, and one group of an odd number of channels.
  std::int64_t groups = 0;
  double epsilon = 1e-5;

  static void parts(auto& self, auto&& f) {
    f("channels", self.channels, required);
    f("groups", self.groups);
    f("epsilon", self.epsilon);
  }
};

/// y = group_norm(x, scale, offset), see ops/group_norm.h.
///
/// x   [n, ..., channels]
///
/// Throws ArgumentError if channels < 1, `groups` does not divide them or epsilon <= 0.
struct GroupNorm {
  GroupNormOptions options;  ///< with the groups that are used
  Parameter scale, offset;

  explicit GroupNorm(const GroupNormOptions& options);
  Variable operator()(const Variable& x, Pass& pass) const;
  Variable operator()(const Variable& x) const { return evaluate(*this, x); }
  /// relu(norm(x)), in one op.
  Variable rectified(const Variable& x, Pass& pass) const;
  static void parts(auto& self, auto&& f) {
    f("scale", self.scale);
    f("offset", self.offset);
  }
};

struct LayerNormOptions {
  std::int64_t channels;
  double epsilon = 1e-5;

  static void parts(auto& self, auto&& f) {
    f("channels", self.channels, required);
    f("epsilon", self.epsilon);
  }
};

/// y = layer_norm(x, scale, offset): each pixel over its channels, see ops/group_norm.h.
///
/// x   [..., channels]
///
/// Throws ArgumentError if channels < 2 or epsilon <= 0.
struct LayerNorm {
  LayerNormOptions options;
  Parameter scale, offset;

  explicit LayerNorm(const LayerNormOptions& options);
  Variable operator()(const Variable& x, Pass& pass) const;
  Variable operator()(const Variable& x) const { return evaluate(*this, x); }
  /// relu(norm(x)), in one op.
  Variable rectified(const Variable& x, Pass& pass) const;
  static void parts(auto& self, auto&& f) {
    f("scale", self.scale);
    f("offset", self.offset);
  }
};

/// y = group_norm(x, scale, offset) with one channel in each group: each channel of each image over its
/// pixels.
///
/// x   [n, ..., channels], two or more pixels
///
/// Throws ArgumentError if channels < 1 or epsilon <= 0. Source: Ulyanov, Vedaldi and Lempitsky,
/// arXiv:1607.08022.
struct InstanceNorm {
  LayerNormOptions options;
  Parameter scale, offset;

  explicit InstanceNorm(const LayerNormOptions& options);
  Variable operator()(const Variable& x, Pass& pass) const;
  Variable operator()(const Variable& x) const { return evaluate(*this, x); }
  /// relu(norm(x)), in one op.
  Variable rectified(const Variable& x, Pass& pass) const;
  static void parts(auto& self, auto&& f) {
    f("scale", self.scale);
    f("offset", self.offset);
  }
};

}  // namespace trous
