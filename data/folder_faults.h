// The faults of a user's folder, whatever its layout: how they are thrown, and those of images alone.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <trous/core/error.h>
#include <trous/data/folder.h>
#include <trous/data/folder_content.h>

namespace trous {

/// Throws FileError with all `faults`, one a line, 50 at most, and their count.
[[noreturn]] void fail_folder(const std::string& directory, const std::vector<std::string>& faults);

/// The text of an error without the name of its function: a fault.
std::string sentence_of(const FileError& error);

/// Throws ArgumentError for a threshold, a white or a size out of range.
void check_folder_options(const FolderOptions& options);

/// Throws ArgumentError for options that concern masks, in a folder that has `instead` of them.
void check_without_masks(const FolderOptions& options, const std::string& instead);

/// The items in groups of equal images, in the order of their first members.
std::vector<std::vector<std::size_t>> copied_images(const std::vector<FolderItem>& items);

/// Adds to `content.faults` images that two ready-made splits share and images that are brighter than
/// FolderOptions::white; where there is no other fault, fewer than three images to split. Throws as
/// fail_folder if there are any.
void check_folder_images(const FolderFiles& files, const FolderOptions& options, FolderContent& content);

}  // namespace trous
