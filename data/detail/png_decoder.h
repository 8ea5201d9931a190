// The decoder of PNG files, for readers of whole images and of rows alike.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <trous/core/tensor.h>
#include <trous/data/detail/limits.h>
#include <trous/data/detail/row_decoder.h>
#include <trous/data/palette.h>
#include <trous/data/png.h>

namespace trous::detail {

/// Returns the header of the PNG file at `path`. Errors are those of read_png_header, with the name `op`.
PngHeader png_header(const char* op, const std::string& path);

enum class PngPixels {
  colors,  ///< as read_png returns them
  numbers  ///< as read_png_numbers returns them
};

/// Decodes a PNG file. The file is read in pieces of 64 KiB, so memory holds a few rows. Errors are those of
/// read_png, with the name `op`.
class PngDecoder : public RowDecoder {
 public:
  /// Reads the header and checks it. Throws FileError before memory is taken for a row.
  PngDecoder(const char* op, const std::string& path, PngPixels pixels, Reading reading);
  ~PngDecoder() override;

  Shape shape() const override { return {size_.height, size_.width, size_.channels}; }
  DType dtype() const override { return size_.bits == 16 ? DType::int32 : DType::uint8; }
  /// An interlaced file holds seven images from coarse to fine, so that its first row is known at its end
  /// only.
  bool in_order() const override { return !interlaced_; }
  std::size_t row_bytes() const override { return row_bytes_; }

  void read_rows(std::uint8_t* out, std::int64_t count) override;
  void finish() override;
  /// [h, w, channels] as read_png returns them, or of PngPixels::numbers uint8 [h, w, 1].
  Tensor read_image() override;

  /// Bits of a stored number: 1, 2, 4, 8 or 16.
  int bits() const { return size_.bits; }
  /// The colours of the palette. Empty if the file has none.
  std::vector<Color> palette() const;

 private:
  struct State;
  [[noreturn]] void damaged() const;
  void read_all(std::uint8_t* out);
  void check(PngPixels pixels, Reading reading);

  std::unique_ptr<State> state_;
  const char* op_;
  std::string path_;
  ImageSize size_{};
  bool palette_ = false, interlaced_ = false;
  std::size_t row_bytes_ = 0;
};

/// Numbers of 16 bits, stored with the upper byte first, as int32 of `shape`.
Tensor widened(const std::uint8_t* stored, const Shape& shape);

}  // namespace trous::detail
