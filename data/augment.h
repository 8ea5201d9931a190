// Random transforms of an image together with its mask, for training. A sample and a key give one result,
// and every kind of transform draws from a key of its own: turning one on does not change the others' draws.
#pragma once

#include <array>
#include <cstdint>

#include <trous/core/random.h>
#include <trous/data/augmentation.h>
#include <trous/data/dataset.h>

namespace trous {

/// Returns the shape of an image [h, w, channels] after augmentation, which differs only if there is a crop.
/// Throws ShapeError for other ranks, and as check.
Shape augmented_shape(const Shape& image, const Augmentation& augmentation);

/// An affine map from the pixels of a warped sample to points of the sample. Pixel (i, j) shows the point
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

/// Draws the map for an image [h, w, channels] by `key`. It is the inverse of
///
///   point -> centre + shift + zoom turn(flip(point - centre)) - corner of the crop
///
/// with the centre (h / 2, w / 2).
///
/// The crop lies inside the image, or the image inside the crop, along each axis; all whole-pixel places are
/// equally likely. Throws ShapeError for other ranks, and as check.
Warp draw_warp(const Augmentation& augmentation, const Shape& image, Key key);

/// Applies one map to image and mask. The mask takes the label of the pixel that covers the point.
/// The image is bilinear between the centres of the four nearest pixels, the edge repeated beyond it. A point
/// that no pixel covers gives 0 in the image and `unknown_label` in the mask. Flips and shifts by whole
/// pixels are exact.
///
/// sample    image float32 [h, w, channels], mask int32 [h, w]
/// returns   image float32 [height, width, channels], mask int32 [height, width]
///
/// Throws ShapeError or DTypeError for other samples, ArgumentError if `warp` has no pixels.
Sample warp(const Sample& sample, const Warp& warp);

/// Returns the sample after the transforms that `key` draws: a pure function. Values changed by brightness,
/// contrast or noise are clamped to 0..1. Pixels outside the sample stay 0 and unknown.
///
/// sample    image float32 [h, w, channels], 0..1, mask int32 [h, w]
/// returns   the same with the extents of `augmented_shape`
///
/// Throws as check and warp.
Sample augmented(const Sample& sample, const Augmentation& augmentation, Key key);

}  // namespace trous
