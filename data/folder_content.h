// What the files of a user's folder hold: every image and mask is decoded once, and judged.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <trous/core/tensor.h>
#include <trous/data/class_table.h>
#include <trous/data/folder_files.h>

namespace trous {

struct FolderItem {
  FolderPair files;
  std::size_t part = 0;                              ///< of FolderFiles::parts
  std::int64_t height = 0, width = 0, channels = 0;  ///< of the image; 0: it cannot be decoded
  std::uint64_t hash = 0;                            ///< content_hash of the decoded image
  std::bitset<256> numbers;                          ///< that occur in the mask
  std::optional<Tensor> image, mask;                 ///< uint8 [h, w, channels] and [h, w], if they are kept
};

struct FolderContent {
  std::vector<FolderItem> items;  ///< of all parts, in their order
  std::optional<ClassTable> table;
  std::vector<std::string> faults;  ///< those of `files`, then those of each pair in its order
};

/// Decodes all pairs of `files`, in parallel, and the class table. Decoded tensors are kept until the next
/// pair would make them more than `memory` bytes; which pairs come first depends on the threads, and nothing
/// else does. Throws nothing for what it finds in the files.
FolderContent read_folder_content(const FolderFiles& files, std::int64_t memory);

}  // namespace trous
