// The table of data sets that come with trous, from which `trous train --data` and its error texts take the
// names.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <trous/data/dataset.h>

namespace trous {

/// The options of a training that suit a data set, used as defaults.
struct TrainingRecipe {
  std::string_view model;    ///< the name of a network
  std::string_view augment;  ///< as parse_augmentation reads it
  std::int64_t steps, batch;
};

/// A predictor that uses the data set but not the image. A score is compared with its score.
struct KnownPredictor {
  std::string_view name = {};
  /// int32 [h, w] of sample `index` of validation and test.
  Tensor (*predict)(const Splits& splits, std::int64_t index) = nullptr;
};

/// A data set that has a name.
struct NamedDataSet {
  std::string_view name;
  /// Opens its splits. `directory` holds its files; empty means where Debian puts them.
  Splits (*open)(const std::string& directory);
  bool reads_files;  ///< false where it is generated, so that no directory can be given
  TrainingRecipe recipe;
  KnownPredictor predictor = {};  ///< without a name where there is none
};

/// The table of data sets: "fashion", "fashion-labels", "fashion-noisy", "brain", "mosaics", "shapes". A new
/// one is its code and a row of it.
std::span<const NamedDataSet> named_data_sets();

/// The data set of `trous train` without --data.
constexpr std::string_view default_data_set = "fashion";

/// The recipe for a folder of images and masks, or of images and targets.
constexpr TrainingRecipe folder_recipe{"small-dilated", "none", 800, 8};

/// The recipe for a folder of images with a class or numbers each.
constexpr TrainingRecipe labels_recipe{"small-classifier", "none", 800, 16};

}  // namespace trous
