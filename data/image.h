// Images of users, whatever their file format, as the floating images that networks take.
#pragma once

#include <cstdint>
#include <string>

#include <trous/core/tensor.h>
#include <trous/core/window.h>

namespace trous {

enum class ImageFormat { png, jpeg };

/// The format of an image file, according to its first bytes. Throws FileError, naming the file, if it is
/// absent or neither PNG nor JPEG.
ImageFormat image_format(const std::string& path);

/// The pixels of a PNG or JPEG file. The first bytes decide which of the two it is, not the name.
///
/// returns   [h, w, channels], as read_png or read_jpeg returns them: uint8, or int32 in 0..65535 of a PNG
///           file of 16 bits
///
/// Throws FileError as these do, and if the file is neither.
Tensor read_image(const std::string& path);

/// A copy of the rows from `top` to `top + height - 1` of an image.
///
/// image     [h, w, channels] of any dtype
/// returns   [height, w, channels]
///
/// Throws ShapeError for another rank, ArgumentError for rows that are not in the image, or none.
Tensor rows_of(const Tensor& image, std::int64_t top, std::int64_t height);

/// The pixels of `box` of an image [h, w, channels] or of a map [h, w], of any dtype. The tensor itself where
/// the box is all of it. Throws ShapeError for other ranks, ArgumentError for a box that is empty or not
/// inside.
Tensor cropped(const Tensor& image, const PixelBox& box);

/// Writes `part` over the pixels of `box` of an image [h, w, channels] or of a map [h, w], whose memory no
/// other tensor shares. Throws ShapeError if `part` has another size, ArgumentError for a box that is empty
/// or not inside, and as Tensor::mutable_values.
void paste(Tensor& image, const PixelBox& box, const Tensor& part);

/// Whether a path ends in .png, .jpg or .jpeg, in any case: which files of a directory are taken for images.
bool is_image_name(const std::string& path);

/// The number that stands for full brightness in pixels of this dtype: 255 for uint8, 65535 for int32.
std::int64_t white_of(const Tensor& pixels);

/// The largest number of int32 pixels, of which there is one at least.
std::int64_t brightest_of(const Tensor& pixels);

/// The full brightness of a camera whose brightest number is `brightest`: the largest number of 10, 12, 14 or
/// 16 bits that holds it, so 1023, 4095, 16383 or 65535. Cameras of fewer than 16 bits often write files of
/// 16 bits in which the upper ones are 0.
std::int64_t sensor_white(std::int64_t brightest);

/// Pixels as a network takes them: each number divided by `white`. Alpha is dropped, grey is repeated for
/// RGB, and RGB becomes grey by
///
///   y = (299 red + 587 green + 114 blue) / (1000 white)
///
/// pixels    uint8, or int32 in 0..65535, [h, w, 1 to 4]: grey; grey, alpha; RGB; RGB, alpha
/// channels  1 or 3
/// white     1 to 65535; the result is in 0..1 where no number is above it
/// returns   float32 [h, w, channels]
///
/// Throws DTypeError, ShapeError or ArgumentError for other arguments. Source of the luma: ITU-R BT.601,
/// section 2.5.1.
Tensor to_float_image(const Tensor& pixels, std::int64_t channels, std::int64_t white = 255);

}  // namespace trous
