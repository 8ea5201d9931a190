// The samples of a folder, and parts of them, made of what its files hold.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <trous/core/random.h>
#include <trous/data/class_table.h>
#include <trous/data/dataset.h>
#include <trous/data/folder_classes.h>
#include <trous/data/folder_content.h>
#include <trous/data/folder_images.h>

namespace trous {

/// The images, masks and classes from which samples are made.
struct FolderStore : FolderImages {
  std::optional<ClassTable> table;
  FolderClasses classes;

  /// Item `index`, padded at the bottom and the right to height x width.
  Sample sample(std::size_t index) const;

  /// The pixels of a box of item `index`.
  Sample part(std::size_t index, const PixelBox& box) const;

  /// A pixel of item `index`, drawn as SampleParts::pixel says, among FolderItem::places.
  std::optional<PixelPlace> pixel(std::size_t index, Key key, std::span<const std::int32_t> left_out) const;
};

/// The parts of the samples of a split that holds the items `indices`.
SampleParts parts_of(const std::shared_ptr<const FolderStore>& store,
                     const std::vector<std::size_t>& indices);

}  // namespace trous
