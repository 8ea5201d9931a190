#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include <trous/core/error.h>
#include <trous/data/folder.h>
#include <trous/data/folder_classes.h>
#include <trous/data/folder_content.h>
#include <trous/data/folder_files.h>
#include <trous/data/folder_split.h>
#include <trous/data/folder_store.h>
#include <trous/data/image.h>
#include <trous/data/mask.h>
#include <trous/data/palette.h>

namespace trous {
namespace {

using Indices = std::vector<std::size_t>;  // of items

[[noreturn]] void fail(const std::string& directory, const std::vector<std::string>& faults) {
  constexpr std::size_t shown = 50;
  const std::size_t count = faults.size();
  std::string list =
      text("folder: ", directory, " has ", count, count == 1 ? " fault" : " faults",
           ", so nothing was read from it. Mend ", count == 1 ? "it" : "them", " and start again:");
  for (std::size_t i = 0; i < std::min(count, shown); ++i) list += "\n  " + faults[i];
  if (count > shown) list += text("\n  and ", count - shown, " more");
  throw FileError(list);
}

// The items in groups of equal images, in the order of their first members.
std::vector<Indices> copies(const std::vector<FolderItem>& items) {
  std::vector<Indices> groups;
  std::unordered_map<std::uint64_t, std::size_t> group_of;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto [found, fresh] = group_of.try_emplace(items[i].hash, groups.size());
    if (fresh) groups.emplace_back();
    groups[found->second].push_back(i);
  }
  return groups;
}

void find_leaks(const FolderFiles& files, const std::vector<FolderItem>& items,
                std::vector<std::string>& faults) {
  for (const Indices& group : copies(items)) {
    const FolderItem& first = items[group.front()];
    for (const std::size_t i : group) {
      if (first.height == 0 || items[i].part == first.part) continue;
      faults.push_back(text(items[i].files.image, " shows the same pixels as ", first.files.image, ", so ",
                            files.parts[items[i].part].name, " would ask for what ",
                            files.parts[first.part].name, " has shown. Remove one of them."));
    }
  }
}

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

std::vector<SplitGroup> groups_of(const FolderStore& store) {
  std::vector<SplitGroup> groups;
  for (const Indices& group : copies(store.items)) {
    groups.push_back({.items = group, .classes = {}});
    for (const std::size_t i : group) {
      const FolderItem& item = store.items[i];
      groups.back().classes.merge(labels_in(item.numbers, item, store.classes));
    }
  }
  return groups;
}

// The splits of an earlier run.
ItemSplits remembered(const FolderFiles& files, const std::vector<FolderItem>& items,
                      const SplitNames& names) {
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < items.size(); ++i) places[files.name_of(items[i].files)] = i;
  ItemSplits result;
  const std::array<const std::vector<std::string>*, 3> lists{&names.train, &names.validation, &names.test};
  for (std::size_t split = 0; split < 3; ++split) {
    for (const std::string& name : *lists[split]) {
      if (const auto found = places.find(name); found != places.end()) result[split].push_back(found->second);
    }
  }
  return result;
}

// The files of a folder that a split names, so that files added since change nothing.
FolderFiles named_by(const SplitNames& split, FolderFiles files) {
  std::set<std::string> wanted, there;
  for (const std::vector<std::string>* names : {&split.train, &split.validation, &split.test})
    wanted.insert(names->begin(), names->end());
  for (FolderPart& part : files.parts) {
    std::erase_if(part.pairs, [&](const FolderPair& pair) {
      const std::string name = files.name_of(pair);
      if (wanted.contains(name)) there.insert(name);
      return !wanted.contains(name);
    });
  }
  files.ignored = 0;
  const bool hidden = std::any_of(wanted.begin(), wanted.end(), [&](const std::string& name) {
    std::error_code failure;
    return !there.contains(name) && std::filesystem::exists(files.directory + '/' + name, failure);
  });
  if (hidden && !files.faults.empty()) fail(files.directory, files.faults);
  files.faults.clear();  // they concern files that are not named, or that are gone
  for (const auto& [names, word] :
       {std::pair{&split.train, "train"}, std::pair{&split.validation, "validation"},
        std::pair{&split.test, "test"}}) {
    if (std::any_of(names->begin(), names->end(),
                    [&](const std::string& name) { return there.contains(name); }))
      continue;
    files.faults.push_back(text("none of the ", names->size(), " images of the ", word,
                                " split is there any more with its mask. Put them back."));
  }
  if (!files.faults.empty()) fail(files.directory, files.faults);
  return files;
}

