// Scores of a classification: of predictions, and of the probabilities that stand behind them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <trous/core/tensor.h>
#include <trous/train/metrics.h>

namespace trous {

struct ClassificationOptions {
  /// The k of the top-k accuracy, 1 to the number of classes; unless given, 5 or the number of classes, the
  /// smaller one.
  std::optional<std::int64_t> top = std::nullopt;
  /// The labels whose samples do not count, such as `unknown_label`.
  std::vector<std::int32_t> ignored = {};
};

/// The samples whose confidence lies in one of the equal bins of 0 to 1.
struct CalibrationBin {
  std::int64_t count = 0;
  std::optional<double> confidence = std::nullopt;  ///< mean; absent where there is no sample
  std::optional<double> accuracy = std::nullopt;    ///< the share that is right; absent likewise
};

/// The scores of logits z beside labels, over a whole data set, with p = softmax(z) in float64:
///
///   prediction                   the class of the largest logit, the first of several
///   accuracy                     the share of samples whose prediction is the label
///   top_accuracy                 the share whose label has fewer than k classes before it, which are those
///                                with a larger logit, and with an equal one and a smaller number
///   negative_log_likelihood      mean of -log p_label
///   brier                        mean of sum_c (p_c - [c is the label])^2, in 0 to 2
///   expected_calibration_error   sum over bins of count / n |accuracy - confidence|
///
/// The confidence of a sample is the probability of its prediction. Bin b of 15 holds confidences above
/// b / 15 up to (b + 1) / 15. All scores are absent where nothing counts. A NaN is the largest logit, the
/// first one. A sample whose largest logit is not finite makes the last three scores NaN, and is in bin 0.
///
/// Sums are added in float64, sample by sample, in the order given and in one thread: the scores depend
/// neither on the number of threads nor, bit by bit, on the cut into batches. `+=` adds sums that were
/// rounded apart, so the last three may differ from one long sum by the rounding of n additions, a share
/// n 2^-53.
///
/// Sources: Brier, Monthly Weather Review 78 (1950) 1; Guo et al., arXiv:1706.04599, section 2.
class ClassificationScores {
 public:
  static constexpr std::int64_t bins = 15;

  /// Throws ArgumentError if classes < 1, or for a `top` that is not in 1 to classes.
  explicit ClassificationScores(std::int64_t classes, const ClassificationOptions& options = {});

  /// Counts every sample whose label counts.
  ///
  /// logits   [n, classes]  float32 or float64
  /// labels   [n]           int32, each in 0 .. classes - 1 or ignored
  ///
  /// Throws ShapeError or DTypeError if they do not fit, ArgumentError naming the first label that is
  /// neither; then nothing was counted.
  void add(const Tensor& logits, const Tensor& labels);

  /// Throws ArgumentError if the classes, `top` or the ignored labels differ.
  ClassificationScores& operator+=(const ClassificationScores& other);

  std::int64_t count() const { return count_; }  ///< the samples that count
  std::int64_t top() const { return top_; }      ///< the k of top_accuracy

  /// Label and prediction of every counted sample: accuracy, precision and recall of each class.
  const ConfusionMatrix& confusion() const { return confusion_; }

  std::optional<double> accuracy() const { return confusion_.pixel_accuracy(); }
  std::optional<double> top_accuracy() const;
  std::optional<double> negative_log_likelihood() const;
  std::optional<double> brier() const;
  std::optional<double> expected_calibration_error() const;

  /// The bins in ascending order: a reliability diagram.
  std::vector<CalibrationBin> calibration() const;

 private:
  struct Bin {
    std::int64_t count = 0, right = 0;
    double confidences = 0;
  };

  void count_sample(std::span<const double> logits, std::int32_t label, std::int32_t prediction);
  std::optional<double> mean_of(double sum) const;

  ConfusionMatrix confusion_;
  std::vector<std::int32_t> ignored_;
  std::int64_t top_, count_ = 0, in_top_ = 0;
  double minus_log_p_ = 0, brier_ = 0;
  std::array<Bin, bins> bins_;
};

}  // namespace trous
