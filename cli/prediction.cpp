#include <algorithm>
#include <filesystem>
#include <future>
#include <iostream>
#include <utility>

#include <trous/autograd/recording.h>
#include <trous/cli/inputs.h>
#include <trous/cli/prediction.h>
#include <trous/core/error.h>
#include <trous/data/image.h>
#include <trous/data/image_rows.h>
#include <trous/data/npy.h>
#include <trous/data/palette.h>
#include <trous/data/picture.h>
#include <trous/data/png_writer.h>
#include <trous/ops/reduce.h>
#include <trous/ops/softmax.h>
#include <trous/train/mirror_averaged.h>

namespace trous::cli {
namespace {

// The rows of an image file that the tiles of one row need. Those of the next row are decoded meanwhile.
class TileRows {
 public:
  TileRows(const std::string& path, const Predictor& predictor)
      : file_(path),
        channels_(predictor.channels),
        deep_(file_.dtype() == DType::int32),
        white_(deep_ ? white_for_deep_images(predictor.white) : 255) {}

  const Shape& shape() const { return file_.shape(); }

  // The pixels of a tile. Tiles come in rows from the top, those of `spans`.
  Tensor box(const PixelBox& box, const std::vector<TileSpan>& spans) {
    if (!rows_ || box.top != top_) {
      rows_.reset();
      rows_ = next_.valid() ? next_.get() : file_.rows(box.top, box.height);
      top_ = box.top;
      if (deep_) brightest_ = std::max(brightest_, brightest_of(*rows_));
      const auto next =
          std::find_if(spans.begin(), spans.end(), [&](const TileSpan& s) { return s.begin > top_; });
      if (next != spans.end())
        next_ = std::async(std::launch::async,
                           [this, s = *next] { return file_.rows(s.begin, s.end - s.begin); });
    }
    return to_float_image(cropped(*rows_, {0, box.left, box.height, box.width}), channels_, white_);
  }

  // Rows of the tiles that were read last, in colour.
  Tensor colored(std::int64_t top, std::int64_t height) const {
    return to_float_image(rows_of(*rows_, top - top_, height), 3, white_);
  }

  // Decodes what lies below the last row, and states where the numbers are not those of the training.
  std::string finish(std::int64_t learned_with) {
    file_.finish();
    if (!deep_) return {};
    if (learned_with <= 255) {
      return text("it has 16 bits, and the network learned from images of 8. Its numbers, up to ", brightest_,
                  ", are divided by ", white_, '.');
    }
    if (brightest_ <= white_) return {};
    return text("its numbers reach ", brightest_, ", above ", white_,
                ", by which the run divided its images of 16 bits.");
  }

 private:
  ImageRows file_;
  std::int64_t channels_;
  bool deep_;
  std::int64_t white_, brightest_ = 0, top_ = 0;
  std::optional<Tensor> rows_;
  std::future<Tensor> next_;  // uses file_, so it ends before
};

// Collects the boxes of a row of tiles and writes it when it is complete.
class PredictionWriter {
 public:
  PredictionWriter(const PredictionFiles& files, const Shape& image, double alpha)
      : files_(files),
        height_(image[0]),
        width_(image[1]),
        alpha_(alpha),
        mask_(files.mask, {height_, width_}, class_palette()) {
    if (!files.overlay.empty()) overlay_.emplace(files.overlay, Shape{height_, width_, 3}, DType::uint8);
  }

  // Takes the boxes of a row from the left. Returns whether the row is complete.
  bool add(const PixelBox& box, const Tensor& logits) {
    const std::int64_t classes = logits.shape()[2];
    const Tensor labels = argmax(Variable(logits), -1).value();
    if (box.left == 0) begin_row(box.height, classes);
    const PixelBox in_row{0, box.left, box.height, box.width};
    paste(*labels_, in_row, labels);
    for (const std::int32_t label : labels.values<std::int32_t>()) ++pixels_[static_cast<std::size_t>(label)];
    if (probabilities_) paste(*probabilities_, in_row, softmax(Variable(logits)).value());
    return box.left + box.width == width_;
  }

