#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include <trous/core/error.h>
#include <trous/data/folder_faults.h>
#include <trous/data/folder_splits.h>

namespace trous {
namespace {

using Indices = std::vector<std::size_t>;  // of items

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

std::string origin(const FolderFiles& files, const FolderOptions& options,
                   const std::vector<FolderItem>& items, std::size_t split, std::size_t size) {
  constexpr std::array<const char*, 3> names{"train", "validation", "test"};
  std::string result = text("PNG and JPEG files of ", files.directory, ", ");
  if (files.parts.size() > 1) {
    const bool missing = split == 2 && files.parts.size() == 2;
    return result +
           (missing ? "its validation split, since it has no test/" : text("its ", names[split], " split"));
  }
  result += text(size, " of ", items.size(), " images, ");
  if (options.split) return result + "split as the run remembers it";
  const std::size_t copied = items.size() - copied_images(items).size();
  result += text("split 70/15/15 with seed ", options.seed, options.stratified ? ", each class spread" : "");
  if (copied > 0)
    result += text("; ", copied, copied == 1 ? " copy" : " copies", " kept in the split of the original");
  return result;
}

}  // namespace

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
  if (hidden && !files.faults.empty()) fail_folder(files.directory, files.faults);
  files.faults.clear();  // they concern files that are not named, or that are gone
  for (const auto& [names, word] :
       {std::pair{&split.train, "train"}, std::pair{&split.validation, "validation"},
        std::pair{&split.test, "test"}}) {
    if (std::any_of(names->begin(), names->end(),
                    [&](const std::string& name) { return there.contains(name); }))
      continue;
    files.faults.push_back(text("none of the ", names->size(), " images of the ", word,
                                " split is there any more with its ", files.partner, ". Put them back."));
  }
  if (!files.faults.empty()) fail_folder(files.directory, files.faults);
  return files;
}

ItemSplits folder_splits(const FolderFiles& files, const FolderOptions& options,
                         const std::vector<FolderItem>& items, const ClassesOfItem& classes_of) {
  if (options.split) return remembered(files, items, *options.split);
  if (files.parts.size() > 1) return given(files, items);
  std::vector<SplitGroup> groups;
  for (const std::vector<std::size_t>& group : copied_images(items)) {
    groups.push_back({.items = group, .classes = {}});
    if (!classes_of) continue;
    for (const std::size_t i : group) groups.back().classes.merge(classes_of(i));
  }
  return options.stratified ? stratified_split(groups, options.seed) : permuted_split(groups, options.seed);
}

Splits folder_data_sets(const FolderFiles& files, const FolderOptions& options, const FolderImages& images,
                        const ItemSplits& splits,
                        const std::function<void(Dataset&, const Indices&)>& complete) {
  const auto dataset = [&](std::size_t split) {
    const Indices& indices = splits[split];
    Dataset data{.name = text("folder/", split_names()[split]),
                 .source = origin(files, options, images.items, split, indices.size()),
                 .size = static_cast<std::int64_t>(indices.size()),
                 .image_shape = {images.height, images.width, images.channels},
                 .white = images.white};
    for (const std::size_t i : indices) data.names.push_back(files.name_of(images.items[i].files));
    complete(data, indices);
    return data;
  };
  Splits result{.train = dataset(0), .validation = dataset(1), .test = dataset(2)};
  for (const std::string& table : files.tables) result.files.push_back(table);
  for (const FolderPart& part : files.parts) {
    for (const FolderPair& pair : part.pairs) {
      result.files.push_back(pair.image);
      if (!pair.mask.empty()) result.files.push_back(pair.mask);
    }
  }
  return result;
}

void give_samples(Dataset& data, const std::shared_ptr<const FolderImages>& images,
                  const std::vector<std::size_t>& indices, const TargetOfItem& target_of) {
  const auto item = [indices](std::int64_t i) { return indices[static_cast<std::size_t>(i)]; };
  data.sample = [=](std::int64_t i) -> Sample {
    return {.image = images->image(item(i)), .target = target_of(item(i), nullptr)};
  };
  data.parts = {.extent = [=](std::int64_t i) { return images->extent(item(i)); },
                .read = [=](std::int64_t i, const PixelBox& box) -> Sample {
                  return {.image = images->image(item(i), box), .target = target_of(item(i), &box)};
                },
                .pixel = [](std::int64_t, Key, std::span<const std::int32_t>) -> std::optional<PixelPlace> {
                  return std::nullopt;  // only masks have labels of pixels
                }};
}

}  // namespace trous
