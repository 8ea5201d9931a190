// Predictors that learn next to nothing: what a score must be read beside.
#pragma once

#include <trous/data/dataset.h>
#include <trous/train/metrics.h>

namespace trous {

/// Every pixel is class 0.
ConfusionMatrix background_baseline(const Dataset& test);

/// A pixel brighter than a threshold is the commonest foreground class, any other is background.
struct ThresholdBaseline {
  double threshold;           ///< on the mean over channels, 0..1
  std::int64_t common_class;  ///< of most foreground pixels in training; 0 where no foreground class counts
  ConfusionMatrix scores;
};

/// Threshold and class are chosen on the first `samples` training images: of 64 thresholds the one that
/// separates background from the rest in most pixels. Throws ArgumentError for a label that is no class.
ThresholdBaseline threshold_baseline(const Dataset& train, const Dataset& test, std::int64_t samples = 1000);

}  // namespace trous
