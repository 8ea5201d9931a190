// Which random transforms an image and its mask go through in training: ranges, and text for command lines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trous {

/// The height and width of a crop.
struct Window {
  std::int64_t height = 1, width = 1;
  friend bool operator==(const Window&, const Window&) = default;
};

/// The share of crops that nnU-Net takes around foreground (Isensee et al., Nature Methods 18, 2021).
inline constexpr double default_foreground = 1.0 / 3;

/// The random transforms of a sample. The defaults change nothing. They are applied in this order: brightness
/// and contrast, crop, flip, scale, rotate, shift, noise. Where there is a crop, the others act on the crop:
/// it turns about its own centre, and shows what lies beyond its borders in the image.
struct Augmentation {
  bool flip_horizontal = false;  ///< left and right swapped with probability 1/2
  bool flip_vertical = false;    ///< top and bottom swapped with probability 1/2
  double scale = 1;              ///< zoom, log-uniform in [1 / scale, scale]; 1 to 100
  double rotate = 0;             ///< degrees about the centre, uniform in +-rotate; 0 to 180
  double shift = 0;              ///< share of height and of width, each uniform in +-shift; 0 to 1
  /// A window at a random place, the same size for all; a smaller image is padded.
  std::optional<Window> crop = {};
  /// Share of the samples, in their order, whose crop holds a pixel of a class that counts and is not the
  /// background, if the image has one; 0 to 1. Each class is as likely.
  double foreground = default_foreground;
  double brightness = 0;  ///< added, uniform in +-brightness; 0 to 1
  /// Factor about the mean of the image, or of the part of it that a crop shows; uniform in 1 +- contrast; 0
  /// to 1.
  double contrast = 0;
  double noise = 0;  ///< standard deviation of normal noise, drawn for each element; 0 to 1
  friend bool operator==(const Augmentation&, const Augmentation&) = default;
};

/// Throws ArgumentError where a number is outside the range given above (NaN is), a side of the crop is
/// outside 1 to 32768, or there is a share of foreground without a crop.
void check(const Augmentation& augmentation);

/// Reads an augmentation:
/// "flip,scale=1.25,rotate=10,shift=0.1,crop=48x64,brightness=0.1,contrast=0.1,noise=0.02", each of them at
/// most once and in any order, "flip-vertical", "foreground=0.5" beside a crop, or "none". A crop is height x
/// width. Throws ArgumentError for
/// other words and for what `check` refuses.
Augmentation parse_augmentation(std::string_view words);

/// Writes an augmentation as the text from which `parse_augmentation` makes it again. Transforms that change
/// nothing are left out. Throws as check.
std::string to_text(const Augmentation& augmentation);

}  // namespace trous