  // Writes the row that is complete, which begins at row `top` of `image`.
  void write(const TileRows& image, std::int64_t top) {
    mask_.write(*labels_);
    if (overlay_) {
      const Tensor picture = image_picture(image.colored(top, labels_->shape()[0]));
      overlay_->write(overlay_picture(picture, *labels_, alpha_));
    }
    if (probabilities_) npy_->write(*probabilities_);
  }

  // Puts the files at their paths, the mask last. If one cannot be, those before it are removed again.
  std::vector<std::int64_t> finish() {
    std::vector<std::string> done;
    const auto put = [&](auto& writer, const std::string& path) {
      writer.finish();
      done.push_back(path);
    };
    try {
      if (npy_) put(*npy_, files_.probabilities);
      if (overlay_) put(*overlay_, files_.overlay);
      put(mask_, files_.mask);
    } catch (...) {
      std::error_code failure;
      for (const std::string& path : done) std::filesystem::remove(path, failure);
      throw;
    }
    return pixels_;
  }

 private:
  void begin_row(std::int64_t rows, std::int64_t classes) {
    pixels_.resize(static_cast<std::size_t>(classes));
    labels_.reset();
    labels_ = Tensor::uninitialized({rows, width_}, DType::int32);
    if (files_.probabilities.empty()) return;
    if (!npy_) npy_.emplace(files_.probabilities, Shape{height_, width_, classes}, DType::float32);
    probabilities_.reset();
    probabilities_ = Tensor::uninitialized({rows, width_, classes}, DType::float32);
  }

  const PredictionFiles& files_;
  std::int64_t height_, width_;
  double alpha_;
  PngWriter mask_;
  std::optional<PngWriter> overlay_;
  std::optional<NpyWriter> npy_;
  std::optional<Tensor> labels_, probabilities_;  // of the row of tiles
  std::vector<std::int64_t> pixels_;
};

}  // namespace

std::vector<std::string> PredictionFiles::made() const {
  std::vector<std::string> all{mask};
  for (const std::string& file : {overlay, probabilities}) {
    if (!file.empty()) all.push_back(file);
  }
  return all;
}

TilePlan plan_for(const Predictor& predictor, const Shape& image) {
  return predictor.mirror ? plan_tiles(MirrorAveraged{predictor.net}, image, predictor.tiles)
                          : plan_tiles(predictor.net, image, predictor.tiles);
}

std::optional<Tiling> tiling_for(const Predictor& predictor, const Shape& image) {
  return predictor.mirror ? exact_tiling(MirrorAveraged{predictor.net}, image)
                          : exact_tiling(predictor.net, image);
}

std::string note_on_tiles(std::int64_t tile) {
  return text(
      "tiles of at most ", tile, 'x', tile,
      " pixels are blended where they overlap, since none of them keeps all that a pixel of this network may "
      "depend on.");
}

void warn_of_blended_tiles(const std::string& begin, const AnyLayer& net, const Shape& image) {
  const TilePlan plan = plan_tiles(net, image);
  if (!plan.exact) std::cerr << begin << note_on_tiles(TileOptions().tile) << '\n';
}

Prediction predict_file(const Predictor& predictor, const PredictionFiles& files,
                        const PredictionCalls& calls) {
  const Recording scope(Recording::nothing);
  TileRows image(files.image, predictor);
  const Shape shape{image.shape()[0], image.shape()[1], predictor.channels};
  const TilePlan plan = plan_for(predictor, shape);
  calls.on_plan(shape, plan);
  calls.on_rows(0, shape[0]);
  PredictionWriter writer(files, shape, predictor.alpha);
  const AnyLayer net = predictor.mirror ? AnyLayer(MirrorAveraged{predictor.net}) : predictor.net;
  logits_in_tiles(
      net, plan, [&](const PixelBox& box) { return image.box(box, plan.rows); },
      [&](const PixelBox& box, const Tensor& logits) {
        if (!writer.add(box, logits)) return;
        writer.write(image, box.top);
        calls.on_rows(box.top + box.height, shape[0]);
      });
  std::string note = image.finish(predictor.white);
  return {writer.finish(), shape, plan, std::move(note)};
}

}  // namespace trous::cli
