// The splits of a user's folder, whatever its layout: drawn, ready-made, or those of an earlier run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <vector>

#include <trous/data/dataset.h>
#include <trous/data/folder.h>
#include <trous/data/folder_content.h>
#include <trous/data/folder_files.h>
#include <trous/data/folder_images.h>
#include <trous/data/folder_split.h>

namespace trous {

/// The classes that an item shows, over which splits are spread; nullptr where there are none.
using ClassesOfItem = std::function<std::set<std::int32_t>(std::size_t item)>;

/// The files that `split` names, so that files added since change nothing. Throws as fail_folder if no image
/// of one of the splits is left.
FolderFiles named_by(const SplitNames& split, FolderFiles files);

/// The splits that FolderOptions::split names, or those of the folder, or drawn ones.
ItemSplits folder_splits(const FolderFiles& files, const FolderOptions& options,
                         const std::vector<FolderItem>& items, const ClassesOfItem& classes_of);

/// The target of an item: of the whole image as it is padded, or of a box of its pixels.
using TargetOfItem = std::function<Tensor(std::size_t item, const PixelBox* box)>;

/// Gives `data`, which holds the items `indices`, its samples and their parts.
void give_samples(Dataset& data, const std::shared_ptr<const FolderImages>& images,
                  const std::vector<std::size_t>& indices, const TargetOfItem& target_of);

/// The three data sets with names, sizes, origin and image shape, and the paths of all files. `complete` adds
/// to each what the layout knows: samples, targets, classes and notes.
Splits folder_data_sets(const FolderFiles& files, const FolderOptions& options, const FolderImages& images,
                        const ItemSplits& splits,
                        const std::function<void(Dataset&, const std::vector<std::size_t>&)>& complete);

}  // namespace trous
