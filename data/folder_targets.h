// A user's images and an image for each that is to be computed from it, as a data set.
#pragma once

#include <trous/data/folder.h>

namespace trous {

/// The images and targets of a folder, paired by the name before the extension:
///
///   DIR/images/1.jpg  DIR/targets/1.png  ...             split here, or
///   DIR/train/images/...  DIR/train/targets/...          and so validation/ (or val/) and test/
///
/// images    as folder() reads and pads them
/// targets   "target", Role::image: PNG or JPEG files of the size of their image, read like the images, but
///           with channels and a brightest number of their own. Padding is black in both.
/// splits    as those of folder(), without classes to spread
///
/// Every file is decoded once before this returns, in parallel. Throws one FileError that names every fault,
/// as folder() does: files without partner, sizes of an image and its target that differ, files that cannot
/// be read, and the faults of images that folder() names. Throws ArgumentError for a mask threshold.
Splits folder_targets(const FolderOptions& options);

}  // namespace trous
