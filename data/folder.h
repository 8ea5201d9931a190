// A user's own images and masks in a folder, as a data set.
#pragma once

#include <cstdint>
#include <string>

#include <trous/data/dataset.h>

namespace trous {

struct FolderOptions {
  std::string directory;
  std::uint64_t seed = 20201108;  ///< of the splits; another seed is another split
  /// Bytes of decoded images and masks, 8 bits a number, that may stay in memory. Samples beyond are decoded
  /// each time they are asked for; they are the same either way.
  std::int64_t memory = std::int64_t{1} << 30;
};

/// The images and masks of a folder, paired by the name before the extension:
///
///   DIR/images/boot1.jpg  DIR/masks/boot1.png  ...       split here, or
///   DIR/train/images/...  DIR/train/masks/...            and so validation/ (or val/) and test/
///
/// images    PNG or JPEG, any number of bits. Alpha is dropped. If a file has colour, all become RGB. If
///           sizes differ, all are padded at the bottom and the right to the largest height and the largest
///           width: black, and unknown in the mask.
/// masks     PNG. A palette or a grey channel of up to 8 bits: the stored number is the class, 255 means
///           unknown. RGB: the class whose colour it is in DIR/classes.json. No JPEG: its colours are not
///           exact.
/// classes   the names in DIR/classes.json, as read_class_table reads it. Without it "class 0", "class 1",
///           ... up to the largest number in any mask. Masks that hold 0 and 255 and nothing else, in the
///           whole folder, are what black and white means to everybody: background and foreground; so they
///           are read if there is no table, or one of two classes.
/// splits    one permutation of the images by seed: of n, 0.15 n for validation and as many for test,
/// rounded,
///           at least one. Copies of one image count as one and stay together. The same names, contents and
///           seed give the same split. Of ready-made splits, a missing test/ is replaced by validation/.
///
/// Every file is decoded once before this returns, in parallel. Throws one FileError that names every fault,
/// one a line, 50 at most: files without partner, two of one name, empty, damaged, or not what their name
/// says; sizes of an image and its mask that differ; masks that cannot be read as classes; a class table that
/// cannot be read; an image that stands in two ready-made splits; masks of fewer than two classes; fewer than
/// three images to split. The `source` of each split says what was split, padded, ignored and assumed.
Splits folder(const FolderOptions& options);

}  // namespace trous
