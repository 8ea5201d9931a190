// A trained network on one split, image by image.
#pragma once

#include <functional>
#include <vector>

#include <trous/data/dataset.h>
#include <trous/layers/sequential.h>
#include <trous/train/boundary.h>
#include <trous/train/metrics.h>

namespace trous::cli {

struct SplitScores {
  ConfusionMatrix all;
  BoundaryScores boundary;
  std::vector<ConfusionMatrix> images;
  double seconds = 0;  ///< that loading, predicting and counting took
};

/// Truth and prediction of one image, int32 [h, w].
using OnImage = std::function<void(std::int64_t index, const Tensor& truth, const Tensor& prediction)>;

SplitScores score(const AnyLayer& net, const Dataset& data, std::int64_t batch,
                  const OnImage& on_image = nullptr);

}  // namespace trous::cli
