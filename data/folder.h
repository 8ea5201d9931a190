// A user's own images and masks in a folder, as a data set.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <trous/core/on_progress.h>
#include <trous/data/dataset.h>
#include <trous/data/resize_image.h>

namespace trous {

/// The images of each split, by Dataset::names. A run keeps them to take the same splits again.
struct SplitNames {
  std::vector<std::string> train, validation, test;
};

/// How a folder of images and masks is read and split.
struct FolderOptions {
  std::string directory = {};
  std::uint64_t seed = 20201108;  ///< of the splits; another seed is another split
  /// Bytes of decoded images and masks that may stay in memory: 1 byte a number, 4 in images of 16 bits.
  std::int64_t memory = std::int64_t{1} << 30;
  /// A directory for the others: a temporary file in it keeps them decoded, 1 byte a number, 2 in images of
  /// 16 bits. Empty: they are decoded each time they are needed. The samples are the same.
  std::string cache = {};
  /// Reads grey masks as two classes: numbers below this are background, the others foreground. 1 to 255; 0
  /// reads the numbers as classes.
  std::int64_t mask_threshold = 0;
  /// The stored number that becomes 1 in images of 16 bits, 1 to 65535; 0 derives it from the folder's
  /// images.
  std::int64_t white = 0;
  std::int64_t target_white = 0;  ///< the same of the images in targets/
  /// The splits of an earlier run, to be used instead of `seed` or the folders train, validation and test.
  /// Images that are in none of them are not read.
  std::optional<SplitNames> split = std::nullopt;
  /// Spreads the classes over the splits. False gives the splits of versions of trous without this option.
  bool stratified = true;
  /// Makes images, and masks with them, smaller as they are read, with the numbers of their files rounded.
  /// The splits and the classes are those of the files.
  std::optional<Resize> resize = std::nullopt;
  OnProgress on_progress = nullptr;  ///< called with the images that are read, each with its mask, and all
};

/// The images and masks of a folder, paired by the name before the extension:
///
///   DIR/images/boot1.jpg  DIR/masks/boot1.png  ...       split here, or
///   DIR/train/images/...  DIR/train/masks/...            and so validation/ (or val/) and test/
///
/// images    PNG or JPEG, any number of bits. Alpha is dropped. If a file has colour, all become RGB. If
///           sizes differ, all are padded at the bottom and the right to the largest height and the largest
///           width: black, and unknown in the mask. Numbers of 8 bits are divided by 255, those of 16 bits by
///           sensor_white of the brightest number of the whole folder, which is Dataset::white.
///           `resize` may make them smaller before, by resize_image.
/// masks     PNG, as read_mask reads it. No JPEG: its colours are not exact. They are resized by
///           resize_labels.
/// classes   the names in DIR/classes.json, as read_class_table reads it. Without it "class 0", "class 1",
///           ... up to the largest number in any mask, and 255 means unknown. folder_classes.h has the rule
///           for black and white, and which numbers are a fault because they could mean several things.
/// splits    of n images 0.15 n for validation and as many for test, rounded, at least one each, drawn by
///           seed. Each class is spread over the three in proportion to the images that show it: validation
///           is served first, then test, and train keeps at least one image of each class; what two images
///           show is in train and validation, what one shows in train. Copies of one image count as one and
///           stay together. The same names, contents and seed give the same split. Of ready-made splits, a
///           missing test/ is replaced by validation/.
///
/// Every file is decoded once before this returns, in parallel. Throws one FileError that names every fault,
/// one a line, 50 at most: files without partner, two of one name, empty, damaged, or not what their name
/// says; sizes of an image and its mask that differ; masks that cannot be read as classes; a class table that
/// cannot be read; an image that stands in two ready-made splits; masks of fewer than two classes; fewer than
/// three images to split; a split of `split` of which no image is left; numbers above `white`. The `source`
/// of each split says what was split, resized, padded, divided, ignored and assumed. Throws ScratchError if
/// `cache` cannot hold the decoded images, ArgumentError for a threshold or a white out of range.
Splits folder(const FolderOptions& options);

/// The data set of a folder of any layout: folder(), labelled_folder(), folder_targets() or folder_table(),
/// as folder_layout() says of the names in it. Throws as these do.
Splits open_folder(const FolderOptions& options);

}  // namespace trous
