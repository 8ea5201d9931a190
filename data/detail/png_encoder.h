// The encoder of PNG files, for writers of whole images and of rows alike.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <trous/data/palette.h>

namespace trous::detail {

/// The level of deflate that libpng takes by itself.
inline constexpr int usual_level = -1;

/// What the header of a PNG file states, and how its rows are compressed.
struct PngEncoding {
  std::int64_t width, height;
  int bits;      ///< 1, 2, 4 or 8 with a palette, else 8 or 16
  int channels;  ///< 1 (grey, or with a palette), 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha)
  std::span<const Color> palette = {};
  int level = usual_level;  ///< of deflate: 1 to 9, or usual_level

  /// Bytes of a row that is given to the encoder: 2 for a number of 16 bits, the upper byte first, else 1.
  std::size_t row_bytes() const { return static_cast<std::size_t>(width * channels) * (bits == 16 ? 2 : 1); }
};

/// Encodes a PNG file from its first row to its last into an OutputFile. The bytes of the file do not depend
/// on how many rows are given at a time. Throws FileError, with the name `op`, if the file cannot be written.
class PngEncoder {
 public:
  /// Writes the header. `encoding` was checked by the caller.
  PngEncoder(const char* op, const std::string& path, const PngEncoding& encoding);
  ~PngEncoder();
  PngEncoder(const PngEncoder&) = delete;
  PngEncoder& operator=(const PngEncoder&) = delete;

  /// Encodes the next `count` rows.
  void write_rows(const std::uint8_t* rows, std::int64_t count);
  /// Writes what follows the last row, and puts the file at its path.
  void finish();

 private:
  struct State;
  [[noreturn]] void not_encoded();
  void check_open() const;
  // Moves what libpng has made so far to the file.
  void flush();

  std::unique_ptr<State> state_;  // null once the file was finished or libpng has failed
  const char* op_;
  std::string path_;
  std::size_t row_bytes_;
};

}  // namespace trous::detail
