// The colours of classes, the same in pictures, indexed PNG files, terminal and report.
#pragma once

#include <cstdint>
#include <vector>

namespace trous {

struct Color {
  std::uint8_t red, green, blue;
  friend bool operator==(const Color&, const Color&) = default;
};

/// A label that means "not known": no class, not counted, drawn white.
inline constexpr std::int64_t unknown_label = 255;

/// The colour of a label in 0..255. 0, the background, is dark grey; 1 to 7 are the hues of Okabe and Ito,
/// which colour-blind readers can distinguish, and 8 a light grey; 9 to 16 keep at least the distance that
/// their two blues have (26 in CIE L*a*b*) from one another and from all of these; later ones walk around
/// the colour circle. Throws ArgumentError for other labels. Source: Okabe and Ito, "Color Universal Design",
/// 2008.
Color class_color(std::int64_t label);

/// The colours of the labels 0 to count - 1. Throws ArgumentError unless 1 <= count <= 256.
std::vector<Color> class_palette(std::int64_t count = 256);

}  // namespace trous
