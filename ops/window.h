// How a window slides over an image: rate, stride and padding as arguments.
#pragma once

#include <concepts>
#include <cstdint>
#include <iosfwd>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <trous/core/window.h>

namespace trous {

/// A count per spatial axis, implicitly from one integer. Only integers: 2.9 must not become 2.
struct PerAxis : HeightWidth {
  template <std::integral I>
  constexpr PerAxis(I both) : PerAxis(both, both) {}
  template <std::integral H, std::integral W>
  constexpr PerAxis(H h, W w) : HeightWidth{clamped(h), clamped(w)} {}

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

/// The two paddings that have a name.
enum class Padding {
  same,  ///< zeros around the image, so that stride 1 keeps height and width; an odd one goes to the end
  valid  ///< windows lie inside the image
};

/// "SAME" or "VALID".
std::string_view name(Padding padding);

/// Zeros on each side of the image, counted in pixels.
struct ExplicitPadding {
  std::int64_t top = 0, bottom = 0, left = 0, right = 0;

  friend bool operator==(const ExplicitPadding&, const ExplicitPadding&) = default;
};

/// A padding whose text has been checked.
using ResolvedPadding = std::variant<Padding, ExplicitPadding>;

/// SAME, VALID (as Padding or as text) or explicit counts. The op that is called checks the text.
class WindowPadding {
 public:
  WindowPadding(Padding padding) : choice_(padding) {}
  /// "SAME" or "VALID", as any type of text.
  template <std::convertible_to<std::string_view> Text>
  WindowPadding(const Text& padding) : choice_(std::string(std::string_view(padding))) {}
  WindowPadding(ExplicitPadding padding) : choice_(padding) {}
  /// {top, bottom, left, right}
  WindowPadding(std::int64_t top, std::int64_t bottom, std::int64_t left, std::int64_t right)
      : choice_(ExplicitPadding{top, bottom, left, right}) {}

  /// Returns the choice after checking it. Throws ArgumentError naming `op` for a text that is neither "SAME"
  /// nor "VALID", and for a negative count.
  ResolvedPadding resolve(std::string_view op) const;

 private:
  std::variant<Padding, ExplicitPadding, std::string> choice_;
};

}  // namespace trous
