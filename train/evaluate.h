// Predictions of a network for a data set, and their scores.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include <trous/core/on_progress.h>
#include <trous/data/dataset.h>
#include <trous/layers/sequential.h>
#include <trous/train/loss.h>
#include <trous/train/metrics.h>
#include <trous/train/task.h>
#include <trous/train/tiles.h>

namespace trous {

/// Predicts the likeliest class of every pixel: int32 [n, h, w], of large images in tiles, as plan_tiles cuts
/// them. Records nothing.
Tensor predict(const AnyLayer& net, const Tensor& images);

/// The scores of `net` over the whole of `data`, whose targets are masks; classes that it ignores have none.
/// Throws ArgumentError if batch < 1 or the targets are no masks.
ConfusionMatrix evaluate_on(const AnyLayer& net, const Dataset& data, std::int64_t batch = 16);

/// Scores, and the loss.
struct Evaluation {
  Scores scores;
  /// The mean over samples of their batches' losses; absent where no loss was given, or no target counts.
  std::optional<double> loss;
};

/// The values that a network takes for a batch: the images, then the tensors of the fields of
/// Dataset::more that are inputs.
std::vector<Variable> inputs_of(const Batch& batch, const std::vector<SampleField>& more);

/// A function of the index of a batch's first sample, the batch, what the network gives for it, and what that
/// predicts.
using OnBatch = std::function<void(std::int64_t first, const Batch& batch, const Tensor& output,
                                   const Tensor& predictions)>;

/// How a network is evaluated.
struct EvaluateOptions {
  std::int64_t batch = 16;
  Loss loss = nullptr;                      ///< computed as well where given
  std::optional<Task> task = std::nullopt;  ///< absent: task_for(data)
  /// The tiles of an image of the data set. Absent: plan_tiles(net, data.image_shape) where the targets have
  /// the image's height and width and are masks, or images and the tiles are exact; else images are taken
  /// whole.
  std::optional<TilePlan> plan = std::nullopt;
  /// Called with each batch: the index of its first sample, what the network gives for it and its
  /// predictions, such as int32 [n, h, w].
  OnBatch on_batch = nullptr;
  /// Called with the samples that are scored: before the first batch, after each op of the network, and after
  /// each batch, so that an exception ends also a batch of large images soon.
  OnProgress on_progress = nullptr;
};

/// The number of images of `shape` [h, w, channels] that are evaluated at a time where `batch` were asked
/// for: at least one, and no more than hold 2^22 pixels together.
std::int64_t evaluation_batch(const Shape& shape, std::int64_t batch);

/// Scores `net` by the scores of the task, computes the loss, and passes every prediction to `on_batch`. The
/// images are taken `evaluation_batch` at a time, large ones in tiles. A loss that is weighted by class
/// depends on the batch size; the scores do not.
Evaluation evaluate_with(const AnyLayer& net, const Dataset& data, const EvaluateOptions& options);

}  // namespace trous
