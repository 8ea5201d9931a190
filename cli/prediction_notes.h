// What `trous predict` checks and prints beside its predictions: the memory of tiles, and how images were
// read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <trous/cli/predict.h>
#include <trous/train/memory.h>

namespace trous::cli {

/// Checks the memory of tiles, or of images that are taken whole, before they are computed, once for each
/// shape.
class PredictionMemory {
 public:
  /// `cuts`: whether --tile can make the tiles smaller.
  PredictionMemory(OutputStyle style, Predictor predictor, bool cuts)
      : style_(std::move(style)), predictor_(std::move(predictor)), cuts_(cuts) {}

  /// Throws ArgumentError, with the tiles that fit, where a tile takes more than there is. Prints what it
  /// takes where an image is cut. Small images are not worth the forecast.
  void check(const Shape& image, const TilePlan& plan);

 private:
  void forecast(const Shape& tile);
  std::string remedy(std::int64_t side, std::int64_t available) const;

  OutputStyle style_;
  Predictor predictor_;
  bool cuts_;
  Shape tile_;
  std::optional<MemoryForecast> forecast_;
  std::optional<std::int64_t> bytes_;
};

/// What a user may not expect of predictions for pixels, on stderr, once for all images: that the network
/// read images smaller, and what the options of tiles did not do.
class PredictionNotes {
 public:
  /// `made`: "mask", "image".
  PredictionNotes(const PredictCommand& command, Predictor predictor, std::string made)
      : style_(command.style),
        tile_(command.tile),
        overlap_(command.overlap),
        predictor_(std::move(predictor)),
        made_(std::move(made)) {}

  void add(const std::string& path, const Prediction& found);
  void finish() const;

 private:
  void note_blended(const std::string& path, const Shape& image);
  void note_whole(const std::string& path, const Shape& image);
  void note_raised(const std::string& path, const Shape& image);

  OutputStyle style_;
  std::int64_t tile_;
  std::optional<std::int64_t> overlap_;
  Predictor predictor_;
  std::string made_;
  bool any_large_ = false, blended_ = false, whole_ = false, raised_ = false, resized_ = false;
};

/// Predicts the pixels of one image: shows the progress, checks the memory, and prints the notes on the
/// image. Throws Interrupted after Ctrl-C.
Prediction predict_with_notes(const PredictCommand& command, const Predictor& predictor,
                              PredictionMemory& memory, const std::string& image,
                              const std::function<PixelWriter&(const HeightWidth& size)>& open);

/// Prints, on stderr, the note on the numbers of an image, if there is one.
void print_note(const std::string& image, const Prediction& found);

/// The option that makes tiles smaller than they are: "Predict it in smaller parts, with --tile 512 or less."
std::string smaller_tiles(std::int64_t tile);

}  // namespace trous::cli
