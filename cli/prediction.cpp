#include <algorithm>
#include <cmath>
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
#include <trous/layers/pass.h>
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

AnyLayer network_of(const Predictor& predictor) {
  return predictor.mirror ? AnyLayer(MirrorAveraged{predictor.net}) : predictor.net;
}

// Tile by tile, as the file is read.
Prediction predict_tiled(const Predictor& predictor, ImageRows file, const PredictionCalls& calls) {
  const Shape shape{file.shape()[0], file.shape()[1], predictor.channels};
  TileRows image(std::move(file), predictor);
  TilePlan plan = plan_for(predictor, shape);
  calls.on_plan(shape, plan);
  calls.on_rows(0, shape[0]);
  PixelWriter& writer = calls.open({shape[0], shape[1]});
  logits_in_tiles(
      network_of(predictor), plan, [&](const PixelBox& box) { return image.box(box, plan.rows); },
      [&](const PixelBox& box, const Tensor& output) {
        if (!writer.add(box, output)) return;
        writer.write([&] { return image.colored(box.top, box.height); });
        calls.on_rows(box.top + box.height, shape[0]);
      });
  std::string note = image.finish();
  return {.shape = shape, .plan = std::move(plan), .note = std::move(note)};
}

// Whether an image file of this size is read smaller.
bool is_read_smaller(const Predictor& predictor, const HeightWidth& size) {
  return predictor.resize && fitted_size(size, predictor.resize->longest) != size;
}

// The small image is predicted, and the rows of the file's size are written band by band. Progress counts
// each row twice, when it is read and when it is written.
Prediction predict_resized(const Predictor& predictor, const std::string& image,
                           std::optional<ImageRows> file, const PredictionCalls& calls) {
  constexpr std::int64_t band = 64;
  const HeightWidth size{file->shape()[0], file->shape()[1]};
  const HeightWidth small = fitted_size(size, predictor.resize->longest);
  const Shape shape{small.height, small.width, predictor.channels};
  TilePlan plan = plan_for(predictor, shape);
  calls.on_plan(shape, plan);
  Brightness brightness(file->dtype(), predictor.white);
  const Tensor pixels = read_resized(
      *file, small, predictor.resize->filter,
      [&](std::int64_t done, std::int64_t) { calls.on_rows(done, 2 * size.height); },
      [&](const Tensor& rows) { brightness.see(rows); });
  file.reset();  // an overlay reads it again
  const Tensor output =
      tiled_logits(network_of(predictor), plan, brightness.to_float(pixels, predictor.channels));
  PixelWriter& writer = calls.open(size);
  std::optional<ImageRows> colors;
  for (std::int64_t begin = 0; begin < size.height; begin += band) {
    const std::int64_t end = std::min(begin + band, size.height);
    writer.add({begin, 0, end - begin, size.width},
               resize_rows(output, 0, {small, size, ResizeFilter::bilinear}, {begin, end}));
    writer.write([&] {
      if (!colors) colors.emplace(image);
      return brightness.to_float(colors->rows(begin, end - begin), 3);
    });
    calls.on_rows(size.height + end, 2 * size.height);
  }
  return {.shape = shape, .resized = true, .plan = std::move(plan), .note = brightness.note()};
}

TilePlan whole_plan(const Predictor& predictor, const Shape& image) {
  return plan_tiles(predictor.net, image, {.tile = 0});
}

}  // namespace

TilePlan plan_for(const Predictor& predictor, const Shape& image) {
  TilePlan plan = predictor.mirror ? plan_tiles(MirrorAveraged{predictor.net}, image, predictor.tiles)
                                   : plan_tiles(predictor.net, image, predictor.tiles);
  return plan.exact || predictor.blends ? plan : whole_plan(predictor, image);
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

Prediction predict_pixels(const Predictor& predictor, const std::string& image,
                          const PredictionCalls& calls) {
  const Recording scope(Recording::nothing);
  ImageRows file(image);
  if (is_read_smaller(predictor, {file.shape()[0], file.shape()[1]}))
    return predict_resized(predictor, image, std::move(file), calls);
  return predict_tiled(predictor, std::move(file), calls);
}

WholePrediction predict_whole(const Predictor& predictor, const std::string& image,
                              const std::function<void(const Shape& image, const TilePlan& plan)>& on_plan) {
  const Recording scope(Recording::nothing);
  ImageRows file(image);
  const HeightWidth size{file.shape()[0], file.shape()[1]};
  const bool smaller = is_read_smaller(predictor, size);
  const HeightWidth read = smaller ? fitted_size(size, predictor.resize->longest) : size;
  const Shape shape{read.height, read.width, predictor.channels};
  TilePlan plan = whole_plan(predictor, shape);
  on_plan(shape, plan);
  Brightness brightness(file.dtype(), predictor.white);
  const auto see = [&](const Tensor& rows) { brightness.see(rows); };
  const Tensor pixels = [&] {
    if (smaller) return read_resized(file, read, predictor.resize->filter, nullptr, see);
    Tensor all = file.rows(0, size.height);
    see(all);
    return all;
  }();
  const Tensor input =
      brightness.to_float(pixels, predictor.channels).reshaped({1, read.height, read.width, shape[2]});
  Tensor output = evaluate(predictor.net, Variable(input)).value();
  return {std::move(output), {.shape = shape, .resized = smaller, .plan = plan, .note = brightness.note()}};
}

std::vector<double> softmax_of(std::span<const float> logits) {
  const auto largest = static_cast<double>(*std::max_element(logits.begin(), logits.end()));
  std::vector<double> shares;
  double total = 0;
  for (const float z : logits) {
    shares.push_back(std::exp(static_cast<double>(z) - largest));
    total += shares.back();
  }
  for (double& share : shares) share /= total;
  return shares;
}

std::vector<std::string> named_or_numbered(const std::vector<std::string>& names, std::size_t count,
                                           const char* what, std::size_t first) {
  if (names.size() == count) return names;
  std::vector<std::string> numbered;
  for (std::size_t i = 0; i < count; ++i) numbered.push_back(text(what, ' ', i + first));
  return numbered;
}

Tensor stored_pixels(const Tensor& image, std::int64_t white) {
  const bool deep = white > 255;
  const double top = deep ? static_cast<double>(white) : 255;
  const std::span<const float> values = image.values<float>();
  Tensor numbers = Tensor::uninitialized(image.shape(), DType::int32);
  std::int32_t* out = numbers.mutable_values<std::int32_t>().data();
  for (const float value : values) {
    const double share = std::isnan(value) ? 0 : std::clamp(static_cast<double>(value), 0.0, 1.0);
    *out++ = static_cast<std::int32_t>(std::lround(share * top));
  }
  return deep ? numbers : numbers.cast(DType::uint8);
}

void finish_together(const std::vector<PendingFile>& files) {
  std::vector<std::string> done;
  try {
    for (const auto& [path, finish] : files) {
      finish();
      done.push_back(path);
    }
  } catch (...) {
    std::error_code failure;
    for (const std::string& path : done) std::filesystem::remove(path, failure);
    throw;
  }
}

}  // namespace trous::cli
