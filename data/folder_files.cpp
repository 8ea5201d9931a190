#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <system_error>

#include <trous/core/error.h>
#include <trous/core/utf8.h>
#include <trous/data/folder_files.h>
#include <trous/data/image.h>

namespace trous {
namespace {

namespace fs = std::filesystem;

// The images of one directory by stem, and what else it holds.
struct Listing {
  bool readable = false;
  std::map<std::string, std::vector<std::string>> images;  // stem to file names, both in order
  std::vector<std::string> others;
};

std::string stem_of(const std::string& name) { return name.substr(0, name.rfind('.')); }

bool is_directory(const std::string& path) {
  std::error_code code;
  return fs::is_directory(path, code);
}

class Lister {
 public:
  Lister(const std::string& directory, FolderLayout layout)
      : directory_(directory),
        partner_(layout == FolderLayout::masks     ? "mask"
                 : layout == FolderLayout::targets ? "target"
                                                   : "label") {
    files_.directory = directory;
    files_.layout = layout;
    files_.partner = partner_;
  }

  FolderFiles run() {
    std::error_code code;
    if (!has_utf8_name(directory_)) return std::move(files_);
    if (!fs::is_directory(directory_, code)) {
      fault(text(directory_, fs::exists(directory_, code) ? " is no directory." : " does not exist.",
                 " Give a directory with images/ and masks/ in it."));
      return std::move(files_);
    }
    const bool classes = files_.layout == FolderLayout::class_folders;
    const std::vector<std::string> ready = ready_made_splits(directory_);
    const bool whole =
        classes ? folders_in(directory_).size() > ready.size()
                : is_directory(directory_ + "/images") || fs::exists(directory_ + "/" + place(), code);
    if (whole && !ready.empty()) {
      fault(text(directory_, classes ? std::string(" has class folders") : " has images/ or " + place(),
                 " and also ", ready.front(), "/. Keep one layout: move the other away."));
    } else if (whole) {
      add_part("", directory_);
    } else if (!ready.empty()) {
      add_ready_made(ready);
    } else {
      fault(nothing_there());
    }
    if (files_.layout == FolderLayout::masks && fs::exists(directory_ + "/classes.json", code)) {
      files_.class_table = directory_ + "/classes.json";
      files_.tables = {*files_.class_table};
    }
    return std::move(files_);
  }

 private:
  // Runs, reports and checkpoints name files in JSON, which is UTF-8.
  bool has_utf8_name(const std::string& path) {
    if (is_utf8(path)) return true;
    fault(text(escaped_bytes(path), " has a name that is not UTF-8, in which runs record it. Rename it."));
    return false;
  }

  void fault(std::string sentence) { files_.faults.push_back(std::move(sentence)); }

  void add_ready_made(const std::vector<std::string>& ready) {
    const auto has = [&](const char* name) {
      return std::find(ready.begin(), ready.end(), name) != ready.end();
    };
    if (has("validation") && has("val")) {
      fault(text(directory_, " has validation/ and val/. Keep one of them."));
    } else if (!has("validation") && !has("val")) {
      fault(text(directory_, " has ", ready.front(),
                 "/ but no validation/, which decides when the network is at its best. Move some ",
                 images_with(), " there."));
    }
    if (!has("train")) {
      fault(text(directory_, " has ", ready.front(),
                 "/ but no train/, which the network learns from. Add it."));
    }
    for (const std::string& name : ready) {
      add_part(name == "val" ? "validation" : name, directory_ + "/" + name);
    }
  }

  // What says what images show, beside images/.
  std::string place() const { return files_.layout == FolderLayout::table ? "labels.csv" : partner_ + "s/"; }

  std::string images_with() const {
    return files_.layout == FolderLayout::class_folders ? "images of each class"
           : files_.layout == FolderLayout::table       ? "images and their lines of labels.csv"
                                                        : "pairs of images and " + partner_ + "s";
  }

  void add_part(const std::string& name, const std::string& directory) {
    FolderPart part{.name = name, .directory = directory, .pairs = {}};
    if (files_.layout == FolderLayout::class_folders) {
      add_classes(part, directory);
    } else if (files_.layout == FolderLayout::table) {
      part.table = directory + "/labels.csv";
      files_.tables.push_back(part.table);
      add_images(part, directory + "/images");
    } else {
      add_pairs(part, directory);
    }
    files_.parts.push_back(std::move(part));
  }

  void add_classes(FolderPart& part, const std::string& directory) {
    const Listing beside = list(directory, false);
    if (!beside.images.empty()) {
      const std::string& first = beside.images.begin()->second.front();
      fault(text(directory, " has ", count_of(beside), " beside its class folders, such as ", first,
                 ". Move each into the folder of its class."));
    }
    const std::vector<std::string> names = folders_in(directory);
    if (names.empty())
      fault(text(directory, " has no class folder. Make a folder of images for each class."));
    for (const std::string& name : names) {
      const std::string folder = text(directory, '/', name);
      if (has_utf8_name(folder)) add_images(part, folder);
    }
  }

  static std::string count_of(const Listing& listing) {
    std::size_t count = 0;
    for (const auto& [stem, names] : listing.images) count += names.size();
    return text(count, count == 1 ? " image" : " images");
  }

  void add_images(FolderPart& part, const std::string& directory) {
    const Listing images = list(directory);
    no_images(directory, images);
    for (const auto& [stem, names] : images.images) {
      for (const std::string& name : names) part.pairs.push_back({text(directory, '/', name), ""});
    }
  }