// The ready-made splits of the folder.
ItemSplits given(const FolderFiles& files, const std::vector<FolderItem>& items) {
  ItemSplits result;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string& name = files.parts[items[i].part].name;
    result[name == "train" ? 0 : name == "validation" ? 1 : 2].push_back(i);
  }
  if (result[2].empty()) result[2] = result[1];
  return result;
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
  fail(directory, {text(which, " (", indices.size(), ") ", what,
                        ". There is nothing to learn; draw what is to be found, with another class",
                        smaller ? ", or make the images less small (--resize)." : ".")});
}

// The number by which images of 16 bits are divided, if there are any.
std::string note_on_bits(const FolderStore& store) {
  std::int64_t deep = 0, brightest = 0;
  for (const FolderItem& item : store.items) {
    deep += item.brightest > 0;
    brightest = std::max(brightest, item.brightest);
  }
  if (deep == 0) return {};
  const auto all = static_cast<std::int64_t>(store.items.size());
  return text("; ", deep, " of ", all, deep == 1 ? " image has" : " images have",
              " 16 bits, their brightest number is ", brightest, ": divided by ", store.white,
              deep < all ? ", the others by 255" : "");
}

// What became smaller, and the masks in which a class got lost with it.
std::string note_on_size(const FolderStore& store, const Resize& resize) {
  const FolderItem* largest = nullptr;
  std::int64_t smaller = 0, poorer = 0;
  for (const FolderItem& item : store.items) {
    if (!item.is_resized()) continue;
    ++smaller;
    poorer += labels_in(item.places, item, store.classes).size() <
              labels_in(item.numbers, item, store.classes).size();
    if (!largest ||
        item.in_file.height * item.in_file.width > largest->in_file.height * largest->in_file.width)
      largest = &item;
  }
  const auto all = static_cast<std::int64_t>(store.items.size());
  if (!largest) {
    return text("; no image is longer than ", resize.longest, " pixels, so none was resized");
  }
  std::string note = text("; ", smaller, " of ", all, smaller == 1 ? " image" : " images", " of up to ",
                          largest->in_file.width, " x ", largest->in_file.height, " resized to ",
                          resize.longest, " pixels on the longest side (", name(resize.filter),
                          ", masks by the nearest pixel), and learned and scored so");
  if (poorer > 0)
    note += text("; ", poorer, poorer == 1 ? " mask" : " masks", " lost the last pixel of a class by that");
  return note;
}

std::string notes(const FolderFiles& files, const FolderOptions& options, const FolderStore& store) {
  std::string result = store.classes.note + note_on_bits(store);
  if (options.resize) result += note_on_size(store, *options.resize);
  const auto smaller = std::count_if(store.items.begin(), store.items.end(), [&](const FolderItem& item) {
    return item.height != store.height || item.width != store.width;
  });
  if (smaller > 0) {
    result +=
        text("; ", smaller, " of ", store.items.size(), " images padded at the bottom and the right to ",
             store.width, " x ", store.height, ", there black and unknown");
  }
  if (files.ignored > 0) {
    result += text("; ", files.ignored, files.ignored == 1 ? " entry that is" : " entries that are",
                   " no PNG or JPEG ignored, such as ", files.first_ignored);
  }
  return result;
}

std::string origin(const FolderFiles& files, const FolderOptions& options, const FolderStore& store,
                   std::size_t split, std::size_t size) {
  constexpr std::array<const char*, 3> names{"train", "validation", "test"};
  std::string result = text("PNG and JPEG files of ", files.directory, ", ");
  if (files.parts.size() > 1) {
    const bool missing = split == 2 && files.parts.size() == 2;
    return result +
           (missing ? "its validation split, since it has no test/" : text("its ", names[split], " split"));
  }
  result += text(size, " of ", store.items.size(), " images, ");
  if (options.split) return result + "split as the run remembers it";
  const std::size_t copied = store.items.size() - copies(store.items).size();
  result += text("split 70/15/15 with seed ", options.seed, options.stratified ? ", each class spread" : "");
  if (copied > 0)
    result += text("; ", copied, copied == 1 ? " copy" : " copies", " kept in the split of the original");
  return result;
}

