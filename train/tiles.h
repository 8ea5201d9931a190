// Prediction for one image of any size, whole or in overlapping tiles.
#pragma once

#include <cstdint>

#include <trous/layers/sequential.h>

namespace trous {

/// How an image is cut into tiles.
struct TileOptions {
  std::int64_t tile = 0;  ///< side in pixels; 0 takes the image whole
  /// Pixels that neighbouring tiles share. Each pixel is taken from the tile in which it lies farther from
  /// the border.
  std::int64_t overlap = 32;
};

/// Predicts the probability of each class in each pixel. A pixel is never taken from a tile in which an inner
/// border is nearer than overlap / 2 (rounded down) other pixels. So tiles and the whole image give the same
/// probabilities, up to rounding, if the receptive field reaches no farther than that to any side, and tile,
/// overlap, height and width are multiples of the network's stride.
///
/// image     float32 [h, w, channels]
/// returns   float32 [h, w, classes], softmax of the network's logits
///
/// Throws ArgumentError unless tile is 0 or above 2 overlap.
Tensor predict_tiled(const AnyLayer& net, const Tensor& image, const TileOptions& options = {});

}  // namespace trous
