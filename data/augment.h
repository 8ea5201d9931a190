// Random transforms of an image together with its mask, for training. A sample and a key give one result,
// and every kind of transform draws from a key of its own: turning one on does not change the others' draws.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <trous/core/random.h>
#include <trous/data/dataset.h>

namespace trous {

struct Window {
  std::int64_t height = 1, width = 1;
  friend bool operator==(const Window&, const Window&) = default;
};

/// The defaults change nothing. In this order: brightness and contrast, flip, scale, rotate, shift, crop,
/// noise.
struct Augmentation {
  bool flip_horizontal = false;  ///< left and right swapped with probability 1/2
  bool flip_vertical = false;    ///< top and bottom swapped with probability 1/2
  double scale = 1;              ///< zoom, log-uniform in [1 / scale, scale]; 1 to 100
  double rotate = 0;             ///< degrees about the centre, uniform in +-rotate; 0 to 180
  double shift = 0;              ///< share of height and of width, each uniform in +-shift; 0 to 1
  std::optional<Window> crop =
      {};                 ///< a window at a random place, the same for all; a smaller image is padded
  double brightness = 0;  ///< added, uniform in +-brightness; 0 to 1
  double contrast = 0;    ///< factor about the image's mean, uniform in 1 +- contrast; 0 to 1
  double noise = 0;       ///< standard deviation of normal noise, drawn for each element; 0 to 1
  friend bool operator==(const Augmentation&, const Augmentation&) = default;
};

/// Throws ArgumentError where a number is outside the range given above (NaN is), or a side of the crop is
/// outside 1 to 32768.
void check(const Augmentation& augmentation);

/// What `words` say: "flip,scale=1.25,rotate=10,shift=0.1,crop=48x64,brightness=0.1,contrast=0.1,noise=0.02",
/// each of them at most once and in any order, "flip-vertical", or "none". A crop is height x width.
/// Throws ArgumentError for other words and for what `check` refuses.
Augmentation parse_augmentation(std::string_view words);

/// The text from which `parse_augmentation` makes exactly this; what changes nothing is left out.
/// Throws as check.
std::string to_text(const Augmentation& augmentation);

/// The shape of the augmented image of an image [h, w, channels]: another one only where there is a crop.
/// Throws ShapeError for other ranks, and as check.
Shape augmented_shape(const Shape& image, const Augmentation& augmentation);

/// Where the pixels of a warped sample come from: pixel (i, j) shows the sample at the point
///
///   row    = row[0]    (i + 1/2) + row[1]    (j + 1/2) + row[2]
///   column = column[0] (i + 1/2) + column[1] (j + 1/2) + column[2]
///
/// where pixel (r, c) of the sample covers r <= row < r + 1, c <= column < c + 1: its centre is at
/// (r + 1/2, c + 1/2). The default map is the identity.
struct Warp {
  std::int64_t height = 1, width = 1;  ///< of the result
  std::array<double, 3> row{1, 0, 0}, column{0, 1, 0};
  friend bool operator==(const Warp&, const Warp&) = default;
};

/// The geometry that `key` draws for an image [h, w, channels]. It is the inverse of
///
///   point -> centre + shift + zoom turn(flip(point - centre)) - corner of the crop,   centre = (h / 2, w /
///   2).
///
/// The crop lies inside the image, or the image inside the crop, along each axis; all whole-pixel places are
/// equally likely. Throws ShapeError for other ranks, and as check.
Warp draw_warp(const Augmentation& augmentation, const Shape& image, Key key);

/// The sample under one map for image and mask. The mask takes the label of the pixel that covers the point.
/// The image is bilinear between the centres of the four nearest pixels, the edge repeated beyond it. A point
/// that no pixel covers gives 0 in the image and `unknown_label` in the mask. Flips and shifts by whole
/// pixels are exact.
///
/// sample    image float32 [h, w, channels], mask int32 [h, w]
/// returns   image float32 [height, width, channels], mask int32 [height, width]
///
/// Throws ShapeError or DTypeError for other samples, ArgumentError if `warp` has no pixels.
Sample warp(const Sample& sample, const Warp& warp);

/// The sample as `key` changes it: a pure function. Where brightness, contrast or noise changed values they
/// are clamped to 0..1; what falls outside stays 0 and unknown.
///
/// sample    image float32 [h, w, channels], 0..1, mask int32 [h, w]
/// returns   the same with the extents of `augmented_shape`
///
/// Throws as check and warp.
Sample augmented(const Sample& sample, const Augmentation& augmentation, Key key);

}  // namespace trous
