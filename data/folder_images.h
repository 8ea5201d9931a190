// The images of a user's folder at one size, whatever says what they show.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <trous/core/tensor.h>
#include <trous/core/window.h>
#include <trous/data/folder.h>
#include <trous/data/folder_content.h>
#include <trous/data/folder_files.h>

namespace trous {

/// Decoded images and what all of them share. The splits of a folder share this, and nothing changes it.
struct FolderImages {
  std::vector<FolderItem> items;
  std::int64_t height = 0, width = 0, channels = 1;
  std::int64_t white = 255;                  ///< of images of 16 bits, where there are any
  ResizeFilter filter = ResizeFilter::area;  ///< of images that are resized

  /// The pixels of a box of item `index`: float32 [box.height, box.width, channels], 0..1.
  Tensor image(std::size_t index, const PixelBox& box) const;

  /// Item `index`, padded with black at the bottom and the right to [height, width, channels].
  Tensor image(std::size_t index) const;

  /// The height and the width of item `index` without padding.
  HeightWidth extent(std::size_t index) const { return {items[index].height, items[index].width}; }

  /// Takes the items, and derives the largest height and width, whether there is colour, and white, unless
  /// `options` has one.
  void take(std::vector<FolderItem> decoded, const FolderOptions& options);
};

/// Images of 16 bits and the number they are divided by, for Dataset::source; begins with "; ", as do the
/// notes below, or is empty.
std::string note_on_bits(const FolderImages& images);

/// How many images `resize` made smaller; `masks` is added behind the filter.
std::string note_on_size(const FolderImages& images, const Resize& resize, const std::string& masks);

/// How many images are padded, and with what.
std::string note_on_padding(const FolderImages& images, const std::string& padding);

/// Entries beside the images that are no images.
std::string note_on_ignored(const FolderFiles& files);

/// All four notes, of images alone.
std::string notes_on_images(const FolderImages& images, const FolderFiles& files,
                            const FolderOptions& options);

}  // namespace trous
