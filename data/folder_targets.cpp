#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <trous/core/error.h>
#include <trous/data/folder_content.h>
#include <trous/data/folder_faults.h>
#include <trous/data/folder_files.h>
#include <trous/data/folder_images.h>
#include <trous/data/folder_splits.h>
#include <trous/data/folder_targets.h>

namespace trous {
namespace {

enum class Half { images, targets };

// The images, or the targets, as files without a partner.
FolderFiles half_of(FolderFiles files, Half half) {
  if (half == Half::targets) files.faults.clear();
  for (FolderPart& part : files.parts) {
    for (FolderPair& pair : part.pairs)
      pair = {.image = half == Half::images ? pair.image : pair.mask, .mask = ""};
  }
  return files;
}

FolderContent read_half(const FolderFiles& files, const FolderOptions& options, Half half) {
  const OnProgress progress = [&](std::int64_t done, std::int64_t total) {
    options.on_progress((half == Half::targets ? total : 0) + done, 2 * total);
  };
  return read_folder_content(half_of(files, half), {options.memory / 2, options.cache, options.resize}, 0,
                             options.on_progress ? progress : nullptr);
}

void find_other_sizes(const FolderContent& images, const FolderContent& targets,
                      std::vector<std::string>& faults) {
  for (std::size_t i = 0; i < images.items.size(); ++i) {
    const FolderItem &image = images.items[i], &target = targets.items[i];
    if (image.height == 0 || target.height == 0 || image.in_file == target.in_file) continue;
    faults.push_back(text(target.files.image, " has ", target.in_file.width, " x ", target.in_file.height,
                          " pixels, its image ", image.files.image, " ", image.in_file.width, " x ",
                          image.in_file.height, " (width x height). Save both at one size."));
  }
}

std::string note_on_targets(const FolderImages& targets) {
  const std::string bits = note_on_bits(targets);
  return text("; the targets are ", targets.channels == 1 ? "grey" : "RGB", " images",
              bits.empty() ? "" : "; of the targets, " + bits.substr(2));
}

}  // namespace

Splits folder_targets(const FolderOptions& options) {
  check_folder_options(options);
  check_without_masks(options, "targets/");
  FolderFiles files = list_folder(options.directory, FolderLayout::targets);
  if (options.split) files = named_by(*options.split, std::move(files));
  FolderContent content = read_half(files, options, Half::images);
  FolderContent answers = read_half(files, options, Half::targets);
  std::move(answers.faults.begin(), answers.faults.end(), std::back_inserter(content.faults));
  find_other_sizes(content, answers, content.faults);
  check_folder_images(files, options, content);
  auto images = std::make_shared<FolderImages>();
  auto targets = std::make_shared<FolderImages>();
  images->take(std::move(content.items), options);
  FolderOptions for_targets = options;
  for_targets.white = options.target_white;
  targets->take(std::move(answers.items), for_targets);

  FolderOptions for_splits = options;
  for_splits.stratified = false;  // there are no classes to spread
  const ItemSplits splits = folder_splits(files, for_splits, images->items, nullptr);
  const std::string note = note_on_targets(*targets) + notes_on_images(*images, files, options);
  const TargetOfItem target = [targets](std::size_t i, const PixelBox* box) {
    return box ? targets->image(i, *box) : targets->image(i);
  };
  return folder_data_sets(files, for_splits, *images, splits, [&](Dataset& data, const auto& indices) {
    data.source += note;
    data.target = {.name = "target",
                   .role = Role::image,
                   .shape = {targets->height, targets->width, targets->channels},
                   .white = targets->white};
    give_samples(data, images, indices, target);
  });
}

}  // namespace trous
