// Predictions of trous predict that are masks.
#include <iostream>
#include <memory>
#include <optional>

#include <trous/cli/predict.h>
#include <trous/cli/prediction_notes.h>
#include <trous/cli/tables.h>
#include <trous/core/error.h>
#include <trous/data/image.h>
#include <trous/data/npy.h>
#include <trous/data/palette.h>
#include <trous/data/picture.h>
#include <trous/data/png_writer.h>
#include <trous/ops/reduce.h>
#include <trous/ops/softmax.h>

namespace trous::cli {
namespace {

// The files that are made from an image; those with an empty path are not made.
struct MaskFiles {
  std::string mask, overlay, probabilities;
};

MaskFiles mask_files(const PredictCommand& c, const std::string& base) {
  return {base + ".png", c.overlay ? base + ".overlay.png" : "", c.probabilities ? base + ".npy" : ""};
}

// Collects the boxes of a row of tiles and writes it when it is complete.
class MaskWriter : public PixelWriter {
 public:
  MaskWriter(MaskFiles files, const HeightWidth& size, double alpha)
      : files_(std::move(files)),
        height_(size.height),
        width_(size.width),
        alpha_(alpha),
        mask_(files_.mask, {height_, width_}, class_palette()) {
    if (!files_.overlay.empty()) overlay_.emplace(files_.overlay, Shape{height_, width_, 3}, DType::uint8);
  }

  bool add(const PixelBox& box, const Tensor& output) override {
    const std::int64_t classes = output.shape()[2];
    const Tensor labels = argmax(Variable(output), -1).value();
    if (box.left == 0) begin_row(box.height, classes);
    const PixelBox in_row{0, box.left, box.height, box.width};
    paste(*labels_, in_row, labels);
    for (const std::int32_t label : labels.values<std::int32_t>()) ++pixels_[static_cast<std::size_t>(label)];
    if (probabilities_) paste(*probabilities_, in_row, softmax(Variable(output)).value());
    return box.left + box.width == width_;
  }

  void write(const std::function<Tensor()>& colored) override {
    mask_.write(*labels_);
    if (overlay_) overlay_->write(overlay_picture(image_picture(colored()), *labels_, alpha_));
    if (probabilities_) npy_->write(*probabilities_);
  }

  // Puts the files at their paths, the mask last, and returns the pixels of each class.
  std::vector<std::int64_t> finish() {
    std::vector<PendingFile> files;
    if (npy_) files.emplace_back(files_.probabilities, [this] { npy_->finish(); });
    if (overlay_) files.emplace_back(files_.overlay, [this] { overlay_->finish(); });
    files.emplace_back(files_.mask, [this] { mask_.finish(); });
    finish_together(files);
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

  MaskFiles files_;
  std::int64_t height_, width_;
  double alpha_;
  PngWriter mask_;
  std::optional<PngWriter> overlay_;
  std::optional<NpyWriter> npy_;
  std::optional<Tensor> labels_, probabilities_;  // of the row of tiles
  std::vector<std::int64_t> pixels_;
};

// What the functions of the work share.
struct MaskWork {
  PredictCommand command;
  std::vector<std::string> classes;
  Predictor predictor;
  PredictionMemory memory;
  PredictionNotes notes;

  void predict(const std::string& image, const std::string& base) {
    std::optional<MaskWriter> writer;
    const MaskFiles files = mask_files(command, base);
    const Prediction found = predict_with_notes(
        command, predictor, memory, image,
        [&](const HeightWidth& size) -> PixelWriter& { return writer.emplace(files, size, command.alpha); });
    const std::vector<std::int64_t> pixels = writer->finish();
    print_note(image, found);
    nlohmann::ordered_json count;
    for (std::size_t k = 0; k < pixels.size(); ++k)
      count[k < classes.size() ? classes[k] : text("class ", k)] = pixels[k];
    print_event(command.style,
                {{"event", "prediction"}, {"image", image}, {"mask", files.mask}, {"pixels", count}});
    if (command.style.prints_text()) std::cout << files.mask << std::endl;
    notes.add(image, found);
  }
};

}  // namespace

PredictionWork mask_predictions(const PredictCommand& command, const Trained& trained) {
  Predictor predictor = command.predictor(trained);
  predictor.mirror = command.mirror;
  const auto work = std::make_shared<MaskWork>(MaskWork{command, trained.loaded.info.classes, predictor,
                                                        PredictionMemory(command.style, predictor, true),
                                                        PredictionNotes(command, predictor, "mask")});
  return {
      .files_of =
          [work](const std::string& base) {
            const MaskFiles files = mask_files(work->command, base);
            std::vector<std::string> made{files.mask};
            for (const std::string& file : {files.overlay, files.probabilities}) {
              if (!file.empty()) made.push_back(file);
            }
            return made;
          },
      .predict = [work](const std::string& image, const std::string& base) { work->predict(image, base); },
      .finish = [work] { work->notes.finish(); },
      .smaller = smaller_tiles(command.tile)};
}

}  // namespace trous::cli
