// How a window slides over an image: rate, stride, padding, and the sizes that follow. The one place where
// sizes are derived, for every op with windows and for both directions.
#pragma once

#include <concepts>
#include <cstdint>
#include <iosfwd>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <trous/core/shape.h>

namespace trous {

/// A count per spatial axis, implicitly from one integer. Only integers: 2.9 must not become 2.
struct PerAxis {
  std::int64_t height, width;

  template <std::integral I>
  constexpr PerAxis(I both) : PerAxis(both, both) {}  // NOLINT(google-explicit-constructor)
  template <std::integral H, std::integral W>
  constexpr PerAxis(H h, W w) : height(clamped(h)), width(clamped(w)) {}

  friend bool operator==(const PerAxis&, const PerAxis&) = default;

 private:
  template <std::integral I>
  static constexpr std::int64_t clamped(I value) {
    constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
    return std::in_range<std::int64_t>(value) ? static_cast<std::int64_t>(value) : largest;
  }
};

/// Pixels between neighbouring taps of a filter: 1 is a dense filter. Also called dilation.
struct Rate : PerAxis {
  using PerAxis::PerAxis;
};

/// Pixels between neighbouring windows.
struct Stride : PerAxis {
  using PerAxis::PerAxis;
};

/// Prints 2, or 2x3 where the axes differ.
std::ostream& operator<<(std::ostream& stream, const PerAxis& count);

enum class Padding {
  same,  ///< zeros around the image, so that stride 1 keeps height and width; an odd one goes to the end
  valid  ///< windows lie inside the image
};

/// "SAME" or "VALID".
std::string_view name(Padding padding);

/// The Padding called `padding`. Throws ArgumentError naming `op` unless it is "SAME" or "VALID".
Padding parse_padding(std::string_view op, std::string_view padding);

/// Zeros on each side of the image, counted in pixels.
struct ExplicitPadding {
  std::int64_t top = 0, bottom = 0, left = 0, right = 0;

  friend bool operator==(const ExplicitPadding&, const ExplicitPadding&) = default;
};

/// SAME, VALID (as Padding or as text) or explicit counts; the text is judged by the op that gets it.
class WindowPadding {
 public:
  WindowPadding(Padding padding) : choice_(padding) {}  // NOLINT(google-explicit-constructor)
  WindowPadding(const char* padding)
      : choice_(std::string(padding)) {}  // NOLINT(google-explicit-constructor)
  WindowPadding(std::string_view padding)
      : choice_(std::string(padding)) {}                        // NOLINT(google-explicit-constructor)
  WindowPadding(ExplicitPadding padding) : choice_(padding) {}  // NOLINT(google-explicit-constructor)

  /// The choice with its text judged. Throws ArgumentError naming `op`.
  std::variant<Padding, ExplicitPadding> resolve(std::string_view op) const;

 private:
  std::variant<Padding, ExplicitPadding, std::string> choice_;
};

/// SAME, VALID, or 1:2x0:1 for top 1, bottom 2, left 0, right 1.
std::string padding_text(const std::variant<Padding, ExplicitPadding>& padding);

/// One spatial axis of a sliding window: output i sees in[i stride + a rate - before], 0 <= a < taps,
/// reads outside the image giving 0.
struct WindowAxis {
  std::int64_t in, out, taps, stride, rate, before;
};

/// Both axes.
struct Windows {
  WindowAxis height, width;
};

/// Extents along the two spatial axes.
struct Extents {
  std::int64_t height, width;
};

/// Throws ArgumentError naming `op`, `what` (rate or stride), the axis and the number unless both counts
/// are 1 or more.
void check_at_least_one(std::string_view op, std::string_view what, const PerAxis& count);

/// The windows over an image of `in` pixels. With e = (taps - 1) rate + 1 on each axis:
///
///   SAME      out = ceil(in / stride),  max(0, (out - 1) stride + e - in) zeros, half of them before
///   VALID     out = floor((in - e) / stride) + 1
///   explicit  out = floor((in + lo + hi - e) / stride) + 1
///
/// `image` is what the image is called in a message. Throws ShapeError naming the axis where a size
/// overflows or no window fits.
Windows windows_over(std::string_view op, std::string_view image, Extents in, Extents taps,
                     const Stride& stride, const Rate& rate,
                     const std::variant<Padding, ExplicitPadding>& padding);

/// The windows whose output has `out` pixels over the smallest image of one pixel or more (VALID, explicit)
/// or over one of out * stride pixels (SAME): what a transpose produces where its output's shape is left out.
Windows windows_onto(std::string_view op, std::string_view image, Extents out, Extents taps,
                     const Stride& stride, const Rate& rate,
                     const std::variant<Padding, ExplicitPadding>& padding);

}  // namespace trous
