// The prediction for one image file, read and computed tile by tile, or whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <trous/core/on_progress.h>
#include <trous/data/resize_image.h>
#include <trous/layers/sequential.h>
#include <trous/train/tiles.h>

namespace trous::cli {

/// A network, and how it predicts.
struct Predictor {
  AnyLayer net;
  bool mirror = false;        ///< averages the predictions for an image and for its mirror image
  std::int64_t channels = 3;  ///< of the images that the network reads
  std::int64_t white = 255;   ///< CheckpointInfo::white
  std::optional<Resize> resize = std::nullopt;  ///< CheckpointInfo::resize
  TileOptions tiles = {};
  /// Whether tiles that do not give the result of the whole image are blended, as logits are. Else such an
  /// image is taken whole.
  bool blends = true;
};

/// What became of an image.
struct Prediction {
  Shape shape;           ///< of the image that the network read: [h, w, channels]
  bool resized = false;  ///< whether that is smaller than the file
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

/// Takes the outputs of a network for the pixels of an image, and writes files of them.
class PixelWriter {
 public:
  virtual ~PixelWriter() = default;
  /// Takes the outputs [h, w, channels] for a box. The boxes of a row of tiles come from the left. Returns
  /// whether the row is complete.
  virtual bool add(const PixelBox& box, const Tensor& output) = 0;
  /// Writes the complete row. `colored` makes its pixels of the image, float32 [h, w, 3].
  virtual void write(const std::function<Tensor()>& colored) = 0;
};

/// Functions that predict_pixels calls; they may throw to end the work.
struct PredictionCalls {
  std::function<void(const Shape& image, const TilePlan& plan)> on_plan;  ///< before the work
  OnProgress on_rows;                                                     ///< after each row of tiles
  /// Returns the writer for outputs of this size, that of the file. It outlives the work.
  std::function<PixelWriter&(const HeightWidth& size)> open;
};

/// Predicts the pixels of an image file, row of tiles by row of tiles. Memory follows the tiles and the width
/// of the image, not its height; of an image that is read smaller, also the outputs for all its pixels.
///
/// An image that the network reads smaller, as `resize` says, has the outputs for the small image, brought to
/// the size of the file by resize_rows with ResizeFilter::bilinear.
///
/// Throws FileError for a damaged file, also where the damage lies below the last tile, and as
/// logits_in_tiles.
Prediction predict_pixels(const Predictor& predictor, const std::string& image, const PredictionCalls& calls);

/// The output of the network for a whole image.
struct WholePrediction {
  Tensor output;  ///< [1, ...]
  Prediction about;
};

/// Predicts an image file whole. `on_plan` is called before the work. Throws FileError for a damaged file,
/// and ShapeError where the network does not take an image of this size.
WholePrediction predict_whole(const Predictor& predictor, const std::string& image,
                              const std::function<void(const Shape& image, const TilePlan& plan)>& on_plan);

/// softmax of logits in float64.
std::vector<double> softmax_of(std::span<const float> logits);

/// The names, or where there are not `count` of them, "class 0", "class 1" for "class " and `first` 0.
std::vector<std::string> named_or_numbered(const std::vector<std::string>& names, std::size_t count,
                                           const char* what, std::size_t first);

/// An image in 0..1 as a PNG file stores it: round(white x), numbers outside clipped, NaN as 0.
///
/// image     float32 of any shape
/// white     up to 255: uint8 of white 255; above: int32 of this white
Tensor stored_pixels(const Tensor& image, std::int64_t white);

/// A file that is being written, and what puts it at its path.
using PendingFile = std::pair<std::string, std::function<void()>>;
/// Puts files at their paths, in this order. If one cannot be, those before it are removed again.
void finish_together(const std::vector<PendingFile>& files);

}  // namespace trous::cli
