// How an image may be cut into tiles so that a network gives each pixel the bits that it gives it in the
// whole image.
#pragma once

#include <cstdint>
#include <optional>

#include <trous/core/window.h>
#include <trous/layers/sequential.h>

namespace trous {

/// The cuts that a network allows. Along each axis, for an image of n pixels, a tile [begin, end) has
/// begin a multiple of `period`, and n - end too. The pixels of its result from begin + before to end - after
/// are those of the whole image; `before` counts only where begin is above 0, `after` only where end is below
/// n.
struct Tiling {
  HeightWidth period;
  HeightWidth before, after;

  friend bool operator==(const Tiling&, const Tiling&) = default;
};

/// Derives the cuts of images of shape `image` [h, w, channels] from the tapes of `net` in evaluation mode on
/// small images whose sizes leave the same remainders. Along an axis of a node whose pixels lie d apart, in
/// pixels of the image, `period` is a multiple of d, so that strides meet the same pixels and SAME pads the
/// same sides. From b wrong pixels before it,
///
///   convolution, pooling    ceil((b + pad before) / stride) are wrong behind it
///   its transpose           those that a wrong or missing pixel is scattered to
///   resize                  those that a wrong or missing pixel is blended into
///   sum, concatenation      the larger number of both
///
/// and `after` likewise from the end. Absent where no cut gives the same pixels: where an op mixes all pixels
/// or does not state its map (`Op::pixels`), where a tensor that is not computed from the image differs from
/// pixel to pixel (coordinates), where sizes do not grow with the image (a resize to a fixed size, or back to
/// a size that the strides do not divide), and where the network runs on no image of up to 960 pixels a side
/// or does not keep height and width.
///
/// The bits are equal if the values of a network's ops do not depend on where a pixel lies or on how large
/// the image is, as those of trous do not, and if its ops are the same for every size.
///
/// Throws ShapeError unless `image` has rank 3.
std::optional<Tiling> exact_tiling(const AnyLayer& net, const Shape& image);

/// The number of pixels after which the strides of `net` meet the same places again, along each axis, on
/// images of `channels` channels: 4 for two strides of 2. 1x1 where it cannot be found.
HeightWidth stride_period(const AnyLayer& net, std::int64_t channels);

}  // namespace trous
