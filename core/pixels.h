// How an op maps pixels, and how many multiply-adds it takes: what an op states when it is recorded.
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

/// The pixels of an op's result, as they follow from the pixels of its inputs. The first input is the image;
/// other inputs are images in Same and Picked only; elsewhere a pixel may depend on each of their
/// elements. A pixel is all channels at one place of an image [n, h, w, c], or one row of a matrix.
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
  /// The second input holds places of pixels in the first, and was computed from it. A pixel depends on what
  /// the places at its own place depend on.
  struct Picked {
    std::string together;  ///< the name of the two ops that make the places and pick, as one: max_pool2d
  };
  using Map = std::variant<Unknown, Same, Reshaped, Gathered, Scattered, Resized, Picked>;

  Map map = Unknown{};
  /// The op's multiply-adds are the terms of this form; of a form without images, none. Nothing where the
  /// cost is not known.
  std::optional<ConvGeometry> form = std::nullopt;

  /// Each pixel from the pixels at its place, without multiply-adds.
  static Pixels same() { return {Same{}, no_form}; }
  /// Any pixel from any pixels, without multiply-adds.
  static Pixels mixed() { return {Unknown{}, no_form}; }
  /// Each pixel from the pixels at its place where `axis` is the channels of `shape`, else any from any.
  static Pixels along(int axis, const Shape& shape) { return axis == shape.rank() - 1 ? same() : mixed(); }
  static Pixels reshaped() { return {Reshaped{}, no_form}; }
  /// Each pixel from a window of pixels, without multiply-adds: a pool, a slice.
  static Pixels pooled(const Windows& windows) { return {Gathered{windows}, no_form}; }
  static Pixels resized(HeightWidth from, HeightWidth to, bool nearest) {
    return {Resized{from, to, nearest}, no_form};
  }
  static Pixels picked(std::string together) { return {Picked{std::move(together)}, no_form}; }
  /// y of the form, from x and w.
  static Pixels convolved(const ConvGeometry& g) { return {Gathered{{g.height, g.width}}, g}; }
  /// The rows of a matrix [rows, inner] times a matrix [inner, columns].
  static Pixels product(std::int64_t rows, std::int64_t inner, std::int64_t columns);

  /// Of the transpose of this map, which takes as many multiply-adds.
  Pixels transposed() const;
  /// Of the op that makes the weights of this one from its two images, at the same cost: any number of
  /// filters depends on all pixels, but a factor of each pixel is an image itself.
  Pixels of_weights() const;
  /// What is known of the fused gradient of a composite: where the op has no multiply-adds, its gradient
  /// has none.
  Pixels of_gradient() const;

  /// The windows of Gathered and Scattered; null for others.
  const Windows* windows() const;

  /// The number of multiply-adds; nothing where it is not known.
  std::optional<std::int64_t> multiply_adds(Taps taps) const;

  /// Where the map's sizes are not those of the first input and of the result, the sizes in words. Else
  /// empty.
  std::string contradiction(const Shape& input, const Shape& result) const;

 private:
  static constexpr ConvGeometry no_form{};
};

}  // namespace trous
