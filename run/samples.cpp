#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <vector>

#include <trous/core/map.h>
#include <trous/data/image.h>
#include <trous/data/palette.h>
#include <trous/data/picture.h>
#include <trous/data/png.h>
#include <trous/data/worst_window.h>
#include <trous/run/samples.h>
#include <trous/train/evaluate.h>

namespace trous {
namespace {

constexpr std::int64_t max_column_side = 300;  // of pictures that stand in columns of the report
// Of a worst place: four such pictures side by side fill the width of the report at full size.
constexpr std::int64_t worst_place_side = 256;

// The prediction for sample `i` alone.
Tensor prediction_of(const AnyLayer& net, const Task& task, const Dataset& data, std::int64_t i) {
  Dataset one = data;
  one.size = 1;
  one.sample = [&](std::int64_t) { return checked_sample(data, i); };
  one.parts = std::nullopt;
  std::optional<Tensor> found;
  const auto keep = [&](std::int64_t, const Batch&, const Tensor&, const Tensor& said) {
    const auto extents = said.shape().extents();
    found = said.reshaped(Shape(std::vector<std::int64_t>(extents.begin() + 1, extents.end())));
  };
  evaluate_with(net, one, {.batch = 1, .task = task, .on_batch = keep});
  return *found;
}

// Whether a prediction can be drawn where the target can: a task that was added may predict anything.
bool is_like_target(const Dataset& data, const Tensor& prediction) {
  if (!lies_on_pixels(data.target.role)) return true;
  const Shape &image = data.image_shape, &target = data.target.shape;
  const bool of_mask = data.target.role == Role::mask;
  return is_floating(prediction.dtype()) != of_mask &&
         prediction.shape() == (of_mask ? Shape{image[0], image[1]} : target);
}

// Predictions of test images, each computed once though it may be in several panels.
class TestPredictions {
 public:
  TestPredictions(const AnyLayer& net, const Task& task, const Dataset& test)
      : net_(net), task_(task), test_(test) {}

  // Masks as uint8 [h, w]: classes are fewer than 256.
  const Tensor& of(std::int64_t i) {
    const auto known = found_.find(i);
    if (known != found_.end()) return known->second;
    const Tensor said = prediction_of(net_, task_, test_, i);
    return found_.emplace(i, said.dtype() == DType::int32 ? said.cast(DType::uint8) : said).first->second;
  }