std::vector<std::string> all_files(const FolderFiles& files, const std::vector<FolderItem>& items) {
  std::vector<std::string> result;
  if (files.class_table) result.push_back(*files.class_table);
  for (const FolderItem& item : items) {
    result.push_back(item.files.image);
    result.push_back(item.files.mask);
  }
  return result;
}

void check(const FolderOptions& options) {
  if (options.mask_threshold < 0 || options.mask_threshold > 255) {
    throw ArgumentError(text("folder: mask_threshold ", options.mask_threshold,
                             " is not in 1 to 255. 128 is the middle between black, 0, and white, 255; 0 is "
                             "none."));
  }
  if (options.white < 0 || options.white > 65535) {
    throw ArgumentError(
        text("folder: white ", options.white, " is not in 1 to 65535. 0 takes what the folder says."));
  }
  if (options.resize && options.resize->longest < 1) {
    throw ArgumentError(text("folder: images cannot be resized to a longest side of ",
                             options.resize->longest, ". Give 1 or more."));
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

// Collects the faults of the folder. Each kind is looked for only if the kinds before it allow it.
void check_content(const FolderFiles& files, const FolderOptions& options, FolderContent& content) {
  const bool ready_made = files.parts.size() > 1;
  if (ready_made) find_leaks(files, content.items, content.faults);
  find_too_bright(content.items, options.white, content.faults);
  const std::size_t different = copies(content.items).size();
  if (content.faults.empty() && !ready_made && !options.split && different < 3) {
    content.faults.push_back(
        text(files.directory, "/images has ", different,
             " different images. 3 or more are needed: one each to train, to validate and "
             "to test."));
  }
  if (!content.faults.empty()) fail(files.directory, content.faults);
}

std::shared_ptr<FolderStore> store_of(const FolderFiles& files, const FolderOptions& options,
                                      FolderContent content) {
  auto store = std::make_shared<FolderStore>();
  store->classes = folder_classes(content, content.faults);
  if (!content.faults.empty()) fail(files.directory, content.faults);
  store->items = std::move(content.items);
  store->table = std::move(content.table);
  std::int64_t brightest = 0;
  for (const FolderItem& item : store->items) {
    store->height = std::max(store->height, item.height);
    store->width = std::max(store->width, item.width);
    brightest = std::max(brightest, item.brightest);
    if (item.channels >= 3) store->channels = 3;
  }
  if (options.resize) store->filter = options.resize->filter;
  if (brightest > 0) store->white = options.white > 0 ? options.white : sensor_white(brightest);
  return store;
}

ItemSplits splits_of(const FolderFiles& files, const FolderOptions& options, const FolderStore& store) {
  if (options.split) return remembered(files, store.items, *options.split);
  if (files.parts.size() > 1) return given(files, store.items);
  const std::vector<SplitGroup> groups = groups_of(store);
  return options.stratified ? stratified_split(groups, options.seed) : permuted_split(groups, options.seed);
}

}  // namespace

Splits folder(const FolderOptions& options) {
  check(options);
  const FolderFiles files = options.split ? named_by(*options.split, list_folder(options.directory))
                                          : list_folder(options.directory);
  FolderContent content = read_folder_content(files, {options.memory, options.cache, options.resize},
                                              options.mask_threshold, options.on_progress);
  check_content(files, options, content);
  const std::shared_ptr<const FolderStore> store = store_of(files, options, std::move(content));
  const ItemSplits splits = splits_of(files, options, *store);
  Indices all(store->items.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  check_classes(files.directory, *store, all, "all masks");
  check_classes(files.directory, *store, splits[0], "the masks of the train split");

  const std::string note = notes(files, options, *store);
  const auto dataset = [&](std::size_t split, const char* name) -> Dataset {
    const Indices& indices = splits[split];
    std::vector<std::string> names;
    for (const std::size_t i : indices) names.push_back(files.name_of(store->items[i].files));
    return {.name = name,
            .source = origin(files, options, *store, split, indices.size()) + note,
            .classes = store->classes.names,
            .size = static_cast<std::int64_t>(indices.size()),
            .image_shape = {store->height, store->width, store->channels},
            .sample = [store, indices](
                          std::int64_t i) { return store->sample(indices[static_cast<std::size_t>(i)]); },
            .names = std::move(names),
            .white = store->white,
            .parts = parts_of(store, indices)};
  };
  return {.train = dataset(0, "folder/train"),
          .validation = dataset(1, "folder/validation"),
          .test = dataset(2, "folder/test"),
          .files = all_files(files, store->items)};
}

}  // namespace trous
