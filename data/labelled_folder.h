// A user's images in a folder for each class, as a data set.
#pragma once

#include <functional>
#include <string>

#include <trous/data/folder.h>
#include <trous/data/folder_content.h>
#include <trous/data/folder_files.h>

namespace trous {

/// The images of a folder of class folders:
///
///   DIR/boot/1.png  DIR/sandal/1.jpg ...                     split here, or
///   DIR/train/boot/...  DIR/train/sandal/...                 and so validation/ (or val/) and test/
///
/// images    as folder() reads and pads them
/// targets   labels: int32 [], the place of the folder's name among the classes
/// classes   the names of the folders, sorted by their bytes
/// splits    as those of folder(), each class spread
///
/// Every file is decoded once before this returns, in parallel. Throws one FileError that names every fault,
/// as folder() does: an empty class folder, images beside the class folders, fewer than two classes or more
/// than 255, a class of ready-made splits that train lacks or that train alone has, files that cannot be
/// read, and the faults of images that folder() names. Throws ArgumentError for a mask threshold.
Splits labelled_folder(const FolderOptions& options);

/// The class of each image, by its path.
using ClassOfImage = std::function<std::string(const std::string& path)>;

/// The splits of decoded images whose classes are known. Throws the faults of `content`, of its images and of
/// their classes. `note` begins with "; " and says where the classes are from.
Splits splits_with_classes(const FolderFiles& files, const FolderOptions& options, FolderContent content,
                           const ClassOfImage& class_of, const std::string& note);

}  // namespace trous
