// The geometry of windows on images: what filters, pools and slices have in common, in numbers alone. Every
// floor may name it. The numbers are derived from paddings and sizes in ops/detail/windows.cpp.
#pragma once

#include <algorithm>
#include <cstdint>

#include <trous/core/shape.h>

namespace trous {

/// A pair per spatial axis, printed 2x3.
struct HeightWidth {
  std::int64_t height, width;

  friend bool operator==(const HeightWidth&, const HeightWidth&) = default;
};

/// A place in an image, counted from 0.
struct PixelPlace {
  std::int64_t row, column;

  friend bool operator==(const PixelPlace&, const PixelPlace&) = default;
};

/// A box of pixels of an image.
struct PixelBox {
  std::int64_t top, left, height, width;

  bool holds(const PixelPlace& p) const {
    return p.row >= top && p.row < top + height && p.column >= left && p.column < left + width;
  }
  friend bool operator==(const PixelBox&, const PixelBox&) = default;
};

/// The windows along one axis of an image. Window i reads pixel i stride + a rate - before through tap a,
/// 0 <= i < out and 0 <= a < taps; where that is not in 0 .. in - 1 it reads padding.
struct WindowAxis {
  std::int64_t in, out, taps, stride, rate, before;

  friend bool operator==(const WindowAxis&, const WindowAxis&) = default;
};

/// The windows over an image of height.in x width.in pixels.
struct Windows {
  WindowAxis height, width;

  friend bool operator==(const Windows&, const Windows&) = default;
};

/// The convolution form over images of these numbers of channels.
///
///   T(x, w, y) = sum x[n, i s + a r - before_h, j s + b r - before_w, c] w[a, b, c, o] y[n, i, j, o]
///
/// `groups` divides the channels of both images into groups of neighbours, and a channel of x meets only the
/// channels of y in the same group. Then c counts within the group of o: x has channel
/// (o / (out_channels / groups)) (in_channels / groups) + c.
struct ConvGeometry {
  std::int64_t batch, in_channels, out_channels;
  WindowAxis height, width;
  std::int64_t groups = 1;

  Shape x_shape() const { return {batch, height.in, width.in, in_channels}; }
  Shape w_shape() const { return {height.taps, width.taps, in_channels / groups, out_channels}; }
  Shape y_shape() const { return {batch, height.out, width.out, out_channels}; }

  /// The dense form of the channels of one group.
  ConvGeometry of_one_group() const {
    return {batch, in_channels / groups, out_channels / groups, height, width};
  }

  friend bool operator==(const ConvGeometry&, const ConvGeometry&) = default;
};

/// Counts the pairs of a window and a tap that read a pixel of the image, not padding.
constexpr std::int64_t reads_inside(const WindowAxis& axis) {
  // ceil(x / d) for d > 0 and any sign of x.
  const auto ceiling = [](std::int64_t x, std::int64_t d) { return x > 0 ? (x + d - 1) / d : -(-x / d); };
  std::int64_t count = 0;
  for (std::int64_t tap = 0; tap < axis.taps; ++tap) {
    const std::int64_t shift = tap * axis.rate - axis.before;
    const std::int64_t first = std::max<std::int64_t>(0, ceiling(-shift, axis.stride));
    const std::int64_t end = std::min(axis.out, ceiling(axis.in - shift, axis.stride));
    count += std::max<std::int64_t>(0, end - first);
  }
  return count;
}

/// Counts all pairs of a window and a tap, those that read padding included.
constexpr std::int64_t reads_nominal(const WindowAxis& axis) { return axis.out * axis.taps; }

}  // namespace trous
