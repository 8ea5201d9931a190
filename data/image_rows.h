// Images that are too large for memory, read from top to bottom.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <trous/core/tensor.h>

namespace trous {

/// Reads an image file, PNG or JPEG, through a window of rows that moves down. The rows are bit for bit those
/// of read_image. Memory holds the rows from the `top` of the latest call on, as far as they were read, and
/// of a JPEG file its compressed bytes.
///
/// A row has at most 16 MiB as a tensor, and there are at most 2^31 - 1 of them. Three kinds of file cannot
/// be decoded in order. They are kept in memory whole, so they have the limits of read_image: interlaced PNG,
/// JPEG whose orientation in EXIF is not upright, and JPEG of several scans, progressive for example.
///
/// Errors are those of read_image, with the same texts; damage is found when its rows are read. After such an
/// error each call throws it again.
class ImageRows {
 public:
  /// Opens the file and reads its header. Throws FileError as read_image does, before pixels are allocated.
  explicit ImageRows(const std::string& path);
  ~ImageRows();
  ImageRows(ImageRows&&) noexcept;
  ImageRows& operator=(ImageRows&&) noexcept;

  /// [h, w, channels], as read_image returns them.
  const Shape& shape() const;
  /// uint8, or int32 for a PNG file of 16 bits.
  DType dtype() const;

  /// Returns the rows from `top` to `top + height - 1`: [height, w, channels]. Rows above `top` are dropped,
  /// so `top` must not decrease from call to call; rows between two windows are decoded and dropped. The call
  /// that reads the last row also checks the rest of the file.
  ///
  /// Throws ArgumentError for rows outside the image or above the latest `top`, FileError for a damaged file.
  Tensor rows(std::int64_t top, std::int64_t height);

  /// Decodes what is left, so that damage below the rows that were asked for is found. Throws FileError for
  /// it. rows() must not be called afterwards, unless it has read the last row before.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace trous
