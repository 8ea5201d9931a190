// Writes samples of a data set as a user would keep them: a folder of PNG images and masks. And spoils one.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <trous/core/error.h>
#include <trous/data/dataset.h>
#include <trous/data/folder.h>
#include <trous/data/palette.h>
#include <trous/data/png.h>

#include "data/scratch.h"

namespace trous {

enum class MaskCoding { palette, grey, colors };

inline void make_directories(const std::string& path) { std::filesystem::create_directories(path); }

/// A floating image in 0..1 in 8 bits, its channels as they are.
inline Tensor image_bytes(const Tensor& image) {
  Tensor result = Tensor::uninitialized(image.shape(), DType::uint8);
  const auto from = image.values<float>();
  const auto to = result.mutable_values<std::uint8_t>();
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<std::uint8_t>(std::lround(from[i] * 255));
  return result;
}

/// A grey PNG of `height` x `width` pixels of this value, in a directory that is made where it is missing.
inline void write_grey(const std::string& path, std::uint8_t value, std::int64_t height = 4,
                       std::int64_t width = 6) {
  make_directories(std::filesystem::path(path).parent_path().string());
  write_png(path, Tensor::full({height, width, 1}, DType::uint8, value));
}

inline void write_mask(const std::string& path, const Tensor& mask, MaskCoding coding) {
  const Shape& shape = mask.shape();
  if (coding == MaskCoding::palette) return write_indexed_png(path, mask, class_palette());
  if (coding == MaskCoding::grey) {
    return write_png(path, mask.cast(DType::uint8).reshaped({shape[0], shape[1], 1}));
  }
  Bytes colors;
  for (const std::int32_t label : mask.values<std::int32_t>()) {
    const Color color = class_color(label);
    colors.insert(colors.end(), {color.red, color.green, color.blue});
  }
  write_png(path, Tensor({shape[0], shape[1], 3}, colors));
}

/// directory/images/<stem>.png and directory/masks/<stem>.png.
inline void write_pair(const std::string& directory, const std::string& stem, const Sample& sample,
                       MaskCoding coding = MaskCoding::palette) {
  make_directories(directory + "/images");
  make_directories(directory + "/masks");
  write_png(directory + "/images/" + stem + ".png", image_bytes(sample.image));
  write_mask(directory + "/masks/" + stem + ".png", sample.target, coding);
}

/// The first `count` samples, as 1000.png, 1001.png, ...; no class table.
inline void write_folder(const std::string& directory, const Dataset& set, std::int64_t count,
                         MaskCoding coding = MaskCoding::palette) {
  for (std::int64_t i = 0; i < count; ++i)
    write_pair(directory, std::to_string(1000 + i), set.sample(i), coding);
}

/// A grey image of one value, and a mask that is `label` but for one pixel of class 0.
inline Sample plain(std::int64_t height, std::int64_t width, double value, double label) {
  Sample sample{.image = Tensor::full({height, width, 1}, DType::float32, value),
                .target = Tensor::full({height, width}, DType::int32, label)};
  sample.target.mutable_values<std::int32_t>()[0] = 0;
  return sample;
}

/// `count` pairs of 4 x 6 pixels, each of another grey, with classes 0 and 1: 1000.png, 1001.png, ...
inline void write_plain(const std::string& directory, std::int64_t count, std::int64_t first = 0) {
  for (std::int64_t i = first; i < first + count; ++i) {
    write_pair(directory, std::to_string(1000 + i), plain(4, 6, static_cast<double>(i) / 255, 1));
  }
}

/// directory/classes.json with the names of the set, and class_color as their colours.
inline void write_classes(const std::string& directory, const Dataset& set) {
  std::string list;
  for (std::size_t i = 0; i < set.classes.size(); ++i) {
    const Color c = class_color(static_cast<std::int64_t>(i));
    list += (i ? ",\n " : "[") + ("{\"name\": \"" + set.classes[i]) + "\", \"color\": [" +
            std::to_string(c.red) + ", " + std::to_string(c.green) + ", " + std::to_string(c.blue) + "]}";
  }
  spill(directory + "/classes.json", bytes_of(list + "]\n"));
}

/// The only fault of a folder in the text of its error.
inline std::string only_fault(const std::string& directory, const std::string& message) {
  const std::string head =
      "folder: " + directory + " has 1 fault, so nothing was read from it. Mend it and start again:\n  ";
  EXPECT_TRUE(message.starts_with(head)) << message;
  return message.substr(std::min(head.size(), message.size()));
}

/// The only fault of a folder of masks, as folder() words it.
inline std::string fault_of(const FolderOptions& options) {
  return only_fault(options.directory, message_of<FileError>([&] { folder(options); }));
}

/// Spoils a folder that write_folder filled with 12 or more samples of `set` and write_classes named, by ten
/// faults of ten kinds. Returns what folder() says of each, in its order.
inline std::vector<std::string> plant_ten_faults(const std::string& directory, const Dataset& set) {
  namespace fs = std::filesystem;
  const std::string images = directory + "/images/", masks = directory + "/masks/";
  const std::int64_t height = set.image_shape[0], width = set.image_shape[1];
  fs::remove(masks + "1000.png");
  fs::remove(images + "1001.png");
  write_png(masks + "1002.png", Tensor::zeros({height - 1, width, 1}, DType::uint8));
  fs::copy(images + "1003.png", images + "1003.jpg");
  fs::resize_file(images + "1004.png", fs::file_size(images + "1004.png") / 2);
  spill(images + "1005.png", {});
  spill(images + "1006.png", bytes_of("no picture"));
  Tensor beyond = Tensor::zeros({height, width}, DType::uint8);
  beyond.mutable_values<std::uint8_t>()[static_cast<std::size_t>(width) + 3] = 77;
  write_png(masks + "1007.png", beyond.reshaped({height, width, 1}));
  Tensor odd = Tensor::zeros({height, width, 3}, DType::uint8);  // black, which class_color never is
  write_png(masks + "1008.png", odd);
  spill(masks + "1009.png", slurp(golden("mask_rgb16.png")));
  const auto size = [&](std::int64_t h) { return std::to_string(width) + " x " + std::to_string(h); };
  return {
      images + "1000.png has no mask: " + directory +
          "/masks has no 1000.png. Add it, or move the image away.",
      directory + "/images has 1003.jpg and 1003.png, all of the stem 1003. Keep one of them, or rename.",
      masks + "1001.png has no image: " + directory +
          "/images has no 1001.png, .jpg or .jpeg. Add it, or move the mask away.",
      masks + "1002.png has " + size(height - 1) + " pixels, its image " + images + "1002.png " +
          size(height) + " (width x height). Save both at one size.",
      images +
          "1004.png is truncated or damaged. libpng says: the file ends too early. Fetch or write the file "
          "again.",
      images + "1005.png is empty: 0 bytes. Fetch or write the file again.",
      images +
          "1006.png is neither PNG nor JPEG. It starts with 6e 6f 20 70 69 63 74 75; PNG starts with 89 50 "
          "4e 47, JPEG with ff d8 ff. Convert it to one of them.",
      masks +
          "1007.png has label 77 at row 1, column 3, which classes.json does not list, in this pixel only. "
          "It "
          "lists 0 to " +
          std::to_string(set.classes.size() - 1) +
          ". Add the class, or mend the mask; greys between black and white become two classes with a mask "
          "threshold.",
      masks +
          "1008.png has the colour #000000 at row 0, column 0, which classes.json does not list, the first "
          "of " +
          std::to_string(height * width) +
          " such pixels. List it there, or draw the mask without smooth edges.",
      masks +
          "1009.png has colours of 16 bits a channel. classes.json names colours of 8 bits; save the mask "
          "with "
          "8 bits."};
}

}  // namespace trous
