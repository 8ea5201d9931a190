// The table of data sets, from which `trous train --data` and its error texts take the
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
  std::string_view model = "small-dilated";  ///< the name of a network
  std::string_view augment = "none";         ///< as parse_augmentation reads it
  std::int64_t steps = 800, batch = 8;
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
  Splits (*open)(const std::string& directory) = nullptr;
  bool reads_files = false;  ///< false where it is generated, so that no directory can be given
  TrainingRecipe recipe = {};
  std::string_view task = {};     ///< the name of what is learned from it; empty: what its targets suggest
  KnownPredictor predictor = {};  ///< without a name where there is none
};

/// The table of data sets: "fashion", "fashion-labels", "fashion-noisy", "brain", "mosaics", "shapes", then
/// those that were added.
std::span<const NamedDataSet> named_data_sets();

/// Adds a data set. Throws ArgumentError as NamedTable::add, and without `open`.
void add_named_data_set(const NamedDataSet& data_set);

/// The data set of `trous train` without --data.
constexpr std::string_view default_data_set = "fashion";

/// The recipe for a folder of images and masks, or of images and targets.
constexpr TrainingRecipe folder_recipe{};

/// The recipe for a folder of images with a class or numbers each.
constexpr TrainingRecipe labels_recipe{.model = "small-classifier", .batch = 16};

}  // namespace trous
