// Pairs the files of a user's folder by their names alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <trous/data/folder_layout.h>

namespace trous {

struct FolderPair {
  std::string image;
  std::string mask;  ///< of the same stem; the target of FolderLayout::targets; empty where there is neither
};

struct FolderPart {
  std::string name;               ///< train, validation or test; empty: still to be split
  std::string directory;          ///< that holds the images/ or the class folders of the part
  std::string table = {};         ///< of FolderLayout::table: its labels.csv, which may be missing
  std::vector<FolderPair> pairs;  ///< by stem, in the order of its bytes
};

struct FolderFiles {
  std::string directory;          ///< without a slash at its end
  std::vector<FolderPart> parts;  ///< one, still to be split; or train, validation and perhaps test
  FolderLayout layout = FolderLayout::masks;
  std::string partner = "mask";  ///< what each image has: a mask, target or label
  std::optional<std::string> class_table;
  std::vector<std::string> tables;  ///< files that say what images show: the class table, or labels.csv
  /// Entries beside the images that are no images. Hidden files, Thumbs.db and desktop.ini are not counted.
  std::int64_t ignored = 0;
  std::string first_ignored;
  std::vector<std::string> faults;  ///< one sentence or two for each, with path and remedy

  /// The name of a sample: the path of its image, relative to the folder.
  std::string name_of(const FolderPair& pair) const { return pair.image.substr(directory.size() + 1); }
};

/// Lists the images of a folder of this layout, by its folders train, validation (or val) and test where
/// there is any of these. Images end in .png, .jpg or .jpeg in any case. Masks and targets are paired with
/// images by stem, the name without its last extension. Opens no file and never throws for what it finds:
/// what is amiss is in `faults`, and the pairs are those without one.
FolderFiles list_folder(const std::string& directory, FolderLayout layout = FolderLayout::masks);

}  // namespace trous
