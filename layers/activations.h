// Activations that have options or weights; those without are functions of ops/pointwise.h and
// ops/activations.h.
#pragma once

#include <trous/layers/pass.h>

namespace trous {

struct LeakyReluOptions {
  double slope = 0.01;  ///< below 0

  static void parts(auto& self, auto&& f) { f("slope", self.slope); }
};

/// y = leaky_relu(x, slope), see ops/activations.h.
struct LeakyRelu {
  LeakyReluOptions options;

  /// Throws ArgumentError unless slope is finite.
  explicit LeakyRelu(const LeakyReluOptions& options = {});
  Variable operator()(const Variable& x) const;
  Variable operator()(const Variable& x, Pass&) const { return (*this)(x); }
  static void parts(auto&, auto&&) {}
};

struct EluOptions {
  double alpha = 1;  ///< minus the limit far below 0

  static void parts(auto& self, auto&& f) { f("alpha", self.alpha); }
};

/// y = elu(x, alpha), see ops/activations.h.
struct Elu {
  EluOptions options;

  /// Throws ArgumentError unless alpha is finite.
  explicit Elu(const EluOptions& options = {});
  Variable operator()(const Variable& x) const;
  Variable operator()(const Variable& x, Pass&) const { return (*this)(x); }
  static void parts(auto&, auto&&) {}
};

struct PReluOptions {
  std::int64_t channels;
  double first_slope = 0.25;  ///< of every channel, before training

  static void parts(auto& self, auto&& f) {
    f("channels", self.channels, required);
    f("first_slope", self.first_slope);
  }
};

/// y = prelu(x, slope), see ops/activations.h, with a slope that is learned for each channel.
///
/// x   [..., channels]
struct PRelu {
  PReluOptions options;
  Parameter slope;

  /// Throws ArgumentError if channels < 1 or first_slope is not finite.
  explicit PRelu(const PReluOptions& options);
  Variable operator()(const Variable& x, Pass& pass) const;
  Variable operator()(const Variable& x) const { return evaluate(*this, x); }
  static void parts(auto& self, auto&& f) { f("slope", self.slope); }
};

}  // namespace trous
