// Pairs the files of a user's folder by their names alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace trous {

struct FolderPair {
  std::string image, mask;  ///< paths, of one stem
};

struct FolderPart {
  std::string name;               ///< train, validation or test; empty: still to be split
  std::vector<FolderPair> pairs;  ///< by stem, in the order of its bytes
};

struct FolderFiles {
  std::string directory;          ///< without a slash at its end
  std::vector<FolderPart> parts;  ///< one, still to be split; or train, validation and perhaps test
  std::optional<std::string> class_table;
  /// Entries beside the images that are no images. Hidden files, Thumbs.db and desktop.ini are not counted.
  std::int64_t ignored = 0;
  std::string first_ignored;
  std::vector<std::string> faults;  ///< one sentence or two for each, with path and remedy

  /// The name of a sample: the path of its image, relative to the folder.
  std::string name_of(const FolderPair& pair) const { return pair.image.substr(directory.size() + 1); }
};

/// Pairs the files of `directory`/images and `directory`/masks by stem, the name without its last
/// extension; or those of its folders train, validation (or val) and test, where there is any of these.
/// Images end in .png, .jpg or .jpeg in any case. Opens no file and never throws for what it finds: what is
/// amiss is in `faults`, and the pairs are those without one.
FolderFiles list_folder(const std::string& directory);

}  // namespace trous
