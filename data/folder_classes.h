// The meaning of the numbers in the masks of a folder: one rule for all files of all splits.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <trous/data/folder_content.h>

namespace trous {

struct FolderClasses {
  std::vector<std::string> names;
  std::array<std::int32_t, 256>
      labels;                    ///< for each number of a mask its class, or `unknown_label`; -1: none
  bool black_and_white = false;  ///< 0 is class 0 and what a file shows as white class 1
  std::string note;              ///< what was assumed, for Dataset::source; begins with "; "

  /// The class of `number` in a mask whose white is `white`; -1 where the number means nothing.
  std::int32_t label(std::uint8_t number, std::uint8_t white) const {
    if (!black_and_white) return labels[number];
    return number == 0 ? 0 : number == white ? 1 : -1;
  }
};

/// Masks that hold 0 and white and nothing else, in the whole folder, are what black and white means to
/// everybody: background and foreground. So they are read if there is no table, or one of two classes without
/// numbers; 255, or the largest number of a file of fewer bits, is white. Else the table says what numbers
/// mean; without one they are the classes, and 255 means unknown.
///
/// Numbers that could mean several things are faults: numbers of files of few bits beside 255 in others; 255
/// as more than ten elevenths of what is not 0, unless "numbers" of the table list it (more than half is a
/// note); greys between 0 and 255, or numbers most of which would be empty classes, without a table; palettes
/// that give a number different colours, or a colour different numbers, where no table has colours. Adds each
/// to `faults`.
FolderClasses folder_classes(const FolderContent& content, std::vector<std::string>& faults);

}  // namespace trous
