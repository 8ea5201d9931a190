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

// How the numbers of an image file become those that a network reads.
class Brightness {
 public:
  Brightness(DType stored, std::int64_t learned_with)
      : deep_(stored == DType::int32),
        learned_with_(learned_with),
        white_(deep_ ? white_for_deep_images(learned_with) : 255) {}

  void see(const Tensor& pixels) {
    if (deep_) brightest_ = std::max(brightest_, brightest_of(pixels));
  }

  Tensor to_float(const Tensor& pixels, std::int64_t channels) const {
    return to_float_image(pixels, channels, white_);
  }

  // Where the numbers that were seen are not those of the training, a sentence about them.
  std::string note() const {
    if (!deep_) return {};
    if (learned_with_ <= 255) {
      return text("it has 16 bits, and the network learned from images of 8. Its numbers, up to ", brightest_,
                  ", are divided by ", white_, '.');
    }
    if (brightest_ <= white_) return {};
    return text("its numbers reach ", brightest_, ", above ", white_,
                ", by which the run divided its images of 16 bits.");
  }

 private:
  bool deep_;
  std::int64_t learned_with_, white_, brightest_ = 0;
};

// The rows of an image file that the tiles of one row need. Those of the next row are decoded meanwhile.
class TileRows {
 public:
  TileRows(ImageRows file, const Predictor& predictor)
      : file_(std::move(file)), channels_(predictor.channels), brightness_(file_.dtype(), predictor.white) {}

  // The pixels of a tile. Tiles come in rows from the top, those of `spans`.
  Tensor box(const PixelBox& box, const std::vector<TileSpan>& spans) {
    if (!rows_ || box.top != top_) {
      rows_.reset();
      rows_ = next_.valid() ? next_.get() : file_.rows(box.top, box.height);
      top_ = box.top;
      brightness_.see(*rows_);
      const auto next =
          std::find_if(spans.begin(), spans.end(), [&](const TileSpan& s) { return s.begin > top_; });
      if (next != spans.end())
        next_ = std::async(std::launch::async,
                           [this, s = *next] { return file_.rows(s.begin, s.end - s.begin); });
    }
    return brightness_.to_float(cropped(*rows_, {0, box.left, box.height, box.width}), channels_);
  }

  // Rows of the tiles that were read last, in colour.
  Tensor colored(std::int64_t top, std::int64_t height) const {
    return brightness_.to_float(rows_of(*rows_, top - top_, height), 3);
  }

  // Decodes what lies below the last row, and states where the numbers are not those of the training.
  std::string finish() {
    file_.finish();
    return brightness_.note();
  }

 private:
  ImageRows file_;
  std::int64_t channels_;
  Brightness brightness_;
  std::int64_t top_ = 0;
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

  // Writes the row that is complete. `colored` makes its pixels in colour, where an overlay needs them.
  template <class Colored>
  void write(Colored&& colored) {
    mask_.write(*labels_);
    if (overlay_) overlay_->write(overlay_picture(image_picture(colored()), *labels_, alpha_));
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

AnyLayer network_of(const Predictor& predictor) {
  return predictor.mirror ? AnyLayer(MirrorAveraged{predictor.net}) : predictor.net;
}

// Tile by tile, as the file is read.
Prediction predict_tiled(const Predictor& predictor, ImageRows file, const PredictionFiles& files,
                         const PredictionCalls& calls) {
  const Shape shape{file.shape()[0], file.shape()[1], predictor.channels};
  TileRows image(std::move(file), predictor);
  const TilePlan plan = plan_for(predictor, shape);
  calls.on_plan(shape, plan);
  calls.on_rows(0, shape[0]);
  PredictionWriter writer(files, shape, predictor.alpha);
  logits_in_tiles(
      network_of(predictor), plan, [&](const PixelBox& box) { return image.box(box, plan.rows); },
      [&](const PixelBox& box, const Tensor& logits) {
        if (!writer.add(box, logits)) return;
        writer.write([&] { return image.colored(box.top, box.height); });
        calls.on_rows(box.top + box.height, shape[0]);
      });
  std::string note = image.finish();
  return {.pixels = writer.finish(), .shape = shape, .plan = plan, .note = std::move(note)};
}

// The small image is predicted, and the rows of the file's size are written band by band. Progress counts
// each row twice, when it is read and when it is written.
Prediction predict_resized(const Predictor& predictor, std::optional<ImageRows> file,
                           const PredictionFiles& files, const PredictionCalls& calls) {
  constexpr std::int64_t band = 64;
  const HeightWidth size{file->shape()[0], file->shape()[1]};
  const HeightWidth small = fitted_size(size, predictor.resize->longest);
  const Shape shape{small.height, small.width, predictor.channels};
  const TilePlan plan = plan_for(predictor, shape);
  calls.on_plan(shape, plan);
  Brightness brightness(file->dtype(), predictor.white);
  const Tensor pixels = read_resized(
      *file, small, predictor.resize->filter,
      [&](std::int64_t done, std::int64_t) { calls.on_rows(done, 2 * size.height); },
      [&](const Tensor& rows) { brightness.see(rows); });
  file.reset();  // an overlay reads it again
  const Tensor logits =
      tiled_logits(network_of(predictor), plan, brightness.to_float(pixels, predictor.channels));
  PredictionWriter writer(files, {size.height, size.width}, predictor.alpha);
  std::optional<ImageRows> colors;
  if (!files.overlay.empty()) colors.emplace(files.image);
  for (std::int64_t begin = 0; begin < size.height; begin += band) {
    const std::int64_t end = std::min(begin + band, size.height);
    writer.add({begin, 0, end - begin, size.width},
               resize_rows(logits, 0, {small, size, ResizeFilter::bilinear}, {begin, end}));
    writer.write([&] { return brightness.to_float(colors->rows(begin, end - begin), 3); });
    calls.on_rows(size.height + end, 2 * size.height);
  }
  return {
      .pixels = writer.finish(), .shape = shape, .resized = true, .plan = plan, .note = brightness.note()};
}

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
  ImageRows file(files.image);
  const HeightWidth size{file.shape()[0], file.shape()[1]};
  if (predictor.resize && fitted_size(size, predictor.resize->longest) != size)
    return predict_resized(predictor, std::move(file), files, calls);
  return predict_tiled(predictor, std::move(file), files, calls);
}

}  // namespace trous::cli
