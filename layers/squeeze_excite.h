// Channels that are weighed by what the whole image holds.
#pragma once

#include <trous/layers/conv.h>

namespace trous {

struct SqueezeExciteOptions {
  std::int64_t channels;
  std::int64_t reduction = 4;  ///< the gates are made of channels / reduction numbers, of one at least

  static void parts(auto& self, auto&& f) {
    f("channels", self.channels, required);
    f("reduction", self.reduction);
  }
};

/// y = x * sigmoid(excite(relu(squeeze(mean of all pixels of x)))): a gate between 0 and 1 for each channel
/// of each image, by two 1x1 convolutions with biases. Each pixel depends on its whole image.
///
/// x         [n, h, w, channels]
/// returns   [n, h, w, channels]
///
/// Throws ArgumentError if channels or reduction are below 1. Source: Hu, Shen and Sun, arXiv:1709.01507.
struct SqueezeExcite {
  SqueezeExciteOptions options;
  Conv2d squeeze, excite;

  explicit SqueezeExcite(const SqueezeExciteOptions& options);
  Variable operator()(const Variable& x, Pass& pass) const;
  Variable operator()(const Variable& x) const { return evaluate(*this, x); }
  static void parts(auto& self, auto&& f) {
    f("squeeze", self.squeeze);
    f("excite", self.excite);
  }
};

}  // namespace trous
