// Predictors that learn next to nothing. A score means little without theirs beside it.
#pragma once

#include <trous/core/on_progress.h>
#include <trous/data/dataset.h>
#include <trous/train/metrics.h>

namespace trous {

/// Scores the prediction that every pixel is class 0. Calls `on_progress` with the samples that are scored.
ConfusionMatrix background_baseline(const Dataset& test, const OnProgress& on_progress = nullptr);

/// The scores of a prediction by brightness: pixels above a threshold are the commonest foreground class, all
/// others background.
struct ThresholdBaseline {
  double threshold;           ///< on the mean over channels, 0..1
  std::int64_t common_class;  ///< of most foreground pixels in training; 0 where no foreground class counts
  ConfusionMatrix scores;
};

/// Chooses threshold and class on the first `samples` training images, and scores them. Of 64 thresholds it
/// takes the one that separates background from the rest in most pixels. Throws ArgumentError for a label
/// that is no class. Calls `on_progress` with the training samples that are read and the test samples that
/// are scored, together.
ThresholdBaseline threshold_baseline(const Dataset& train, const Dataset& test, std::int64_t samples = 1000,
                                     const OnProgress& on_progress = nullptr);

/// Each pixel becomes the median of the pixels at most one row and one column away from it, channel by
/// channel; beyond the border there are none. Of an even number it is the larger of the two in the middle.
///
/// images    float32 [n, h, w, channels]; returns the same shape
///
/// Throws ShapeError or DTypeError for other tensors.
Tensor median_filtered(const Tensor& images);

}  // namespace trous
