// The prediction for one image file, read, computed and written tile by tile.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <trous/core/on_progress.h>
#include <trous/data/resize_image.h>
#include <trous/layers/sequential.h>
#include <trous/train/tiles.h>

namespace trous::cli {

/// An image and the files that are made from it; those with an empty path are not made.
struct PredictionFiles {
  std::string image, mask, overlay, probabilities;

  /// The files that are made.
  std::vector<std::string> made() const;
};

/// A network, and how it predicts.
struct Predictor {
  AnyLayer net;
  bool mirror = false;        ///< averages the predictions for an image and for its mirror image
  std::int64_t channels = 3;  ///< of the images that the network reads
  std::int64_t white = 255;   ///< CheckpointInfo::white
  std::optional<Resize> resize = std::nullopt;  ///< CheckpointInfo::resize
  TileOptions tiles = {};
  double alpha = 0.5;  ///< opacity of the classes' colours in an overlay
};

/// What a prediction found.
struct Prediction {
  std::vector<std::int64_t> pixels;  ///< of each class
  Shape shape;                       ///< of the image that the network read: [h, w, channels]
  bool resized = false;              ///< whether that is smaller than the file
  TilePlan plan = {};
  std::string note = {};  ///< a sentence about the image's numbers, or nothing
};

/// The tiles of the images of shape `image`.
TilePlan plan_for(const Predictor& predictor, const Shape& image);

/// The cuts of images of a shape that keep the result of the whole image.
std::optional<Tiling> tiling_for(const Predictor& predictor, const Shape& image);

/// The sentence that states that tiles of this side do not give the result of the whole image.
std::string note_on_tiles(std::int64_t tile);

/// Prints note_on_tiles on stderr, after `begin`, where it is true of images of this shape.
void warn_of_blended_tiles(const std::string& begin, const AnyLayer& net, const Shape& image);

/// Functions that predict_file calls; they may throw to end the work.
struct PredictionCalls {
  std::function<void(const Shape& image, const TilePlan& plan)> on_plan;  ///< before the work
  OnProgress on_rows;                                                     ///< after each row of tiles
};

/// Predicts the classes of an image and writes its files: each appears whole at the end, or none does. Memory
/// follows the tiles and the width of the image, not its height; of an image that is read smaller, also the
/// logits of all its pixels.
///
/// An image that the network reads smaller, as `resize` says, has the class argmax of its pixel's logits:
/// those of the small image, brought to the size of the file by resize_rows with ResizeFilter::bilinear.
///
/// Throws FileError for an image that cannot be read or a file that cannot be written.
Prediction predict_file(const Predictor& predictor, const PredictionFiles& files,
                        const PredictionCalls& calls);

}  // namespace trous::cli
