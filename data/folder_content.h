// The contents of a user's folder: every image and mask is decoded once, and checked.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <trous/core/on_progress.h>
#include <trous/core/tensor.h>
#include <trous/data/class_table.h>
#include <trous/data/folder_files.h>
#include <trous/data/mask.h>
#include <trous/data/palette.h>

namespace trous {

struct FolderItem {
  FolderPair files;
  std::size_t part = 0;                              ///< of FolderFiles::parts
  std::int64_t height = 0, width = 0, channels = 0;  ///< of the image; 0: it cannot be decoded
  std::int64_t brightest = 0;                        ///< number of an image of 16 bits; 0 for one of 8
  std::uint64_t hash = 0;                            ///< content_hash of the decoded image
  std::map<std::uint8_t, std::int64_t> numbers;      ///< that occur in the mask, each with its pixels
  std::uint8_t white = 255;                          ///< Mask::white
  std::vector<Color> palette;                        ///< Mask::palette
  GreysAre greys = GreysAre::either;                 ///< Mask::greys
  std::optional<Tensor> image, mask;  ///< as read_image and read_mask give them, if they are kept
};

struct FolderContent {
  std::vector<FolderItem> items;  ///< of all parts, in their order
  std::optional<ClassTable> table;
  std::vector<std::string> faults;  ///< those of `files`, then those of each pair in its order
};

/// Decodes all pairs of `files`, in parallel. The class table is read, unless `threshold` is above 0: then it
/// is `black_and_white(threshold)`, with the names of a table of two entries without colours and numbers.
/// Decoded tensors are kept until the next pair would make them more than `memory` bytes; which pairs come
/// first depends on the threads, and nothing else does. Calls `on_progress` with the pairs that are read.
/// Throws nothing for what it finds in the files.
FolderContent read_folder_content(const FolderFiles& files, std::int64_t memory, std::int64_t threshold = 0,
                                  const OnProgress& on_progress = nullptr);

}  // namespace trous
