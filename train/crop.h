// The crops on which a network is trained where images are large.
#pragma once

#include <optional>

#include <trous/data/augmentation.h>
#include <trous/layers/sequential.h>

namespace trous {

/// Images of up to this many pixels are trained on whole.
inline constexpr std::int64_t max_whole_pixels = std::int64_t{1} << 18;

/// Returns the crop that a training takes from images of shape `image` [h, w, channels]; absent for images of
/// at most max_whole_pixels, which are taken whole. Along each axis its side is twice the receptive field of
/// `net`, so that half of its pixels see no border: at least 256, at most 512, 256 where the field is the
/// whole image; rounded up to a multiple of 32, the usual strides; and no more than the image has.
std::optional<Window> suggested_crop(const AnyLayer& net, const Shape& image);

}  // namespace trous
