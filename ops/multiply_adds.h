// How many multiply-adds an op needs, from its shapes alone: what a network's table and a profile count.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include <trous/autograd/op.h>
#include <trous/core/shape.h>

namespace trous {

/// Output i reads input i stride + a rate - before through tap a: 0 <= i < out, 0 <= a < taps.
struct WindowAxis {
  std::int64_t in, out, taps, stride, rate, before;
};

/// The pairs (i, a) whose input lies in 0 .. in - 1.
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

/// All pairs (i, a), those that read padding included.
constexpr std::int64_t reads_nominal(const WindowAxis& axis) { return axis.out * axis.taps; }

/// Which multiply-adds count: a tap that reads only padding costs a good kernel nothing, so counting it would
/// let a high rate look fast.
enum class Taps { all, inside_image };

/// The multiply-adds of an op of the convolution families (conv2d, atrous_conv2d, depthwise_conv2d, their
/// transposes and filter gradients) or of a matrix product: the terms of the form that its slots share. 0 for
/// every other op.
std::int64_t multiply_adds(const Op& op, std::span<const Shape> inputs, const Shape& output, Taps taps);

}  // namespace trous
