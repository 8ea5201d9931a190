#include <algorithm>
#include <unordered_map>

#include <trous/core/error.h>
#include <trous/data/folder_faults.h>

namespace trous {
namespace {

// Adds images that two ready-made splits share.
void find_leaks(const FolderFiles& files, const std::vector<FolderItem>& items,
                std::vector<std::string>& faults) {
  for (const std::vector<std::size_t>& group : copied_images(items)) {
    const FolderItem& first = items[group.front()];
    for (const std::size_t i : group) {
      if (first.height == 0 || items[i].part == first.part) continue;
      faults.push_back(text(items[i].files.image, " shows the same pixels as ", first.files.image, ", so ",
                            files.parts[items[i].part].name, " would ask for what ",
                            files.parts[first.part].name, " has shown. Remove one of them."));
    }
  }
}

// Adds the images that are brighter than `white`.
void find_too_bright(const std::vector<FolderItem>& items, std::int64_t white,
                     std::vector<std::string>& faults) {
  for (const FolderItem& item : items) {
    if (white == 0 || item.brightest <= white) continue;
    faults.push_back(text(item.files.image, " has the number ", item.brightest, ", above ", white,
                          ", by which images of 16 bits are divided. Give images of one range."));
  }
}

}  // namespace

void fail_folder(const std::string& directory, const std::vector<std::string>& faults) {
  constexpr std::size_t shown = 50;
  const std::size_t count = faults.size();
  std::string list =
      text("folder: ", directory, " has ", count, count == 1 ? " fault" : " faults",
           ", so nothing was read from it. Mend ", count == 1 ? "it" : "them", " and start again:");
  for (std::size_t i = 0; i < std::min(count, shown); ++i) list += "\n  " + faults[i];
  if (count > shown) list += text("\n  and ", count - shown, " more");
  throw FileError(list);
}

std::string sentence_of(const FileError& error) {
  const std::string whole = error.what();
  const std::size_t colon = whole.find(": ");
  return colon == std::string::npos ? whole : whole.substr(colon + 2);
}

void check_folder_options(const FolderOptions& options) {
  if (options.mask_threshold < 0 || options.mask_threshold > 255) {
    throw ArgumentError(text("folder: mask_threshold ", options.mask_threshold,
                             " is not in 1 to 255. 128 is the middle between black, 0, and white, 255; 0 is "
                             "none."));
  }
  for (const std::int64_t white : {options.white, options.target_white}) {
    if (white >= 0 && white <= 65535) continue;
    throw ArgumentError(
        text("folder: white ", white, " is not in 1 to 65535. 0 takes what the folder says."));
  }
  if (options.resize && options.resize->longest < 1) {
    throw ArgumentError(text("folder: images cannot be resized to a longest side of ",
                             options.resize->longest, ". Give 1 or more."));
  }
}

void check_without_masks(const FolderOptions& options, const std::string& instead) {
  if (options.mask_threshold == 0) return;
  throw ArgumentError(text("folder: mask_threshold ", options.mask_threshold, " is for masks, and ",
                           options.directory, " has ", instead, ". Leave it out."));
}

std::vector<std::vector<std::size_t>> copied_images(const std::vector<FolderItem>& items) {
  std::vector<std::vector<std::size_t>> groups;
  std::unordered_map<std::uint64_t, std::size_t> group_of;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto [found, fresh] = group_of.try_emplace(items[i].hash, groups.size());
    if (fresh) groups.emplace_back();
    groups[found->second].push_back(i);
  }
  return groups;
}

void check_folder_images(const FolderFiles& files, const FolderOptions& options, FolderContent& content) {
  const bool ready_made = files.parts.size() > 1;
  if (ready_made) find_leaks(files, content.items, content.faults);
  find_too_bright(content.items, options.white, content.faults);
  const std::size_t different = copied_images(content.items).size();
  if (content.faults.empty() && !ready_made && !options.split && different < 3) {
    content.faults.push_back(text(
        files.directory, files.layout == FolderLayout::class_folders ? "" : "/images", " has ", different,
        " different images. 3 or more are needed: one each to train, to validate and "
        "to test."));
  }
  if (!content.faults.empty()) fail_folder(files.directory, content.faults);
}

}  // namespace trous
