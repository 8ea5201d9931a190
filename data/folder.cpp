#include <algorithm>
#include <array>
#include <bitset>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

#include <trous/core/error.h>
#include <trous/core/random.h>
#include <trous/data/folder.h>
#include <trous/data/folder_content.h>
#include <trous/data/folder_files.h>
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

// What the numbers of the masks mean, and how that is told.
struct Classes {
  std::vector<std::string> names;
  std::vector<std::int32_t> labels;  // for each number of a mask; -1: it does not occur
  std::string note;
};

std::bitset<256> numbers_of(const FolderContent& content) {
  std::bitset<256> all;
  for (const FolderItem& item : content.items) all |= item.numbers;
  return all;
}

// Read otherwise, such masks would hold one class and the unknown, and nothing could be learnt.
bool is_binary(const FolderContent& content, const std::bitset<256>& numbers) {
  const std::optional<ClassTable>& table = content.table;
  const bool two = !table || (table->entries.size() == 2 && table->classes().size() == 2);
  return two && numbers.count() == 2 && numbers[0] && numbers[unknown_label];
}

// Throws where the numbers, without a table, cannot be counted from 0.
Classes make_classes(const std::string& directory, const FolderContent& content) {
  const std::bitset<256> numbers = numbers_of(content);
  Classes result;
  if (content.table) {
    result = {.names = content.table->classes(), .labels = content.table->labels(), .note = ""};
  }
  if (is_binary(content, numbers)) {
    if (!content.table) result = {{"background", "foreground"}, std::vector<std::int32_t>(256, -1), ""};
    result.labels[0] = 0;
    result.labels[unknown_label] = 1;
    result.note = text("; masks hold only 0 and 255, so 255 is class 1, ", result.names[1]);
    return result;
  }
  if (content.table) return result;
  std::size_t count = 0, different = 0;
  for (std::size_t number = 0; number < unknown_label; ++number) {
    if (!numbers[number]) continue;
    count = number + 1;
    ++different;
  }
  if (2 * different < count) {
    fail(directory,
         {text("the masks hold ", different, " different numbers from 0 to ", count - 1, ", so most of the ",
               count,
               " classes would be empty. Number the classes 0, 1, 2, ..., or save the masks as RGB "
               "and write classes.json.")});
  }
  result.labels.assign(256, -1);
  for (std::size_t number = 0; number < count; ++number) {
    result.names.push_back(text("class ", number));
    result.labels[number] = static_cast<std::int32_t>(number);
  }
  result.labels[unknown_label] = unknown_label;
  result.note = "; without classes.json, classes are the numbers in the masks";
  return result;
}

// Everything that a sample is made of; shared by the splits, never changed.
struct Store {
  std::vector<FolderItem> items;
  std::optional<ClassTable> table;
  std::vector<std::int32_t> labels;
  std::int64_t height = 0, width = 0, channels = 1;

  // Item `index`, decoded and padded.
  Sample sample(std::size_t index) const {
    const FolderItem& item = items[index];
    const Tensor pixels = item.image ? *item.image : read_image(item.files.image);
    const Tensor mask = item.mask ? *item.mask : read_mask(item.files.mask, table ? &*table : nullptr);
    const Shape size{item.height, item.width};
    if (!(mask.shape() == size) || pixels.shape()[0] != size[0] || pixels.shape()[1] != size[1]) {
      throw FileError(text("folder: ", item.files.image,
                           " or its mask has changed its size since it was first "
                           "read, from ",
                           item.width, " x ", item.height,
                           " (width x height). Start again, and leave the files alone meanwhile."));
    }
    return {.image = padded(to_float_image(pixels, channels)), .mask = labelled(mask, item.files.mask)};
  }

 private:
  Tensor padded(const Tensor& image) const {
    if (image.shape() == Shape{height, width, channels}) return image;
    Tensor result = Tensor::zeros({height, width, channels}, DType::float32);
    const float* from = image.values<float>().data();
    float* to = result.mutable_values<float>().data();
    const std::int64_t row = image.shape()[1] * channels;
    for (std::int64_t i = 0; i < image.shape()[0]; ++i) {
      std::copy_n(from + i * row, row, to + i * width * channels);
    }
    return result;
  }

  Tensor labelled(const Tensor& mask, const std::string& path) const {
    Tensor result = Tensor::full({height, width}, DType::int32, unknown_label);
    const std::uint8_t* number = mask.values<std::uint8_t>().data();
    std::int32_t* to = result.mutable_values<std::int32_t>().data();
    for (std::int64_t i = 0; i < mask.shape()[0]; ++i) {
      for (std::int64_t j = 0; j < mask.shape()[1]; ++j) {
        const std::int32_t label = labels[*number++];
        if (label < 0) {
          throw FileError(text("folder: ", path, " has changed since it was first read: it now has number ",
                               int{number[-1]}, ". Start again, and leave the files alone meanwhile."));
        }
        to[i * width + j] = label;
      }
    }
    return result;
  }
};

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

