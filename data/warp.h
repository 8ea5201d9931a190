// Affine maps of an image together with its mask or other targets.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <trous/data/sample.h>

namespace trous {

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
/// As above, for a sample of these fields: every image and mask, and points [n, 2] go to where their pixels
/// go.
Sample warp(const std::vector<SampleField>& fields, const Sample& sample, const Warp& warp);

}  // namespace trous
