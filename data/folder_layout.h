// The layouts that a user's folder of images can have, and which of them a folder has.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trous {

/// What says what the images of a folder show. Each layout may also lie inside train/, validation/ (or val/)
/// and test/.
enum class FolderLayout {
  masks,          ///< images/ and masks/: a mask for each image, see folder()
  class_folders,  ///< boot/, sandal/, ...: a folder of images for each class, see labelled_folder()
  targets,        ///< images/ and targets/: an image for each image, see folder_targets()
  table,          ///< images/ and labels.csv: a line for each image, see folder_table()
};

/// The folders of `directory` among train, validation, val and test: ready-made splits.
std::vector<std::string> ready_made_splits(const std::string& directory);

/// The names of the folders in `directory` but hidden ones, sorted by their bytes.
std::vector<std::string> folders_in(const std::string& directory);

/// Looks at names alone: masks/, targets/ and labels.csv decide, and where there is none of these and no
/// images/, folders with images in them are classes. Throws FileError, which lists the layouts, if
/// `directory` is none, fits no layout or two of them.
FolderLayout folder_layout(const std::string& directory);

}  // namespace trous
