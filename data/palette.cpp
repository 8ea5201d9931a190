#include <array>
#include <cmath>

#include <trous/core/error.h>
#include <trous/data/palette.h>

namespace trous {
namespace {

constexpr std::array<Color, 17> chosen{{
    {0x33, 0x33, 0x38},  // background
    {0xE6, 0x9F, 0x00},  // orange
    {0x56, 0xB4, 0xE9},  // sky blue
    {0x00, 0x9E, 0x73},  // bluish green
    {0xF0, 0xE4, 0x42},  // yellow
    {0x00, 0x72, 0xB2},  // blue
    {0xD5, 0x5E, 0x00},  // vermilion
    {0xCC, 0x79, 0xA7},  // reddish purple
    {0x99, 0x99, 0x99},  // grey; black would drown in the background
    {0x88, 0x22, 0x55},  // wine
    {0xA4, 0xE0, 0x4A},  // lime
    {0x6A, 0x3D, 0xDB},  // violet
    {0x7A, 0x4B, 0x1E},  // brown
    {0xFF, 0x3F, 0xA0},  // pink
    {0x9A, 0xF0, 0xD0},  // mint
    {0x6F, 0x7A, 0x12},  // olive
    {0xFF, 0xB8, 0xA0},  // peach
}};

// A step of the golden ratio around the colour circle never comes near a hue that it has met; three
// lightnesses in turn.
Color circle_color(std::int64_t label) {
  const double hue = std::fmod(static_cast<double>(label) * 0.6180339887498949, 1.0);
  const double value = 1.0 - 0.22 * static_cast<double>(label % 3);
  const auto channel = [&](double turn) {
    const double distance = std::abs(std::fmod(hue + turn, 1.0) * 6 - 3) - 1;
    const double pure = std::fmin(std::fmax(distance, 0), 1);
    return static_cast<std::uint8_t>(std::lround(255 * value * (0.3 + 0.7 * pure)));
  };
  return {channel(0), channel(2.0 / 3), channel(1.0 / 3)};
}

}  // namespace

Color class_color(std::int64_t label) {
  if (label < 0 || label > unknown_label) {
    throw ArgumentError(text("class_color: label ", label, " has no colour. Labels are 0 to ", unknown_label,
                             ". Count classes from 0."));
  }
  if (label == unknown_label) return {0xFF, 0xFF, 0xFF};
  if (label < static_cast<std::int64_t>(chosen.size())) return chosen[static_cast<std::size_t>(label)];
  return circle_color(label);
}

std::vector<Color> class_palette(std::int64_t count) {
  if (count < 1 || count > unknown_label + 1) {
    throw ArgumentError(text("class_palette: ", count, " colours were asked for. A palette has 1 to ",
                             unknown_label + 1, ". Leave count away for all of them."));
  }
  std::vector<Color> colors;
  for (std::int64_t label = 0; label < count; ++label) colors.push_back(class_color(label));
  return colors;
}

}  // namespace trous