  void no_images(const std::string& directory, const Listing& images) {
    if (!images.readable || !images.images.empty()) return;
    const std::string evidence =
        images.others.empty()
            ? "It is empty"
            : text("It has ", images.others.size(), " other entries, such as ", images.others.front());
    fault(text(directory, " has no PNG or JPEG file. ", evidence, ". ",
               files_.layout == FolderLayout::class_folders
                   ? "Put PNG or JPEG images of the class there, or remove the folder."
                   : "Convert the images to PNG or JPEG."));
  }

  void add_pairs(FolderPart& part, const std::string& directory) {
    const std::string images_in = directory + "/images", masks_in = directory + "/" + partner_ + "s";
    const Listing images = list(images_in), masks = list(masks_in);
    no_images(images_in, images);
    for (const auto& [stem, names] : images.images) {
      const bool one = only_one(images_in, stem, names);
      if (!masks.readable) continue;
      const auto found = masks.images.find(stem);
      if (found == masks.images.end()) {
        no_mask(images_in + "/" + names.front(), stem, masks_in, masks);
      } else if (one && found->second.size() == 1) {
        part.pairs.push_back({images_in + "/" + names.front(), masks_in + "/" + found->second.front()});
      }
    }
    for (const auto& [stem, names] : masks.images) {
      only_one(masks_in, stem, names);
      if (images.readable && !images.images.contains(stem)) {
        fault(text(masks_in, "/", names.front(), " has no image: ", images_in, " has no ", stem,
                   ".png, .jpg or .jpeg. Add it, or move the ", partner_, " away."));
      }
    }
  }

  bool only_one(const std::string& directory, const std::string& stem,
                const std::vector<std::string>& names) {
    if (names.size() == 1) return true;
    std::string list = names.front();
    for (std::size_t i = 1; i < names.size(); ++i)
      list += (i + 1 == names.size() ? " and " : ", ") + names[i];
    fault(text(directory, " has ", list, ", all of the stem ", stem, ". Keep one of them, or rename."));
    return false;
  }

  void no_mask(const std::string& image, const std::string& stem, const std::string& masks_in,
               const Listing& masks) {
    const auto other = std::find_if(masks.others.begin(), masks.others.end(),
                                    [&](const std::string& name) { return stem_of(name) == stem; });
    const bool is_mask = files_.layout == FolderLayout::masks;
    if (other != masks.others.end()) {
      fault(text(image, " has no ", partner_, ": ", masks_in, "/", *other, " is no PNG",
                 is_mask ? "" : " or JPEG", " by its name. Save it as ", stem, ".png."));
    } else {
      fault(text(image, " has no ", partner_, ": ", masks_in, " has no ", stem,
                 is_mask ? ".png" : ".png, .jpg or .jpeg", ". Add it, or move the image away."));
    }
  }

  // What lies in a directory; `count_others` says whether what is no image was ignored.
  Listing list(const std::string& directory, bool count_others = true) {
    constexpr std::array<const char*, 2> silent{"Thumbs.db", "desktop.ini"};
    Listing result;
    std::error_code code;
    std::vector<std::string> images;
    for (fs::directory_iterator entry(directory, code), end; !code && entry != end; entry.increment(code)) {
      const std::string name = entry->path().filename().string();
      if (name.starts_with('.') || std::find(silent.begin(), silent.end(), name) != silent.end()) continue;
      const bool is_image = is_image_name(name) && !is_directory(entry->path().string());
      if (is_image && !has_utf8_name(text(directory, '/', name))) continue;
      (is_image ? images : result.others).push_back(name);
    }
    if (code) {
      fault(code == std::errc::no_such_file_or_directory
                ? text(directory, " does not exist. Make it: images/ holds the images, ", missing())
                : text(directory, " cannot be listed. The system says: ", code.message(),
                       ". Make it a directory that can be read."));
      return result;
    }
    std::sort(images.begin(), images.end());
    for (const std::string& name : images) result.images[stem_of(name)].push_back(name);
    std::sort(result.others.begin(), result.others.end());
    if (!count_others) return result;
    if (!result.others.empty() && files_.ignored == 0) {
      files_.first_ignored = escaped_bytes(directory + "/" + result.others.front());
    }
    files_.ignored += static_cast<std::int64_t>(result.others.size());
    result.readable = true;
    return result;
  }

  std::string nothing_there() const {
    if (files_.layout == FolderLayout::class_folders)
      return directory_ + " has no class folder. Make a folder of images for each class.";
    const std::string rest =
        ", and no train/ and validation/ with these in them. Put the images into images/ and ";
    if (files_.layout == FolderLayout::table)
      return directory_ + " has no images/ and labels.csv" + rest + "a line for each into labels.csv.";
    return text(directory_, " has no images/ and ", place(), rest, "a ", partner_,
                " of the same name for each into ", place(), ".");
  }

  std::string missing() const {
    if (files_.layout == FolderLayout::table) return "labels.csv a line for each.";
    return text(partner_, "s/ a ", partner_, " of the same name for each.");
  }

  std::string directory_;
  std::string partner_;
  FolderFiles files_;
};

}  // namespace

FolderFiles list_folder(const std::string& directory, FolderLayout layout) {
  std::string trimmed = directory;
  while (trimmed.size() > 1 && trimmed.ends_with('/')) trimmed.pop_back();
  return Lister(trimmed, layout).run();
}

}  // namespace trous
