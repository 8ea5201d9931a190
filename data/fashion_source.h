// The files of Fashion-MNIST, and which of their images each split of a data set made from them uses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <trous/core/tensor.h>

namespace trous {

/// Where Debian's package dataset-fashion-mnist puts the files.
inline constexpr std::string_view fashion_directory = "/usr/share/datasets/fashion-mnist";

enum class FashionSplit { train, validation, test };

/// The files and the range of images from which a split takes its garments. They are disjoint between splits,
/// so a score is about garments that were not in training.
struct FashionSources {
  std::string images, labels;  ///< file names
  std::int64_t in_file;        ///< images in that file
  std::int64_t first, count;   ///< the range of images the split uses
};
FashionSources fashion_sources(FashionSplit split);

/// A pair of files: uint8 pixels [n, 28, 28], and uint8 labels [n] in 0..9.
struct FashionImages {
  Tensor pixels, labels;
};

/// Reads the files of `sources`. Throws FileError, which begins with "fashion:", if a file is absent (it says
/// which package has it) or is not what Fashion-MNIST published.
FashionImages read_fashion_images(const std::string& directory, const FashionSources& sources);

/// The paths of the four files, for Splits::files.
std::vector<std::string> fashion_files(const std::string& directory);

/// The names of labels 0..9: T-shirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, ankle
/// boot.
std::vector<std::string> fashion_class_names();

/// Origin, licence and range of a split's images, for Dataset::source.
std::string fashion_origin(const FashionSources& sources);

}  // namespace trous