// Train, validation and test of items that come in one part.
std::array<Indices, 3> permuted(const std::vector<Indices>& groups, std::uint64_t seed) {
  const auto count = static_cast<std::int64_t>(groups.size());
  const std::int64_t held_out = std::max<std::int64_t>(1, (15 * count + 50) / 100);
  const std::vector<std::int64_t> order = permutation(count, Key{seed});
  std::array<Indices, 3> result;
  for (std::int64_t place = 0; place < count; ++place) {
    const std::size_t split = place < count - 2 * held_out ? 0 : place < count - held_out ? 1 : 2;
    const Indices& group = groups[static_cast<std::size_t>(order[static_cast<std::size_t>(place)])];
    result[split].insert(result[split].end(), group.begin(), group.end());
  }
  for (Indices& split : result) std::sort(split.begin(), split.end());
  return result;
}

// Train, validation and test as the folder has them.
std::array<Indices, 3> given(const FolderFiles& files, const std::vector<FolderItem>& items) {
  std::array<Indices, 3> result;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string& name = files.parts[items[i].part].name;
    result[name == "train" ? 0 : name == "validation" ? 1 : 2].push_back(i);
  }
  if (result[2].empty()) result[2] = result[1];
  return result;
}

// Fewer than two classes among `indices` leave nothing to learn.
void check_classes(const std::string& directory, const Store& store, const Classes& classes,
                   const Indices& indices, const std::string& which) {
  std::bitset<256> present;
  for (const std::size_t i : indices) {
    for (std::size_t number = 0; number < 256; ++number) {
      if (store.items[i].numbers[number] && classes.labels[number] != unknown_label) {
        present.set(static_cast<std::size_t>(classes.labels[number]));
      }
    }
  }
  if (present.count() >= 2) return;
  std::size_t only = 0;
  while (only < 256 && !present[only]) ++only;
  const std::string what =
      only == 256 ? "are unknown everywhere" : text("show only class ", only, ", ", classes.names[only]);
  fail(directory, {text(which, " (", indices.size(), ") ", what,
                        ". There is nothing to learn; draw what is to be found, with another class.")});
}

std::string notes(const FolderFiles& files, const Store& store, const Classes& classes) {
  std::string result = classes.note;
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

std::string origin(const FolderFiles& files, std::uint64_t seed, const Store& store, std::size_t split,
                   std::size_t size) {
  constexpr std::array<const char*, 3> names{"train", "validation", "test"};
  std::string result = text("PNG and JPEG files of ", files.directory, ", ");
  if (files.parts.size() > 1) {
    const bool missing = split == 2 && files.parts.size() == 2;
    return result +
           (missing ? "its validation split, since it has no test/" : text("its ", names[split], " split"));
  }
  const std::size_t copied = store.items.size() - copies(store.items).size();
  result += text(size, " of ", store.items.size(), " images, split 70/15/15 with seed ", seed);
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

}  // namespace

Splits folder(const FolderOptions& options) {
  const FolderFiles files = list_folder(options.directory);
  FolderContent content = read_folder_content(files, options.memory);
  const bool ready_made = files.parts.size() > 1;
  if (ready_made) find_leaks(files, content.items, content.faults);
  const std::vector<Indices> groups = copies(content.items);
  if (content.faults.empty() && !ready_made && groups.size() < 3) {
    content.faults.push_back(
        text(files.directory, "/images has ", groups.size(),
             " different images. 3 or more are needed: one each to train, to validate and "
             "to test."));
  }
  if (!content.faults.empty()) fail(files.directory, content.faults);

  const Classes classes = make_classes(files.directory, content);
  auto store = std::make_shared<Store>();
  store->items = std::move(content.items);
  store->table = std::move(content.table);
  store->labels = classes.labels;
  for (const FolderItem& item : store->items) {
    store->height = std::max(store->height, item.height);
    store->width = std::max(store->width, item.width);
    if (item.channels >= 3) store->channels = 3;
  }
  const std::array<Indices, 3> splits =
      ready_made ? given(files, store->items) : permuted(groups, options.seed);
  Indices all(store->items.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  check_classes(files.directory, *store, classes, all, "all masks");
  check_classes(files.directory, *store, classes, splits[0], "the masks of the train split");

  const std::string note = notes(files, *store, classes);
  const auto dataset = [&](std::size_t split, const char* name) -> Dataset {
    const Indices& indices = splits[split];
    return {.name = name,
            .source = origin(files, options.seed, *store, split, indices.size()) + note,
            .classes = classes.names,
            .size = static_cast<std::int64_t>(indices.size()),
            .image_shape = {store->height, store->width, store->channels},
            .sample = [store, indices](std::int64_t i) {
              return store->sample(indices[static_cast<std::size_t>(i)]);
            }};
  };
  return {.train = dataset(0, "folder/train"),
          .validation = dataset(1, "folder/validation"),
          .test = dataset(2, "folder/test"),
          .files = all_files(files, store->items)};
}

}  // namespace trous
