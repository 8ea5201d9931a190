// Layers without parameters that make one value of several, and images of the size of others.
#pragma once

#include <span>
#include <vector>

#include <trous/layers/pass.h>

namespace trous {

/// y = x0 + x1 + ..., of two values or more, by the rules of broadcasting.
struct Add {
  static bool takes(std::size_t count) { return count >= 2; }
  Variable operator()(std::span<const Variable> xs) const;
};

/// y = x0 - x1
struct Subtract {
  Variable operator()(const Variable& x0, const Variable& x1) const;
};

/// y = x0 x1 ..., of two values or more, by the rules of broadcasting: gates [n, 1, 1, c] scale the channels
/// of [n, h, w, c].
struct Multiply {
  static bool takes(std::size_t count) { return count >= 2; }
  Variable operator()(std::span<const Variable> xs) const;
};

/// The values one behind the other along the last axis, the channels.
///
/// xs        [n, h, w, c0], [n, h, w, c1], ...
/// returns   [n, h, w, c0 + c1 + ...]
struct Concat {
  static bool takes(std::size_t count) { return count >= 2; }
  Variable operator()(std::span<const Variable> xs) const;
};

/// x in the height and width of `like`, by resize_bilinear or resize_nearest of ops/resize.h; x itself where
/// it has them.
///
/// x, like   [n, h, w, c], [n, height, width, any]
/// returns   [n, height, width, c]
struct ResizeBilinearLike {
  Variable operator()(const Variable& x, const Variable& like) const;
};
struct ResizeNearestLike {
  Variable operator()(const Variable& x, const Variable& like) const;
};

/// The mean of all pixels, per channel.
///
/// x         [n, h, w, c]
/// returns   [n, 1, 1, c]
Variable global_average_pool(const Variable& x);

}  // namespace trous
