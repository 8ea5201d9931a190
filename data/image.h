// Images of users, whatever their file format, as the floating images that networks take.
#pragma once

#include <cstdint>
#include <string>

#include <trous/core/tensor.h>

namespace trous {

/// The pixels of a PNG or JPEG file, told apart by the first bytes, not by the name.
///
/// returns   uint8 [h, w, channels], as read_png or read_jpeg returns them
///
/// Throws FileError as these do, and if the file is neither.
Tensor read_image(const std::string& path);

/// Whether a path ends in .png, .jpg or .jpeg, in any case: which files of a directory are taken for images.
bool is_image_name(const std::string& path);

/// Pixels as a network takes them, in 0..1. Alpha is dropped, grey is repeated for RGB, and RGB becomes
/// grey by
///
///   y = (299 red + 587 green + 114 blue) / 255000
///
/// pixels    uint8 [h, w, 1 to 4]: grey; grey, alpha; RGB; RGB, alpha
/// channels  1 or 3
/// returns   float32 [h, w, channels]
///
/// Throws DTypeError, ShapeError or ArgumentError for other arguments. Source of the luma: ITU-R BT.601,
/// section 2.5.1.
Tensor to_float_image(const Tensor& pixels, std::int64_t channels);

}  // namespace trous
