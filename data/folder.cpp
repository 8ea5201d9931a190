#include <algorithm>
#include <memory>
#include <numeric>
#include <set>
#include <utility>

#include <trous/core/error.h>
#include <trous/data/folder.h>
#include <trous/data/folder_classes.h>
#include <trous/data/folder_content.h>
#include <trous/data/folder_faults.h>
#include <trous/data/folder_files.h>
#include <trous/data/folder_layout.h>
#include <trous/data/folder_splits.h>
#include <trous/data/folder_store.h>
#include <trous/data/folder_table.h>
#include <trous/data/folder_targets.h>
#include <trous/data/labelled_folder.h>
#include <trous/data/palette.h>

namespace trous {
namespace {

using Indices = std::vector<std::size_t>;  // of items

// The classes of the numbers in a map of an item, whose keys they are.
template <class Map>
std::set<std::int32_t> labels_in(const Map& numbers, const FolderItem& item, const FolderClasses& classes) {
  std::set<std::int32_t> labels;
  for (const auto& [number, value] : numbers) {
    const std::int32_t label = classes.label(number, item.white);
    if (label != unknown_label) labels.insert(label);
  }
  return labels;
}

// Fewer than two classes among `indices` leave nothing to learn.
void check_classes(const std::string& directory, const FolderStore& store, const Indices& indices,
                   const std::string& which) {
  std::set<std::int32_t> present;
  bool smaller = false;
  for (const std::size_t i : indices) {
    const FolderItem& item = store.items[i];
    const std::set<std::int32_t> left = labels_in(item.places, item, store.classes);
    present.insert(left.begin(), left.end());
    smaller = smaller || item.is_resized();
  }
  if (present.size() >= 2) return;
  const std::string what = present.empty()
                               ? "are unknown everywhere"
                               : text("show only class ", *present.begin(), ", ",
                                      store.classes.names[static_cast<std::size_t>(*present.begin())]);
  fail_folder(directory, {text(which, " (", indices.size(), ") ", what,
                               ". There is nothing to learn; draw what is to be found, with another class",
                               smaller ? ", or make the images less small (--resize)." : ".")});
}

std::string notes(const FolderFiles& files, const FolderOptions& options, const FolderStore& store) {
  std::string result = store.classes.note + note_on_bits(store);
  if (options.resize) result += note_on_size(store, *options.resize, ", masks by the nearest pixel");
  const auto poorer = std::count_if(store.items.begin(), store.items.end(), [&](const FolderItem& item) {
    return item.is_resized() && labels_in(item.places, item, store.classes).size() <
                                    labels_in(item.numbers, item, store.classes).size();
  });
  if (poorer > 0)
    result += text("; ", poorer, poorer == 1 ? " mask" : " masks", " lost the last pixel of a class by that");
  return result + note_on_padding(store, "black and unknown") + note_on_ignored(files);
}

std::shared_ptr<FolderStore> store_of(const FolderFiles& files, const FolderOptions& options,
                                      FolderContent content) {
  auto store = std::make_shared<FolderStore>();
  store->classes = folder_classes(content, content.faults);
  if (!content.faults.empty()) fail_folder(files.directory, content.faults);
  store->take(std::move(content.items), options);
  store->table = std::move(content.table);
  return store;
}

}  // namespace

Splits folder(const FolderOptions& options) {
  check_folder_options(options);
  const FolderFiles files = options.split ? named_by(*options.split, list_folder(options.directory))
                                          : list_folder(options.directory);
  FolderContent content = read_folder_content(files, {options.memory, options.cache, options.resize},
                                              options.mask_threshold, options.on_progress);
  check_folder_images(files, options, content);
  const std::shared_ptr<const FolderStore> store = store_of(files, options, std::move(content));
  const ItemSplits splits = folder_splits(files, options, store->items, [&](std::size_t i) {
    return labels_in(store->items[i].numbers, store->items[i], store->classes);
  });
  Indices all(store->items.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  check_classes(files.directory, *store, all, "all masks");
  check_classes(files.directory, *store, splits[0], "the masks of the train split");

  const std::string note = notes(files, options, *store);
  return folder_data_sets(files, options, *store, splits, [&](Dataset& data, const Indices& indices) {
    data.source += note;
    data.classes = store->classes.names;
    data.sample = [store, indices](std::int64_t i) {
      return store->sample(indices[static_cast<std::size_t>(i)]);
    };
    data.parts = parts_of(store, indices);
  });
}

Splits open_folder(const FolderOptions& options) {
  switch (folder_layout(options.directory)) {
    case FolderLayout::class_folders:
      return labelled_folder(options);
    case FolderLayout::targets:
      return folder_targets(options);
    case FolderLayout::table:
      return folder_table(options);
    case FolderLayout::masks:
      break;
  }
  return folder(options);
}

}  // namespace trous
