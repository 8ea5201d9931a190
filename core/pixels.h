// How an op maps pixels and how many multiply-adds it takes, as the op states it when it is recorded.
// Receptive fields, tables, profiles and drawings of networks are derived from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <trous/core/window.h>

namespace trous {

/// Which multiply-adds count: a tap that reads only padding costs a good kernel nothing, so counting it would
/// let a high rate look fast.
enum class Taps { all, inside_image };

/// States on which pixels of its inputs each pixel of an op's result depends. A pixel is all channels at one
/// place of an image [n, h, w, c], or one row of a matrix. The first input is an image. The others are images
/// in Same and Picked only; in the other maps a pixel may depend on every element of every other input.
///
///   record({.kind = "gain", .pixels = Pixels::same()}, ...)          each pixel from the pixel at its place
///   record({.kind = "blur", .pixels = Pixels::pooled({rows, columns})}, ...)          from a window
///   record({.kind = "my_conv", .pixels = conv2d_pixels(x.shape(), w.shape(), {.rate = 2})}, ...)
///
/// An op without `pixels` is unknown: each pixel of its result may depend on all pixels of its inputs, and
/// its cost is not known. `record` throws GraphError where the sizes are not those of the input and the
/// result.
struct Pixels {
  /// A pixel may depend on every pixel of every input.
  struct Unknown {};
  /// A pixel depends on the pixel at its place, in the first input alone or in all inputs.
  struct Same {
    bool every_input = true;
  };
  /// The same numbers in the same order, in another shape.
  struct Reshaped {};
  /// A pixel depends on the pixels that its window reads.
  struct Gathered {
    Windows windows;
  };
  /// A pixel depends on the pixels whose windows, over the result, read it: the transpose of Gathered.
  struct Scattered {
    Windows windows;
  };
  /// Half-pixel centres: a pixel depends on the nearest pixel, or on the two nearest of each axis.
  struct Resized {
    HeightWidth from, to;
    bool nearest = false;
  };
  /// The second input holds places of pixels in the first, and was computed from the first. A pixel depends
  /// on every pixel that the places stored at its own place depend on.
  struct Picked {
    std::string together;  ///< the name of the two ops that make the places and pick, as one: max_pool2d
  };
  using Map = std::variant<Unknown, Same, Reshaped, Gathered, Scattered, Resized, Picked>;

  Map map = Unknown{};
  /// The form whose terms are the op's multiply-adds; a form without images has none. Absent where the cost
  /// is not known.
  std::optional<ConvGeometry> form = std::nullopt;

  /// Each pixel depends on the pixels at its place. No multiply-adds.
  static Pixels same() { return {Same{}, no_form}; }
  /// Any pixel may depend on any pixel. No multiply-adds.
  static Pixels mixed() { return {Unknown{}, no_form}; }
  /// same() for an op along the channel axis of `shape`, mixed() for one along any other axis.
  static Pixels along(int axis, const Shape& shape) { return axis == shape.rank() - 1 ? same() : mixed(); }
  static Pixels reshaped() { return {Reshaped{}, no_form}; }
  /// Each pixel depends on a window of pixels, as in a pool or a slice. No multiply-adds.
  static Pixels pooled(const Windows& windows) { return {Gathered{windows}, no_form}; }
  static Pixels resized(HeightWidth from, HeightWidth to, bool nearest) {
    return {Resized{from, to, nearest}, no_form};
  }
  static Pixels picked(std::string together) { return {Picked{std::move(together)}, no_form}; }
  /// The op that computes y of the form from x and w.
  static Pixels convolved(const ConvGeometry& g) { return {Gathered{{g.height, g.width}}, g}; }
  /// The product of a matrix [rows, inner] and a matrix [inner, columns]. A row counts as a pixel.
  static Pixels product(std::int64_t rows, std::int64_t inner, std::int64_t columns);

  /// The pixels of the op that is the transpose of this one, which takes as many multiply-adds.
  Pixels transposed() const;
  /// The pixels of the gradient in the weights, which is computed from the two images at the same cost. Every
  /// element of filters depends on all pixels; in Same the weights are an image, one factor for each pixel.
  Pixels of_weights() const;
  /// The pixels of the fused gradient of a composite. Its cost is known only where the op has no
  /// multiply-adds: then its gradient has none.
  Pixels of_gradient() const;

  /// The windows of Gathered and Scattered; null for the other maps.
  const Windows* windows() const;

  /// The number of multiply-adds; absent where it is not known.
  std::optional<std::int64_t> multiply_adds(Taps taps) const;

  /// Compares the map's sizes with those of the first input and of the result. Returns both in words where
  /// they differ, else an empty text.
  std::string contradiction(const Shape& input, const Shape& result) const;

 private:
  static constexpr ConvGeometry no_form{};
};

}  // namespace trous
