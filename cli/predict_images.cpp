// Predictions of trous predict that are images.
#include <iostream>
#include <memory>
#include <optional>

#include <trous/cli/predict.h>
#include <trous/cli/prediction_notes.h>
#include <trous/cli/tables.h>
#include <trous/core/error.h>
#include <trous/data/image.h>
#include <trous/data/npy.h>
#include <trous/data/png_writer.h>

namespace trous::cli {
namespace {

struct ImageFiles {
  std::string image, array;  // an empty path is not made
};

ImageFiles image_files(const PredictCommand& c, const std::string& base) {
  return {base + ".png", c.arrays ? base + ".npy" : ""};
}

// Collects the boxes of a row of tiles and writes it when it is complete.
class ImageWriter : public PixelWriter {
 public:
  ImageWriter(ImageFiles files, const HeightWidth& size, std::int64_t white)
      : files_(std::move(files)), size_(size), white_(white) {}

  bool add(const PixelBox& box, const Tensor& output) override {
    const std::int64_t channels = output.shape()[2];
    if (!png_) begin(channels);
    if (box.left == 0) {
      row_.reset();
      row_ = Tensor::uninitialized({box.height, size_.width, channels}, DType::float32);
    }
    paste(*row_, {0, box.left, box.height, box.width}, output);
    return box.left + box.width == size_.width;
  }

  void write(const std::function<Tensor()>&) override {
    png_->write(stored_pixels(*row_, white_));
    if (npy_) npy_->write(*row_);
  }

  // Puts the files at their paths, the picture last.
  void finish() {
    std::vector<PendingFile> files;
    if (npy_) files.emplace_back(files_.array, [this] { npy_->finish(); });
    files.emplace_back(files_.image, [this] { png_->finish(); });
    finish_together(files);
  }

 private:
  void begin(std::int64_t channels) {
    if (channels != 1 && channels != 3) {
      throw ArgumentError(text("predict: the network gives ", channels,
                               " numbers for each pixel, and a picture has 1 or 3. Load it with load_network "
                               "in a program of your own."));
    }
    const Shape shape{size_.height, size_.width, channels};
    png_.emplace(files_.image, shape, white_ > 255 ? DType::int32 : DType::uint8);
    if (!files_.array.empty()) npy_.emplace(files_.array, shape, DType::float32);
  }

  ImageFiles files_;
  HeightWidth size_;
  std::int64_t white_;
  std::optional<PngWriter> png_;
  std::optional<NpyWriter> npy_;
  std::optional<Tensor> row_;
};

// What the functions of the work share.
struct ImageWork {
  PredictCommand command;
  std::int64_t white;
  Predictor predictor;
  PredictionMemory memory;
  PredictionNotes notes;

  void predict(const std::string& image, const std::string& base) {
    std::optional<ImageWriter> writer;
    const ImageFiles files = image_files(command, base);
    const Prediction found = predict_with_notes(
        command, predictor, memory, image,
        [&](const HeightWidth& size) -> PixelWriter& { return writer.emplace(files, size, white); });
    writer->finish();
    print_note(image, found);
    print_event(command.style, {{"event", "prediction"}, {"image", image}, {"prediction", files.image}});
    if (command.style.prints_text()) std::cout << files.image << std::endl;
    notes.add(image, found);
  }
};

}  // namespace

PredictionWork image_predictions(const PredictCommand& command, const Trained& trained) {
  Predictor predictor = command.predictor(trained);
  predictor.blends = false;
  const auto work = std::make_shared<ImageWork>(ImageWork{
      command, trained.loaded.info.target_white, predictor, PredictionMemory(command.style, predictor, true),
      PredictionNotes(command, predictor, "image")});
  return {
      .files_of =
          [work](const std::string& base) {
            const ImageFiles files = image_files(work->command, base);
            std::vector<std::string> made{files.image};
            if (!files.array.empty()) made.push_back(files.array);
            return made;
          },
      .predict = [work](const std::string& image, const std::string& base) { work->predict(image, base); },
      .finish = [work] { work->notes.finish(); },
      .smaller = smaller_tiles(command.tile)};
}

}  // namespace trous::cli