 private:
  const AnyLayer& net_;
  const Task& task_;
  const Dataset& test_;
  std::map<std::int64_t, Tensor> found_;
};

struct PanelParts {
  std::vector<Sample> samples;
  std::vector<Tensor> predictions;
};

PanelParts parts_of(const Dataset& test, const std::vector<std::int64_t>& indices,
                    TestPredictions& predictions) {
  PanelParts parts;
  for (const std::int64_t i : indices) {
    parts.samples.push_back(checked_sample(test, i));
    parts.predictions.push_back(predictions.of(i));
  }
  return parts;
}

bool too_large(const Shape& image) { return std::max(image[0], image[1]) > PanelOptions{}.max_side; }

// Pictures of small images keep the bytes that they always had.
PngEffort effort_for(const Shape& image) { return too_large(image) ? PngEffort::quick : PngEffort::usual; }

void write_errors(const std::string& path, const PanelParts& parts, const PanelOptions& options) {
  if (parts.samples.empty()) return;
  write_png(path, prediction_panel(parts.samples, parts.predictions, options),
            effort_for(parts.samples[0].image.shape()));
}

// Leaves of each part what is in its window.
void crop(PanelParts& parts, const std::vector<PixelBox>& windows) {
  for (std::size_t k = 0; k < windows.size(); ++k) {
    Sample& sample = parts.samples[k];
    sample = {.image = cropped(sample.image, windows[k]), .target = cropped(sample.target, windows[k])};
    parts.predictions[k] = cropped(parts.predictions[k], windows[k]);
  }
}

// Writes the worst images, and where these are shrunk their worst places as well.
std::vector<PixelPlace> write_worst(const RunFolder& folder, PanelParts parts) {
  std::vector<PixelBox> windows;
  std::vector<PixelPlace> places;
  for (std::size_t k = 0; k < parts.samples.size(); ++k) {
    const Sample& sample = parts.samples[k];
    if (!too_large(sample.image.shape())) break;
    const PixelBox window = worst_window(sample.target, parts.predictions[k], worst_place_side);
    windows.push_back(window);
    places.push_back({window.top + window.height / 2, window.left + window.width / 2});
  }
  write_errors(folder.file(test_picture("worst")), parts, {.errors = true, .frames = windows});
  if (windows.empty()) return places;
  crop(parts, windows);
  for (PixelBox& window : windows) window = {0, 0, window.height, window.width};  // framed as in the whole
  write_errors(folder.file(worst_place_picture), parts, {.scale = 1, .errors = true, .frames = windows});
  return places;
}

}  // namespace

namespace {

// Whether there is a picture of the samples of `data`: their images, and targets that are images too.
bool has_pictures(const Dataset& data) {
  const Shape& image = data.image_shape;
  return image.rank() == 3 && (image[2] == 1 || image[2] == 3);
}

bool has_image_targets(const Dataset& data) {
  const Shape &image = data.image_shape, &target = data.target.shape;
  return data.target.role == Role::image && target.rank() == 3 && target[0] == image[0] &&
         target[1] == image[1] && (target[2] == 1 || target[2] == 3);
}

// |prediction - truth|, white where it is 1/4 or more.
Tensor distance_picture(const Tensor& truth, const Tensor& prediction) {
  return image_picture(zip(truth, prediction, [](auto t, auto p) { return 4 * std::abs(p - t); }));
}

// The pictures of a sample whose target is no mask: input and, of images, truth, prediction and errors.
std::vector<Tensor> cell_of(const Dataset& data, const Sample& sample, const Tensor* prediction,
                            bool errors) {
  std::vector<Tensor> cell{image_picture(sample.image)};
  if (!has_image_targets(data)) return cell;
  cell.push_back(image_picture(sample.target));
  if (!prediction || prediction->shape() != sample.target.shape()) return cell;
  cell.push_back(image_picture(*prediction));
  if (errors) cell.push_back(distance_picture(sample.target, *prediction));
  return cell;
}

void write_plain_pictures(const std::string& path, const Dataset& test, const PanelParts& parts) {
  std::vector<std::vector<Tensor>> cells;
  for (std::size_t k = 0; k < parts.samples.size(); ++k)
    cells.push_back(cell_of(test, parts.samples[k], &parts.predictions[k], true));
  if (!cells.empty()) write_png(path, picture_panel(cells), effort_for(test.image_shape));
}

}  // namespace

std::string step_picture(std::int64_t step) { return numbered_png("samples/step_", step); }
std::string labels_picture(std::int64_t step) { return numbered_png("samples/labels_", step); }
std::string test_picture(const std::string& name) { return "samples/" + name + ".png"; }

std::vector<std::int64_t> fixed_samples(const Dataset& validation) {
  const std::int64_t count = std::min<std::int64_t>(4, validation.size);
  std::vector<std::int64_t> indices;
  for (std::int64_t k = 0; k < count; ++k) indices.push_back((2 * k + 1) * validation.size / (2 * count));
  return indices;
}

void write_fixed_picture(const RunFolder& folder, const Dataset& validation) {
  std::vector<Sample> samples;
  const PanelOptions options{.scale = 1, .max_side = max_column_side, .gap = 0, .margin = 0};
  if (validation.target.role != Role::mask) {
    if (!has_pictures(validation) || !has_image_targets(validation)) return;
    std::vector<std::vector<Tensor>> cells;
    for (const std::int64_t i : fixed_samples(validation))
      cells.push_back(cell_of(validation, checked_sample(validation, i), nullptr, false));
    write_png(folder.file(fixed_picture), picture_panel(cells, options));
    return;
  }
  for (const std::int64_t i : fixed_samples(validation)) samples.push_back(checked_sample(validation, i));
  write_png(folder.file(fixed_picture), sample_panel(samples, options));
}

void write_step_pictures(const RunFolder& folder, const Dataset& validation,
                         const std::vector<Tensor>& predictions, std::int64_t step) {
  if (predictions.empty() || !is_like_target(validation, predictions[0])) return;
  if (validation.target.role != Role::mask) {
    if (!has_pictures(validation) || !has_image_targets(validation)) return;
    std::vector<std::vector<Tensor>> said, beside;
    for (std::size_t k = 0; k < predictions.size(); ++k) {
      const Sample sample = checked_sample(validation, fixed_samples(validation)[k]);
      beside.push_back(cell_of(validation, sample, &predictions[k], false));
      said.push_back({image_picture(predictions[k])});
    }
    write_png(folder.file(step_picture(step)), picture_panel(beside), effort_for(validation.image_shape));
    write_png(folder.file(labels_picture(step)),
              picture_panel(said, {.scale = 1, .max_side = max_column_side, .gap = 0, .margin = 0}));
    return;
  }
  std::vector<Sample> samples;
  for (const std::int64_t i : fixed_samples(validation)) samples.push_back(checked_sample(validation, i));
  write_png(folder.file(step_picture(step)), prediction_panel(samples, predictions),
            effort_for(validation.image_shape));
  const std::int64_t side = panel_side(validation.image_shape, std::ssize(predictions), max_column_side);
  std::vector<std::int32_t> labels;
  std::int64_t height = 0, width = 0;
  for (const Tensor& prediction : predictions) {
    const Tensor fitted = fit_labels(prediction, side);
    const auto numbers = fitted.values<std::int32_t>();
    labels.insert(labels.end(), numbers.begin(), numbers.end());
    height += fitted.shape()[0];
    width = fitted.shape()[1];
  }
  write_indexed_png(folder.file(labels_picture(step)), Tensor({height, width}, labels), class_palette());
}

std::vector<PixelPlace> write_test_pictures(const RunFolder& folder, const AnyLayer& net, const Task& task,
                                            const Dataset& test, const PictureFacts& chosen,
                                            const OnProgress& on_progress) {
  const auto report = [&](std::int64_t written) {
    if (on_progress) on_progress(written, 3);
  };
  TestPredictions predictions(net, task, test);
  bool of_masks = test.target.role == Role::mask;
  for (const auto* some : {&chosen.best, &chosen.median, &chosen.worst})
    of_masks = of_masks && (some->empty() || is_like_target(test, predictions.of(some->front())));
  if (!of_masks && !has_pictures(test)) return {};
  const auto write = [&](const char* name, const std::vector<std::int64_t>& indices) {
    const std::string path = folder.file(test_picture(name));
    const PanelParts parts = parts_of(test, indices, predictions);
    if (of_masks) {
      write_errors(path, parts, {.errors = true});
    } else {
      write_plain_pictures(path, test, parts);
    }
  };
  report(0);
  write("best", chosen.best);
  report(1);
  write("median", chosen.median);
  report(2);
  std::vector<PixelPlace> places;
  if (of_masks) {
    places = write_worst(folder, parts_of(test, chosen.worst, predictions));
  } else {
    write("worst", chosen.worst);
  }
  report(3);
  return places;
}

}  // namespace trous
