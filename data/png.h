// PNG files: images as uint8 tensors, label maps as indices into a palette.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <trous/core/tensor.h>
#include <trous/data/palette.h>
#include <trous/data/png_writer.h>

namespace trous {

/// How the pixels of a PNG file are stored, according to its header.
struct PngHeader {
  int bits;  ///< of a channel, or of a number of a palette: 1, 2, 4, 8 or 16
  bool palette;
  bool colors;  ///< red, green and blue channels
  bool alpha;
};

/// The header of a PNG file, of which nothing else is read. Throws FileError, naming the file, if it is
/// absent, too short, no PNG, or does not begin with a chunk IHDR of 13 bytes. Source: ISO/IEC 15948, 11.2.2.
PngHeader read_png_header(const std::string& path);

/// The pixels of a PNG file as they are stored: no gamma, no colour profile is applied. Palettes become
/// red, green, blue, fewer than 8 bits are scaled to 0..255, and a transparent colour becomes an alpha
/// channel.
///
/// returns   [h, w, channels], channels 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha): uint8, or int32
///           in 0..65535 where the file has 16 bits a channel
///
/// Throws FileError as read_png_header does, and if it is truncated or damaged, wider or higher
/// than 32768, or larger than 1 GiB when decoded; all of this but damage is checked before pixels are
/// allocated.
Tensor read_png(const std::string& path);

/// A PNG file that holds numbers.
struct IndexedPng {
  Tensor numbers;              ///< uint8 [h, w], as stored
  int bits;                    ///< of a stored number: 1, 2, 4 or 8
  std::vector<Color> palette;  ///< the colour of each number; empty where the file is grey
};

/// The stored numbers of a PNG file with a palette, or of a grey one of up to 8 bits whose values are
/// labels. Throws FileError as read_png does, and if the file holds colours or 16 bits.
IndexedPng read_png_numbers(const std::string& path);

/// The `numbers` of read_png_numbers.
Tensor read_indexed_png(const std::string& path);

/// Writes a PNG file as write_file does: whole, or not at all.
///
/// image     [h, w, channels], channels 1 to 4 as read_png returns them: uint8, or int32 in 0..65535, which
///           makes a file of 16 bits a channel
///
/// Throws ShapeError or DTypeError for any other tensor, ArgumentError for a number out of range, FileError
/// if the file cannot be written.
void write_png(const std::string& path, const Tensor& image, PngEffort effort = PngEffort::usual);

/// Writes labels as a PNG file whose pixels are the labels and whose palette gives their colours.
///
/// labels    uint8 or int32 [h, w], each below palette.size()
/// palette   1 to 256 colours; the whole `class_palette()` also has a place for `unknown_label`
///
/// Throws ShapeError, DTypeError or ArgumentError (a label without a colour) for other arguments,
/// FileError if the file cannot be written.
void write_indexed_png(const std::string& path, const Tensor& labels, std::span<const Color> palette);

}  // namespace trous
