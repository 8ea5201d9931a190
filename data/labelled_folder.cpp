#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include <trous/core/choices.h>
#include <trous/core/error.h>
#include <trous/data/folder_faults.h>
#include <trous/data/folder_images.h>
#include <trous/data/folder_splits.h>
#include <trous/data/labelled_folder.h>

namespace trous {
namespace {

constexpr std::size_t max_label_classes = 255;  // 255 itself is unknown_label

// The parts that show each class.
std::map<std::string, std::set<std::size_t>> parts_of_classes(const FolderContent& content,
                                                              const ClassOfImage& class_of) {
  std::map<std::string, std::set<std::size_t>> result;
  for (const FolderItem& item : content.items) result[class_of(item.files.image)].insert(item.part);
  return result;
}

// Adds classes of which one ready-made split alone has images, and those that train lacks.
void find_lonely_classes(const FolderFiles& files, const FolderContent& content, const ClassOfImage& class_of,
                         std::vector<std::string>& faults) {
  for (const auto& [name, parts] : parts_of_classes(content, class_of)) {
    const std::string& first = files.parts[*parts.begin()].name;
    if (first != "train") {
      faults.push_back(text(files.directory, " has images of the class ", name, " for ", first,
                            " and none to train on. Add some to train/, or move the class away."));
    } else if (parts.size() == 1) {
      faults.push_back(
          text(files.directory, " has images of the class ", name,
               " to train on and none to score. Add some to validation/, or move the class away."));
    }
  }
}

void check_label_classes(const FolderFiles& files, const FolderOptions& options, FolderContent& content,
                         const ClassOfImage& class_of) {
  const auto classes = parts_of_classes(content, class_of);
  if (files.faults.empty() && classes.size() == 1) {
    content.faults.push_back(text(files.directory, " has one class, ", classes.begin()->first,
                                  ". There is nothing to tell apart; add images of another class."));
  } else if (classes.size() > max_label_classes) {
    content.faults.push_back(
        text(files.directory, " has ", classes.size(),
             " classes. 2 to 255 are possible; merge some, and put numbers into a column "
             "that is not called label or class."));
  } else if (files.faults.empty() && files.parts.size() > 1 && !options.split) {
    find_lonely_classes(files, content, class_of, content.faults);
  }
}

std::string note_on_classes(const std::vector<std::string>& classes) {
  constexpr std::size_t shown = 20;
  const std::vector<std::string_view> first(
      classes.begin(), classes.begin() + static_cast<std::ptrdiff_t>(std::min(shown, classes.size())));
  const std::string more = classes.size() > shown ? text(" and ", classes.size() - shown, " more") : "";
  return text(", sorted: ", listed(first, ", "), more);
}

// Fewer than two classes to train on leave nothing to learn.
void check_training_classes(const FolderFiles& files, const std::vector<std::string>& classes,
                            const std::vector<std::int32_t>& labels, const std::vector<std::size_t>& train) {
  std::set<std::int32_t> present;
  for (const std::size_t i : train) present.insert(labels[i]);
  if (present.size() > 1) return;
  fail_folder(files.directory,
              {text("the images of the train split (", train.size(), ") show only the class ",
                    classes[static_cast<std::size_t>(*present.begin())],
                    ". There is nothing to tell apart; add images of another class.")});
}

}  // namespace

Splits splits_with_classes(const FolderFiles& files, const FolderOptions& options, FolderContent content,
                           const ClassOfImage& class_of, const std::string& note) {
  check_label_classes(files, options, content, class_of);
  check_folder_images(files, options, content);
  auto images = std::make_shared<FolderImages>();
  images->take(std::move(content.items), options);
  std::vector<std::string> classes;
  std::vector<std::int32_t> labels;
  for (const FolderItem& item : images->items) classes.push_back(class_of(item.files.image));
  std::sort(classes.begin(), classes.end());
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  for (const FolderItem& item : images->items) {
    const auto found = std::lower_bound(classes.begin(), classes.end(), class_of(item.files.image));
    labels.push_back(static_cast<std::int32_t>(found - classes.begin()));
  }
  const ItemSplits splits =
      folder_splits(files, options, images->items, [&](std::size_t i) { return std::set{labels[i]}; });
  check_training_classes(files, classes, labels, splits[0]);
  const std::string all_notes =
      text(note, note_on_classes(classes), notes_on_images(*images, files, options));
  const TargetOfItem target = [labels](std::size_t i, const PixelBox*) {
    return Tensor::full({}, DType::int32, labels[i]);
  };
  return folder_data_sets(files, options, *images, splits, [&](Dataset& data, const auto& indices) {
    data.source += all_notes;
    data.classes = classes;
    data.target = {.name = "label", .role = Role::label};
    give_samples(data, images, indices, target);
  });
}

Splits labelled_folder(const FolderOptions& options) {
  check_folder_options(options);
  check_without_masks(options, "class folders");
  FolderFiles files = list_folder(options.directory, FolderLayout::class_folders);
  if (options.split) files = named_by(*options.split, std::move(files));
  FolderContent content =
      read_folder_content(files, {options.memory, options.cache, options.resize}, 0, options.on_progress);
  const auto class_of = [](const std::string& path) {
    return std::filesystem::path(path).parent_path().filename().string();
  };
  return splits_with_classes(files, options, std::move(content), class_of,
                             "; the classes are the names of the folders");
}

}  // namespace trous
