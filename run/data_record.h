// The record of a run's data: which image was in which split (split.json), and the digests of all files.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <trous/core/on_progress.h>
#include <trous/data/dataset.h>
#include <trous/data/folder.h>

namespace trous {

/// SHA-256 of an image and of its mask or target, if it has one.
struct PairDigests {
  std::string image, mask;
  friend bool operator==(const PairDigests&, const PairDigests&) = default;
};

/// The images of a folder by Dataset::names.
using FolderDigests = std::map<std::string, PairDigests>;

/// The data of a run that learned from a folder.
struct RunData {
  std::optional<SplitNames> split;  ///< absent where a run of an earlier trous did not write split.json
  FolderDigests digests;
  std::optional<std::string>
      table;  ///< SHA-256 of classes.json or labels.csv, if there was one; of several all
};

/// The names of the samples of each split; nothing where they have none.
std::optional<SplitNames> split_names_of(const Splits& data);

/// The contents of split.json. Throws ArgumentError for a name that is not UTF-8.
std::string to_json(const SplitNames& names);

/// Reads the split.json at `path`. Throws FileError naming the place of what is damaged.
SplitNames read_split(const std::string& path);

/// The record of the run in the folder `run`; nothing if it learned from no folder of images. Throws
/// FileError, naming file and place, if environment.json or split.json is damaged.
std::optional<RunData> run_data(const std::string& run);

/// The names of the images of `directory` that are not in the record.
std::vector<std::string> new_images(const RunData& past, const std::string& directory);

/// Whether classes.json or labels.csv of `directory` is the one that the run has read, or is missing now as
/// then.
bool has_same_table(const RunData& past, const std::string& directory);

/// The digests of all images and masks that `directory` holds now. Calls `on_progress` with the pairs that
/// are read. Throws FileError for files that cannot be read.
FolderDigests folder_digests(const std::string& directory, const OnProgress& on_progress = nullptr);

/// The differences between a folder and the record of the run.
struct FolderChanges {
  std::vector<std::string> added, gone, changed;  ///< by name

  bool none() const { return added.empty() && gone.empty() && changed.empty(); }
};
FolderChanges changes_since(const RunData& past, const FolderDigests& now);

/// The samples of `split` whose image is, byte for byte, a training image of the run.
std::vector<std::string> trained_on(const RunData& past, const FolderDigests& now, const Dataset& split);

}  // namespace trous
