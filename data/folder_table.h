// A user's images and a table that says what each shows, as a data set.
#pragma once

#include <trous/data/folder.h>

namespace trous {

/// The images of a folder, with a line for each in a table:
///
///   DIR/images/1.jpg ...  DIR/labels.csv                 split here, or
///   DIR/train/images/...  DIR/train/labels.csv           and so validation/ (or val/) and test/
///
///   image,label          image,x,y
///   1.jpg,boot           1.jpg,0.5,-3
///
/// images    as folder() reads and pads them
/// table     as read_csv reads it. The first line names the columns. The first column has the name of an
/// image
///           in images/.
/// targets   A second column called label or class, in capitals or not, holds the name of a class: labels,
///           int32 [], the place among the classes, which are sorted by their bytes. Columns of other names,
///           one or more, hold numbers such as 3, -0.5 or 1e3: Role::numbers, float32 [columns], as they
///           stand.
/// splits    as those of folder(), each class spread
///
/// Whether cells look like numbers decides nothing, so a table does not change its meaning with a line.
/// Numbers that are few and whole could be classes; `source` says so.
///
/// Every file is decoded once before this returns, in parallel. Throws one FileError that names every fault,
/// as folder() does: a table that is missing or cannot be read, columns of other names than in another split,
/// lines with too many or too few cells, with a name that is no image or stands twice, without a class, or
/// with what is no finite number, images without a line, and the faults of images and classes that folder()
/// and labelled_folder() name. Throws ArgumentError for a mask threshold.
Splits folder_table(const FolderOptions& options);

}  // namespace trous
