// Mask pictures: PNG files whose pixels stand for classes, by number or by colour.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <trous/core/tensor.h>
#include <trous/data/class_table.h>

namespace trous {

enum class MaskKind {
  numbers,  ///< a palette or a grey channel: the stored numbers
  colors,   ///< RGB: a colour for each class
};

/// How the file stores its classes. Reads the header only. Throws FileError if the file is empty, no PNG
/// (a JPEG's colours are not exact) or has colours of 16 bits a channel, which no table names.
MaskKind mask_kind(const std::string& path);

/// How a grey file was read beside a table of colours without numbers.
enum class GreysAre {
  either,   ///< there is no such table, or both readings agree
  colors,   ///< its shades are colours of the table
  numbers,  ///< not all of them are, so its numbers are the places
};

/// A mask as stored. Its numbers are not yet classes, since their meaning may depend on all masks of a
/// folder.
struct Mask {
  /// uint8 [h, w]. With a table the place of each pixel's entry, or `unknown_label`; else what is stored.
  Tensor numbers;
  /// The number that a viewer shows as white: 255, or 1, 3, 15 in a grey file of 1, 2, 4 bits without a
  /// table.
  std::uint8_t white = 255;
  /// The colours that a palette gives to the numbers, where the numbers and not the colours are read.
  std::vector<Color> palette = {};
  GreysAre greys = GreysAre::either;
};

/// Reads a mask:
///
///   RGB, or a palette, and a table with colours    each colour is the place of its entry
///   greys that a table with colours lists          the same, unless the table has numbers
///   a palette otherwise                            the stored numbers
///   a palette of greys, each number its own grey   the same
///   a palette of black and white                   0 for black, 1 for white, as in a grey file of 1 bit
///   grey, or RGB with three equal channels         the stored numbers
///   grey of 16 bits                                the stored numbers up to 255; 65535, white, is 255
///   any of greys, and a table of shades            the brightness, 0 to 255
///
/// and with a table makes places of numbers, as ClassTable::places does. Alpha is dropped.
///
/// path      a PNG file that mask_kind accepts
/// table     the meaning of numbers and colours; nullptr: any number is allowed
///
/// Throws FileError as mask_kind and read_png do, and for a number or a colour that the table does not list,
/// with the first such pixel's place and their number; for colours where no table gives any; and for a
/// palette of greys that are neither the numbers nor black and white.
Mask read_mask(const std::string& path, const ClassTable* table);

}  // namespace trous
