// The places of the files that a command writes. They are checked before the work, so that no work is lost
// and nothing is left behind.
#pragma once

#include <string>

namespace trous::cli {

/// Throws FileError, naming the option `flag`, unless a file can be made at `path`: its folder must be there.
void check_file(const std::string& path, const std::string& flag);

/// Throws FileError, naming the option `flag`, if something other than an empty folder is at `path`.
void check_new_folder(const std::string& path, const std::string& flag);

/// Makes the folder and those above it. Throws FileError naming the option `flag`.
void make_folder(const std::string& path, const std::string& flag);

/// `word` as a shell takes it: in quotes where it needs them.
std::string shell_word(const std::string& word);

}  // namespace trous::cli
