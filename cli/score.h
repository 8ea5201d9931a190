// A trained network on one split, image by image.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include <trous/core/on_progress.h>
#include <trous/data/dataset.h>
#include <trous/layers/sequential.h>
#include <trous/run/score_facts.h>
#include <trous/train/boundary.h>
#include <trous/train/task.h>
#include <trous/train/tiles.h>

namespace trous::cli {

/// Element `i` of the first axis, such as the image int32 [h, w] of labels int32 [n, h, w].
Tensor image_of(const Tensor& all, std::int64_t i);

struct SplitScores {
  Scores all;
  std::optional<BoundaryScores> boundary;  ///< of masks
  std::vector<ScoreFacts> images;          ///< the numbers of each by itself
  double seconds = 0;                      ///< that loading, predicting and counting took
};

/// Truth and prediction of one sample, such as int32 [h, w], and the output of the network for it.
using OnImage = std::function<void(std::int64_t index, const Tensor& truth, const Tensor& prediction,
                                   const Tensor& output)>;

/// How a network is scored.
struct ScoreOptions {
  Task task;
  std::int64_t batch = 16;
  std::optional<TilePlan> plan = std::nullopt;  ///< see EvaluateOptions::plan
  OnProgress on_progress = nullptr;             ///< see EvaluateOptions::on_progress
  OnImage on_image = nullptr;                   ///< called with each image
};

/// Scores `net` on all of `data`.
SplitScores score(const AnyLayer& net, const Dataset& data, const ScoreOptions& options);

}  // namespace trous::cli
