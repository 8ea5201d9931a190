// Scores of a segmentation, all from one confusion matrix over a whole data set.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <trous/core/tensor.h>

namespace trous {

class ConfusionMatrix {
 public:
  /// `ignore` is a truth that does not count. Throws ArgumentError if classes < 1.
  explicit ConfusionMatrix(std::int64_t classes, std::optional<std::int32_t> ignore = std::nullopt);

  /// Counts every pixel. truth and prediction are int32 of one shape. Throws ShapeError if the shapes
  /// differ, ArgumentError naming the first label that is no class.
  void add(const Tensor& truth, const Tensor& prediction);

  std::int64_t classes() const { return classes_; }

  /// How many pixels of class `truth` were called `prediction`. Throws ArgumentError for what is no class,
  /// and so do the scores below.
  std::int64_t count(std::int64_t truth, std::int64_t prediction) const;

  /// TP / (TP + FP + FN), or nothing where the class is in neither truth nor prediction.
  std::optional<double> iou(std::int64_t c) const;

  /// The mean of iou over the classes `first` .. that have one; 0 where none has. first = 1 leaves out the
  /// background.
  double mean_iou(std::int64_t first = 0) const;

  /// The share of counted pixels that are right; 0 where none counts.
  double pixel_accuracy() const;

 private:
  std::int64_t classes_;
  std::optional<std::int32_t> ignore_;
  std::vector<std::int64_t> counts_;  // [truth, prediction]
};

}  // namespace trous
