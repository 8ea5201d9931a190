// Counts the samples and classes of a data set, whose targets are masks, labels or numbers, before training,
// and the images that are in two splits and so could be learned by heart.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <trous/core/on_progress.h>
#include <trous/data/dataset.h>

namespace trous {

/// A label counts as one pixel. Where targets are numbers, images or points there are no classes to count.
struct SplitFacts {
  std::int64_t samples = 0;
  std::vector<std::int64_t> class_pixels;       ///< of each class
  std::int64_t unknown_pixels = 0;              ///< of `unknown_label`, padding included
  std::vector<std::int64_t> images_with_class;  ///< samples whose mask has the class at least once

  std::int64_t known_pixels() const;
  /// The share of class c in the pixels whose class is known; absent where there are none.
  std::optional<double> class_share(std::size_t c) const;
  /// The share of `unknown_pixels` in all pixels; absent where there are none.
  std::optional<double> unknown_share() const;
};

struct Survey {
  SplitFacts train, validation, test;
  // Samples of the second split whose image, byte for byte, is in the first. A set whose test split is
  // its validation split shares all of them.
  std::int64_t shared_train_validation = 0, shared_train_test = 0, shared_validation_test = 0;
};

/// The classes that validation or test show and train does not, in the order of their numbers.
std::vector<std::int64_t> classes_not_in_train(const Survey& survey);

/// Counts every sample of every split, in parallel, one pass over each. Images are compared by
/// `content_hash`, 64 bits: among n images two different ones count as equal with a probability of about
/// n^2 / 2^65. Holds 8 bytes for each sample. Calls `on_progress` with the samples that are counted.
///
/// Throws as checked_sample, and ArgumentError for a label that is neither a class nor `unknown_label`.
Survey survey(const Splits& splits, const OnProgress& on_progress = nullptr);

/// How many pixels of the whole set each class has; `unknown_label` is not counted. Goes through every
/// sample, in parallel. Throws as survey.
std::vector<std::int64_t> class_pixels(const Dataset& dataset);

}  // namespace trous
