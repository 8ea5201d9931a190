// What a training is about, as a value: how outputs become predictions, what is minimised, what is scored.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <trous/core/on_progress.h>
#include <trous/data/dataset.h>
#include <trous/train/class_weights.h>
#include <trous/train/loss.h>
#include <trous/train/regression_scores.h>
#include <trous/train/scores.h>

namespace trous {

/// The scores of a predictor that learns next to nothing. A score means little without theirs beside it.
struct Baseline {
  std::string name;
  Scores scores;
};

/// What a network learns. The three tasks below are values of it; a user's own is another.
struct Task {
  std::string name = {};  ///< in one word: "segmentation"
  /// The score by which a run is judged, of those that `scores` gives.
  Criterion leading = Criterion::foreground_iou;
  /// Throws ShapeError unless outputs [n, ...] of this shape can be scored beside the targets of `data`.
  std::function<void(const Shape& output, const Dataset& data)> check_output = nullptr;
  /// What is minimised where no loss is given. `weights` are TrainOptions::class_weights.
  std::function<Loss(const Dataset& training, const std::optional<ClassWeights>& weights)> default_loss =
      nullptr;
  bool weighs_classes = false;  ///< whether default_loss makes use of class weights
  /// What the outputs of a network say: of logits the likeliest classes.
  std::function<Tensor(const Tensor& output)> predict = nullptr;
  /// The scores of nothing yet, for samples of `data`.
  std::function<Scores(const Dataset& data)> scores = nullptr;
  /// Predictors that learn next to nothing from `training`, scored on `scored`. May be empty. `on_progress`
  /// is called with the samples that were counted or scored, each as often as it was, and with their total.
  std::function<std::vector<Baseline>(const Dataset& training, const Dataset& scored,
                                      const OnProgress& on_progress)>
      baselines = nullptr;
};

/// The name of segmentation(). Checkpoints and results that name no task are of it.
inline constexpr const char* mask_task = "segmentation";

/// Masks: logits [n, h, w, classes], predictions int32 [n, h, w]. Scores mean_iou, foreground_iou,
/// pixel_accuracy of SegmentationScores. The best is chosen as criterion_for says. The loss is
/// weighted_cross_entropy. Baselines: background everywhere, brightness.
Task segmentation();

/// Labels: logits [n, classes], predictions int32 [n]. The scores are those of ClassificationScores; the best
/// has the highest accuracy. The loss is weighted_cross_entropy. Baselines: the commonest class; the class
/// that is commonest at the mean brightness of the image, in 64 steps.
Task classification();

/// Numbers, points or images, which are the predictions themselves: outputs have the shape of the targets.
/// The scores are those of RegressionTaskScores; the best has the lowest MSE. The loss is mse_loss.
/// Baselines: the mean target of training, element by element; the input itself, where it has the target's
/// shape, and if both are images its median_filtered. Its default_loss throws ArgumentError for class
/// weights, since numbers have no classes.
Task regression();

/// The table of tasks: the three above, then those that were added.
std::span<const Task> named_tasks();

/// Adds a task. Throws ArgumentError as NamedTable::add, and if it has not all functions; `baselines` may be
/// absent.
void add_named_task(const Task& task);

/// The task called `name`. Throws ArgumentError listing the names.
const Task& named_task(std::string_view name);

/// Whether the targets of `data` can be those of `task`: of the three tasks above only the one that they
/// suggest; a task that was added says itself, in check_output, what it can score.
bool suits(const Task& task, const Dataset& data);

/// The task that the targets of `data` suggest: of masks segmentation, of labels classification, else
/// regression.
Task task_for(const Dataset& data);
/// Returns `given`, or where there is none the task above. Throws ArgumentError if `given` has not all
/// functions (`baselines` may be absent), and if its `leading` is none of its scores, or the other way round
/// for their criterion.
Task task_for(const Dataset& data, const std::optional<Task>& given);

/// The scores of segmentation.
class SegmentationScores {
 public:
  explicit SegmentationScores(const Dataset& data) : matrix_(confusion_for(data)) {}
  explicit SegmentationScores(ConfusionMatrix matrix) : matrix_(std::move(matrix)) {}

  void add(const Batch& batch, const Tensor& output, const Tensor& prediction);
  std::vector<Score> all() const;
  Criterion criterion() const { return criterion_for(matrix_); }
  const ConfusionMatrix& confusion() const { return matrix_; }

 private:
  ConfusionMatrix matrix_;
};

/// The scores of classification: accuracy, top_accuracy of more than five classes, negative_log_likelihood,
/// brier, expected_calibration_error, mean_class_accuracy.
class ClassificationTaskScores {
 public:
  explicit ClassificationTaskScores(const Dataset& data);

  void add(const Batch& batch, const Tensor& output, const Tensor& prediction);
  std::vector<Score> all() const;
  Criterion criterion() const;
  const ConfusionMatrix& confusion() const { return scores_.confusion(); }
  std::vector<CalibrationBin> calibration() const { return scores_.calibration(); }

 private:
  ClassificationScores scores_;
};

/// The scores of regression: mse, mae, rmse, r2, of images also psnr (of peak 1), and ssim where they have 11
/// pixels a side: the mean of structural_similarity over the images. pairs() are up to 1000 elements, evenly
/// over all that were added.
class RegressionTaskScores {
 public:
  explicit RegressionTaskScores(const Dataset& data);

  void add(const Batch& batch, const Tensor& output, const Tensor& prediction);
  std::vector<Score> all() const;
  Criterion criterion() const;
  std::vector<TruthAndPrediction> pairs() const { return pairs_; }

 private:
  void keep_pairs(const Tensor& truth, const Tensor& prediction);

  bool images_, has_ssim_;
  RegressionScores scores_;
  double ssim_ = 0;            // the sum over all images
  std::int64_t counted_ = 0;   // samples
  std::int64_t elements_ = 0;  // that were offered to pairs_
  std::int64_t stride_ = 1;    // of the elements that are kept
  std::vector<TruthAndPrediction> pairs_;
};

}  // namespace trous
