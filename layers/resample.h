// Layers without parameters that change height and width: pooling, resizing by a whole factor, and moving
// channels into pixels and back.
#pragma once

#include <trous/layers/pass.h>
#include <trous/ops/pixel_shuffle.h>
#include <trous/ops/pool.h>

namespace trous {

/// y = max_pool2d(x), see ops/pool.h.
///
///   MaxPool2d halve{{.window = 2}};
///
/// Throws ArgumentError if a window or a stride is below 1, or the padding is a text that is neither "SAME"
/// nor "VALID".
struct MaxPool2d {
  Pool2dOptions options;  ///< with the stride that is used: the window where none is given

  explicit MaxPool2d(const Pool2dOptions& options = {});
  Variable operator()(const Variable& x) const { return max_pool2d(x, options); }
  Variable operator()(const Variable& x, Pass&) const { return (*this)(x); }
  static void parts(auto&, auto&&) {}
};

/// y = average_pool2d(x), see ops/pool.h. Throws as MaxPool2d.
struct AveragePool2d {
  Pool2dOptions options;  ///< with the stride that is used: the window where none is given

  explicit AveragePool2d(const Pool2dOptions& options = {});
  Variable operator()(const Variable& x) const { return average_pool2d(x, options); }
  Variable operator()(const Variable& x, Pass&) const { return (*this)(x); }
  static void parts(auto&, auto&&) {}
};

struct ResizeOptions {
  PerAxis scale = 2;  ///< output pixels per input pixel

  static void parts(auto& self, auto&& f) { f("scale", self.scale); }
};

/// x resized to scale times its height and width, blending the pixels around, see ops/resize.h.
///
/// x         [n, h, w, c]
/// returns   [n, h scale.height, w scale.width, c]
///
/// Throws ArgumentError if a scale is below 1.
struct ResizeBilinear {
  ResizeOptions options;

  explicit ResizeBilinear(const ResizeOptions& options = {});
  Variable operator()(const Variable& x) const;
  Variable operator()(const Variable& x, Pass&) const { return (*this)(x); }
  static void parts(auto&, auto&&) {}
};

/// x resized to scale times its height and width, repeating pixels. Throws as ResizeBilinear.
struct ResizeNearest {
  ResizeOptions options;

  explicit ResizeNearest(const ResizeOptions& options = {});
  Variable operator()(const Variable& x) const;
  Variable operator()(const Variable& x, Pass&) const { return (*this)(x); }
  static void parts(auto&, auto&&) {}
};

struct PixelShuffleOptions {
  PerAxis block = 2;  ///< output pixels per input pixel, or the other way round

  static void parts(auto& self, auto&& f) { f("block", self.block); }
};

/// y = pixel_shuffle(x, block), see ops/pixel_shuffle.h for the order of the channels.
///
/// x         [n, h, w, block.height block.width c]
/// returns   [n, h block.height, w block.width, c]
///
/// Throws ArgumentError if a block is below 1.
struct PixelShuffle {
  PixelShuffleOptions options;

  explicit PixelShuffle(const PixelShuffleOptions& options = {});
  Variable operator()(const Variable& x) const { return pixel_shuffle(x, options.block); }
  Variable operator()(const Variable& x, Pass&) const { return (*this)(x); }
  static void parts(auto&, auto&&) {}
};

/// y = pixel_unshuffle(x, block), the inverse. Throws as PixelShuffle.
struct PixelUnshuffle {
  PixelShuffleOptions options;

  explicit PixelUnshuffle(const PixelShuffleOptions& options = {});
  Variable operator()(const Variable& x) const { return pixel_unshuffle(x, options.block); }
  Variable operator()(const Variable& x, Pass&) const { return (*this)(x); }
  static void parts(auto&, auto&&) {}
};

}  // namespace trous
