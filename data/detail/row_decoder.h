// What a reader of rows needs of a decoder, whatever the format of the file.
#pragma once

#include <cstdint>

#include <trous/core/tensor.h>

namespace trous::detail {

/// Decodes an image file from its first row to its last. After an error the decoder must not be used.
class RowDecoder {
 public:
  RowDecoder() = default;
  virtual ~RowDecoder() = default;
  RowDecoder(const RowDecoder&) = delete;
  RowDecoder& operator=(const RowDecoder&) = delete;

  /// [h, w, channels] of the whole image, upright.
  virtual Shape shape() const = 0;
  /// uint8, or int32 if the file has numbers of 16 bits.
  virtual DType dtype() const = 0;
  /// Whether rows can be decoded one after the other. Otherwise only read_image() may be called.
  virtual bool in_order() const = 0;
  /// Bytes of a decoded row: 1 for a uint8 number, 2 for an int32 one, the upper byte first.
  virtual std::size_t row_bytes() const = 0;

  /// Decodes the next `count` rows into `out`. Throws FileError if the file is damaged there.
  virtual void read_rows(std::uint8_t* out, std::int64_t count) = 0;
  /// Checks what follows the pixels. Call it once, after the last row. Throws FileError if it is damaged.
  virtual void finish() = 0;
  /// Decodes all rows, as read_image returns them, and what follows them. Call no reading member before or
  /// after it. Throws FileError if the file is damaged.
  virtual Tensor read_image() = 0;
};

}  // namespace trous::detail
