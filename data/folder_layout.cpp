#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>

#include <trous/core/choices.h>
#include <trous/core/error.h>
#include <trous/data/folder_faults.h>
#include <trous/data/folder_layout.h>
#include <trous/data/image.h>

namespace trous {
namespace {

namespace fs = std::filesystem;

constexpr const char* layouts =
    "images/ with masks/ (a PNG mask of the same name for each image), "
    "images/ with targets/ (an image of the same name and size for each), "
    "images/ with labels.csv (a line for each image), "
    "or a folder of images for each class; all of them also inside train/, validation/ and test/.";

struct LayoutSign {
  std::string_view name;
  std::string entry;
  FolderLayout layout;
};

const std::array signs{LayoutSign{"masks/", "/masks", FolderLayout::masks},
                       LayoutSign{"targets/", "/targets", FolderLayout::targets},
                       LayoutSign{"labels.csv", "/labels.csv", FolderLayout::table}};

bool is_folder(const std::string& path) {
  std::error_code code;
  return fs::is_directory(path, code);
}

bool holds_images(const std::string& directory) {
  std::error_code code;
  for (fs::directory_iterator entry(directory, code), end; !code && entry != end; entry.increment(code)) {
    if (is_image_name(entry->path().string()) && !is_folder(entry->path().string())) return true;
  }
  return false;
}

bool has_class_folders(const std::string& directory) {
  const std::vector<std::string> folders = folders_in(directory);
  return std::any_of(folders.begin(), folders.end(),
                     [&](const std::string& name) { return holds_images(directory + "/" + name); });
}

}  // namespace

std::vector<std::string> ready_made_splits(const std::string& directory) {
  std::vector<std::string> ready;
  for (const char* name : {"train", "validation", "val", "test"}) {
    if (is_folder(directory + "/" + name)) ready.emplace_back(name);
  }
  return ready;
}

std::vector<std::string> folders_in(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code code;
  for (fs::directory_iterator entry(directory, code), end; !code && entry != end; entry.increment(code)) {
    std::string name = entry->path().filename().string();
    if (!name.starts_with('.') && is_folder(entry->path().string())) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

FolderLayout folder_layout(const std::string& directory) {
  std::error_code code;
  if (!is_folder(directory)) {
    fail_folder(directory,
                {text(directory, fs::exists(directory, code) ? " is no directory." : " does not exist.",
                      " Give a directory with one of these layouts: ", layouts)});
  }
  std::vector<std::string> places{directory};
  for (const std::string& name : ready_made_splits(directory)) places.push_back(text(directory, '/', name));
  const auto anywhere = [&](const std::string& entry) {
    return std::any_of(places.begin(), places.end(),
                       [&](const std::string& place) { return fs::exists(place + entry, code); });
  };
  std::vector<std::string_view> found;
  FolderLayout layout = FolderLayout::class_folders;
  for (const LayoutSign& sign : signs) {
    if (!anywhere(sign.entry)) continue;
    found.push_back(sign.name);
    layout = sign.layout;
  }
  if (found.size() > 1) {
    fail_folder(directory,
                {text(directory, " has ", listed(found, " and "),
                      ", so it could be read in several ways. Keep one of these layouts: ", layouts)});
  }
  const bool images = anywhere("/images");
  if (found.empty() && (images || std::none_of(places.begin(), places.end(), has_class_folders))) {
    fail_folder(directory, {text(directory,
                                 images ? " has images/ and nothing that says what they show."
                                        : " has no images that could be learned from.",
                                 " Make one of these layouts: ", layouts)});
  }
  return layout;
}

}  // namespace trous
