// Mask pictures: PNG files whose pixels stand for classes, by number or by colour.
#pragma once

#include <string>

#include <trous/core/tensor.h>
#include <trous/data/class_table.h>

namespace trous {

enum class MaskKind {
  numbers,  ///< a palette or a grey channel of up to 8 bits: the stored numbers
  colors,   ///< RGB: a colour for each class
};

/// How the file stores its classes. Reads the header only. Throws FileError if the file is empty, no PNG
/// (a JPEG's colours are not exact) or has 16 bits a channel, which no class number needs.
MaskKind mask_kind(const std::string& path);

/// The mask as numbers: the stored ones, whatever colours a palette gives them, or each RGB pixel's place
/// in the table. An RGB mask in which red, green and blue are equal everywhere is read as a grey one if
/// there is no table with colours. Alpha is dropped.
///
/// path      a PNG file, as mask_kind judges it
/// table     what numbers and colours mean; nullptr: any number is allowed
/// returns   uint8 [h, w]; `unknown_label`, or below table->entries.size()
///
/// Throws FileError as mask_kind and read_png do, and for a number beyond the table, a colour that is not
/// in it, or colours where no table gives any: with the first such pixel's place and their number.
Tensor read_mask(const std::string& path, const ClassTable* table);

}  // namespace trous
