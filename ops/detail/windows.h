// The sizes that follow from rate, stride and padding. The one place where they are derived, for every op
// with windows and for both directions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <trous/core/window.h>
#include <trous/ops/window.h>

namespace trous::detail {

/// The Padding called `padding`. Throws ArgumentError naming `op` unless it is "SAME" or "VALID".
Padding parse_padding(std::string_view op, std::string_view padding);

/// SAME, VALID, or 1:2x0:1 for top 1, bottom 2, left 0, right 1.
std::string padding_text(const ResolvedPadding& padding);

/// Throws ArgumentError naming `op`, `what` (rate, stride, window), the axis and the number unless both
/// counts are 1 or more.
void check_at_least_one(std::string_view op, std::string_view what, const PerAxis& count);

/// The arguments from which windows are derived.
struct WindowQuery {
  std::string_view op, image;  ///< their names in messages
  HeightWidth extents;         ///< of the image
  HeightWidth taps;
  Stride stride;
  Rate rate;
  ResolvedPadding padding;
  std::string_view filter = "filter";  ///< its name in messages, or "window", which has no rate
};

/// The windows over the image. With e = (taps - 1) rate + 1 on each axis:
///
///   SAME      out = ceil(in / stride),  max(0, (out - 1) stride + e - in) zeros, half of them before
///   VALID     out = floor((in - e) / stride) + 1
///   explicit  out = floor((in + lo + hi - e) / stride) + 1
///
/// Throws ShapeError naming the axis on which a size overflows or no window fits. Overflow, on either axis,
/// is reported first.
Windows windows_over(const WindowQuery& query);

/// The windows whose output is the image, over the smallest input (VALID, explicit; at least 1 pixel) or over
/// one of extent * stride pixels (SAME). This input is the result of a transpose whose output_shape is left
/// out.
Windows windows_onto(const WindowQuery& query);

}  // namespace trous::detail
