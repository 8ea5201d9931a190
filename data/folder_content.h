// The contents of a user's folder: every image and mask is decoded once, and checked.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <trous/core/on_progress.h>
#include <trous/core/tensor.h>
#include <trous/core/window.h>
#include <trous/data/class_table.h>
#include <trous/data/folder_files.h>
#include <trous/data/mask.h>
#include <trous/data/palette.h>
#include <trous/data/resize_image.h>

namespace trous {

namespace detail {
class ScratchFile;
}

/// The decoded pixels of an image, or the numbers of a mask: [h, w, channels], uint8, or int32 in 0..65535.
/// They are in memory, in a temporary file, or in neither and decoded again for each reading.
struct StoredPixels {
  std::optional<Tensor> tensor = std::nullopt;
  std::shared_ptr<const detail::ScratchFile> file = nullptr;
  std::int64_t offset = 0;  ///< in `file`: rows of 1 byte a number, or 2 where `deep`
  bool deep = false;
};

struct FolderItem {
  FolderPair files;
  std::size_t part = 0;                              ///< of FolderFiles::parts
  std::int64_t height = 0, width = 0, channels = 0;  ///< of the image; 0: it cannot be decoded
  HeightWidth in_file{0, 0};                         ///< its size in the file, from which it may be resized
  std::int64_t brightest = 0;                        ///< number of an image of 16 bits; 0 for one of 8
  std::uint64_t hash = 0;                            ///< content_hash of the decoded image
  std::map<std::uint8_t, std::int64_t> numbers;      ///< that occur in the mask's file, each with its pixels
  std::uint8_t white = 255;                          ///< Mask::white
  std::vector<Color> palette;                        ///< Mask::palette
  GreysAre greys = GreysAre::either;                 ///< Mask::greys
  StoredPixels image, mask;                          ///< of read_image and read_mask, resized
  /// Up to 256 pixels of each number of the mask as it is resized, evenly spread in the order of rows: row
  /// width + column.
  std::map<std::uint8_t, std::vector<std::uint32_t>> places;

  bool is_resized() const { return in_file != HeightWidth{height, width}; }
};

/// The pixels of `box` of an item's image: [box.height, box.width, channels]. An image that is not stored is
/// decoded and, where the item is resized, resized by `filter`.
Tensor image_pixels(const FolderItem& item, const PixelBox& box, ResizeFilter filter);

/// The numbers of `box` of an item's mask: uint8 [box.height, box.width].
Tensor mask_numbers(const FolderItem& item, const ClassTable* table, const PixelBox& box);

/// How images and masks are decoded and where they are kept.
struct FolderDecoding {
  std::int64_t bytes = 0;  ///< that may stay in memory
  std::string cache = {};  ///< directory of a temporary file; empty: none
  std::optional<Resize> resize = std::nullopt;
};

struct FolderContent {
  std::vector<FolderItem> items;  ///< of all parts, in their order
  std::optional<ClassTable> table;
  std::vector<std::string> faults;  ///< those of `files`, then those of each pair in its order
};

/// Decodes all pairs of `files`, or the images alone of those without a mask, in parallel. The class table is
/// read, unless `threshold` is above 0: then it is `black_and_white(threshold)`, with the names of a table of
/// two entries without colours and numbers. Decoded tensors stay in memory until the next pair would make
/// them more than `decoding.bytes`; which pairs come first depends on the threads, and nothing else does. The
/// others go to a temporary file in `decoding.cache`, if there is such a directory. Calls `on_progress` with
/// the pairs that are read. Throws nothing for what it finds in the files, ScratchError if the temporary file
/// cannot be written.
FolderContent read_folder_content(const FolderFiles& files, const FolderDecoding& decoding,
                                  std::int64_t threshold = 0, const OnProgress& on_progress = nullptr);

}  // namespace trous
