// What a run remembers of its data: which image was in which split, and the digests of all files.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <trous/data/dataset.h>
#include <trous/data/folder.h>

namespace trous {

/// SHA-256 of an image and of its mask.
struct PairDigests {
  std::string image, mask;
  friend bool operator==(const PairDigests&, const PairDigests&) = default;
};

/// The images of a folder by Dataset::names.
using FolderDigests = std::map<std::string, PairDigests>;

struct RunData {
  std::optional<SplitNames> split;  ///< absent where a run of an earlier trous did not write split.json
  FolderDigests digests;
  std::optional<std::string> table;  ///< SHA-256 of classes.json, if there was one
};

/// The contents of split.json of a run on `data`; nothing where its samples have no names. Throws
/// ArgumentError for a name that is not UTF-8.
std::optional<std::string> split_json(const Splits& data);

/// What the run in the folder `run` remembers of its data; nothing where it lists no files of a folder.
/// Throws FileError, naming file and place, if what it has written is damaged.
std::optional<RunData> run_data(const std::string& run);

/// The images of `directory` that the run did not know, by name.
std::vector<std::string> new_images(const RunData& past, const std::string& directory);

/// Whether classes.json of `directory` is the one that the run has read, or is missing now as then.
bool has_same_table(const RunData& past, const std::string& directory);

/// The digests of all images and masks that `directory` holds now. Throws FileError for files that cannot be
/// read.
FolderDigests folder_digests(const std::string& directory);

/// What became of the folder since the run began.
struct FolderChanges {
  std::vector<std::string> added, gone, changed;  ///< by name

  bool none() const { return added.empty() && gone.empty() && changed.empty(); }
};
FolderChanges changes_since(const RunData& past, const FolderDigests& now);

/// The samples of `split` whose image is, byte for byte, a training image of the run.
std::vector<std::string> trained_on(const RunData& past, const FolderDigests& now, const Dataset& split);

}  // namespace trous
