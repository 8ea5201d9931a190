#include <filesystem>

#include <trous/cli/output.h>
#include <trous/core/error.h>

namespace trous::cli {

namespace fs = std::filesystem;

void check_file(const std::string& path, const std::string& flag) {
  std::error_code failure;
  const fs::path folder = fs::path(path).parent_path();
  if (!folder.empty() && !fs::is_directory(folder, failure)) {
    throw FileError(
        text(path, ": there is no folder ", folder.string(), ". Make it, or choose another ", flag, '.'));
  }
  if (fs::is_directory(path, failure))
    throw FileError(text(path, ": it is a folder. Give ", flag, " the name of a file."));
}

void check_new_folder(const std::string& path, const std::string& flag) {
  std::error_code failure;
  if (!fs::exists(fs::symlink_status(path, failure))) return;
  if (fs::is_directory(path, failure) && fs::is_empty(path, failure)) return;
  throw FileError(text(path, ": it exists and is not an empty folder. Choose another ", flag, '.'));
}

void make_folder(const std::string& path, const std::string& flag) {
  std::error_code failure;
  fs::create_directories(path, failure);
  if (!failure && !fs::is_directory(path, failure))
    failure = std::make_error_code(std::errc::not_a_directory);
  if (failure) {
    throw FileError(
        text(path, ": the folder cannot be made, ", failure.message(), ". Choose another ", flag, '.'));
  }
}

std::string shell_word(const std::string& word) {
  const bool bare = !word.empty() && word.find_first_not_of(
                                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                         "./_-+=,:") == std::string::npos;
  if (bare) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + '\'';
}

}  // namespace trous::cli
