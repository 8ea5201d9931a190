// Scores of a segmentation, all from one confusion matrix over a whole data set.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <trous/core/tensor.h>
#include <trous/data/dataset.h>

namespace trous {

/// Counts how often each class was predicted as each class. TP are the pixels of class c predicted as c, FP
/// those of another class predicted as c, FN those of c predicted as another class. A score that is not
/// defined is absent, never 0 or 1:
///
///   iou        TP / (TP + FP + FN)        absent where c is in neither truth nor prediction
///   dice       2 TP / (2 TP + FP + FN)    absent where iou is; it is 2 iou / (1 + iou)
///   precision  TP / (TP + FP)             absent where c was never predicted
///   recall     TP / (TP + FN)             absent where no counted pixel is c
///
/// An ignored class has no score either: none of its pixels count, so it could only be wrong. Predicting it
/// where another class is true remains a mistake of that class.
///
/// Every function with a class throws ArgumentError for what is no class.
class ConfusionMatrix {
 public:
  /// `ignored` are the truths that do not count: classes, or labels beside them such as `unknown_label`.
  /// Throws ArgumentError if classes < 1.
  explicit ConfusionMatrix(std::int64_t classes, std::vector<std::int32_t> ignored = {});

  /// The matrix whose `counts()` these are. Throws ArgumentError unless they are classes^2 numbers, each 0 or
  /// more, of a sum that an int64 holds, and none of them is of an ignored truth.
  static ConfusionMatrix from_counts(std::int64_t classes, std::vector<std::int64_t> counts,
                                     std::vector<std::int32_t> ignored = {});

  /// Counts every pixel. truth and prediction are int32 of one shape. Throws ShapeError if the shapes
  /// differ, ArgumentError naming the first label that is no class.
  void add(const Tensor& truth, const Tensor& prediction);

  /// Adds the counts of `other`, except those of truths that do not count here. Throws ArgumentError if its
  /// number of classes differs, or the sum is beyond int64.
  ConfusionMatrix& operator+=(const ConfusionMatrix& other);

  std::int64_t classes() const { return classes_; }

  /// Whether pixels with the truth `label` do not count.
  bool ignores(std::int64_t label) const;

  /// classes^2 numbers: place truth * classes + prediction.
  const std::vector<std::int64_t>& counts() const { return counts_; }

  /// The number of pixels of class `truth` that were predicted as `prediction`.
  std::int64_t count(std::int64_t truth, std::int64_t prediction) const;

  std::int64_t support(std::int64_t c) const;    ///< TP + FN, the counted pixels of class c
  std::int64_t predicted(std::int64_t c) const;  ///< TP + FP, the counted pixels predicted as c

  std::optional<double> iou(std::int64_t c) const;
  std::optional<double> dice(std::int64_t c) const;
  std::optional<double> precision(std::int64_t c) const;
  std::optional<double> recall(std::int64_t c) const;

  /// The mean of iou over the classes `first` .. that have one; absent where none has. first = 1 leaves out
  /// the background.
  std::optional<double> mean_iou(std::int64_t first = 0) const;

  /// The mean of dice over the classes `first` .. that have one; absent where none has.
  std::optional<double> mean_dice(std::int64_t first = 0) const;

  /// The mean of recall over the classes that occur; absent where nothing counts.
  std::optional<double> mean_class_accuracy() const;

  /// sum_c support(c) iou(c) / sum_c support(c); absent where nothing counts.
  /// Source: Long et al., arXiv:1411.4038, section 5.
  std::optional<double> frequency_weighted_iou() const;

  /// The share of counted pixels whose prediction is right; absent where none counts.
  std::optional<double> pixel_accuracy() const;

 private:
  std::int64_t classes_;
  std::vector<std::int32_t> ignored_;
  std::vector<std::int64_t> counts_;  // [truth, prediction]; 0 in the rows of ignored classes
};

/// An empty matrix for the masks of `data`, and predictions for them: `unknown_label` and the classes that
/// `data` ignores do not count.
ConfusionMatrix confusion_for(const Dataset& data);

}  // namespace trous
