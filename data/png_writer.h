// PNG files that are written row by row, so that an image need not be in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <trous/core/tensor.h>
#include <trous/data/palette.h>

namespace trous {

/// How much time deflate takes to find repetitions. On shrunk photographs `quick`, level 3, takes a third of
/// the time of `usual`, level 6, for files of the same size (2428 x 920 pixels: 0.06 s and 0.19 s).
enum class PngEffort { usual, quick };

/// Writes a PNG file from its first row to its last. The file appears whole when finish() returns, or not at
/// all: without finish(), and after an error, an earlier file is as it was. Its bytes do not depend on how
/// many rows a call brings; those of up to 32768 a side are the bytes of write_png or write_indexed_png.
/// Memory holds the rows of a call, and about a megabyte more.
///
/// Errors name write_png or write_indexed_png.
class PngWriter {
 public:
  /// An image of colours.
  ///
  /// shape     [h, w, channels], channels 1 to 4 as read_png returns them, h at most 2^31 - 1, a row at most
  ///           16 MiB as a tensor of this dtype
  /// dtype     uint8, or int32 for a file of 16 bits a channel
  ///
  /// Throws ShapeError or DTypeError for others, FileError as OutputFile does.
  PngWriter(const std::string& path, const Shape& shape, DType dtype, PngEffort effort = PngEffort::usual);

  /// Labels, and a palette that gives their colours.
  ///
  /// shape     [h, w], limited as above
  /// palette   1 to 256 colours
  ///
  /// Throws ShapeError, ArgumentError, or FileError as OutputFile does.
  PngWriter(const std::string& path, const Shape& shape, std::span<const Color> palette);

  ~PngWriter();
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;

  /// Appends rows.
  ///
  /// rows      of an image [rows, w, channels] of the dtype, int32 in 0..65535; of labels uint8 or int32
  ///           [rows, w], each below the number of colours
  ///
  /// Throws ShapeError, DTypeError or ArgumentError for other rows or too many of them, FileError if they
  /// cannot be written, a full disk too.
  void write(const Tensor& rows);

  /// Puts the file at its path. Throws ArgumentError if rows are missing, else as write() does.
  void finish();

 private:
  struct State;
  void check_rows(const Tensor& rows) const;

  std::unique_ptr<State> state_;
};

}  // namespace trous
