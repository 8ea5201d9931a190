// The scores of masks in a row of metrics.csv.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <trous/train/task.h>

namespace trous {

inline std::vector<Score> mask_scores(std::optional<double> mean_iou, std::optional<double> foreground_iou,
                                      std::optional<double> pixel_accuracy) {
  return {{"mean_iou", mean_iou}, {"foreground_iou", foreground_iou}, {"pixel_accuracy", pixel_accuracy}};
}

/// The names of these, in their order.
inline std::vector<std::string> mask_score_names() {
  return names_of(SegmentationScores(ConfusionMatrix(1)).all());
}

}  // namespace trous
