// The decoder of JPEG files, for readers of whole images and of rows alike.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <trous/core/tensor.h>
#include <trous/data/detail/limits.h>
#include <trous/data/detail/row_decoder.h>

namespace trous::detail {

/// Decodes a JPEG file. The compressed file is in memory, since the bytes before a marker decide whether
/// pixels were lost there. Errors are those of read_jpeg.
class JpegDecoder : public RowDecoder {
 public:
  /// Reads the header and checks it. Throws FileError before memory is taken for pixels.
  JpegDecoder(const std::string& path, Reading reading);
  ~JpegDecoder() override;

  Shape shape() const override;
  DType dtype() const override { return DType::uint8; }
  /// The first row of a turned picture is stored last, or in a column.
  bool in_order() const override { return orientation_ == 1; }
  std::size_t row_bytes() const override { return static_cast<std::size_t>(size_.row_bytes()); }

  void read_rows(std::uint8_t* out, std::int64_t count) override;
  void finish() override;
  Tensor read_image() override;

 private:
  struct State;
  [[noreturn]] void damaged() const;
  void check(Reading reading);

  std::unique_ptr<State> state_;
  std::string path_;
  ImageSize size_{};     // as stored
  int orientation_ = 1;  // EXIF's 1 to 8; 1, upright, where there is none that makes sense
  bool started_ = false;
};

}  // namespace trous::detail
