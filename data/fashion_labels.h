// Fashion-MNIST itself: small images of one garment each, to be named, or to be freed from noise.
#pragma once

#include <cstdint>
#include <string>

#include <trous/data/dataset.h>
#include <trous/data/fashion_source.h>

namespace trous {

struct FashionLabelsOptions {
  std::string directory{fashion_directory};
};

/// The images of Fashion-MNIST, each with its class.
///
/// images    [28, 28, 1], 0..1
/// targets   labels: int32 [], 0..9
/// classes   fashion_class_names
/// splits    train: the 60,000 training images; validation: the test images 0 to 4999, test: 5000 to 9999, in
///           the order of the files
///
/// Throws as read_fashion_images.
/// Source: Xiao, Rasul, Vollgraf, arXiv:1708.07747; MIT licence.
Splits fashion_labels(const FashionLabelsOptions& options = {});

struct FashionNoisyOptions {
  std::string directory{fashion_directory};
  std::int64_t train = 60000;  ///< the first images of the split's range in fashion_sources
  std::int64_t validation = 1000;
  std::int64_t test = 5000;
  double deviation = 0.2;         ///< of the noise
  std::uint64_t seed = 20171207;  ///< of the noise; another seed is another data set
};

/// The images of Fashion-MNIST with normal noise, each with the image without it. A network learns to take
/// the noise out:
///
///   image = clean + deviation e,   e normal of mean 0 and deviation 1, drawn for each pixel
///
/// image     [28, 28, 1]; not clamped, so about a third of its numbers lie outside 0..1: the noise of a black
///           pixel shows like that of a grey one, and a network that only averages finds the mean
/// target    "clean image", Role::image [28, 28, 1], 0..1
///
/// The noise of image i depends on seed, split and i alone, so every epoch sees the same noise.
///
/// Throws as read_fashion_images, ArgumentError if a split has no image or more than there are, or if the
/// deviation is not finite or below 0. Source of the images: as fashion_labels.
Splits fashion_noisy(const FashionNoisyOptions& options = {});

}  // namespace trous
