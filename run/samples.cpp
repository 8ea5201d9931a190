#include <algorithm>
#include <vector>

#include <trous/data/palette.h>
#include <trous/data/picture.h>
#include <trous/data/png.h>
#include <trous/run/samples.h>
#include <trous/train/evaluate.h>

namespace trous {
namespace {

std::vector<std::int64_t> fixed_samples(const Dataset& data) {
  const std::int64_t count = std::min<std::int64_t>(4, data.size);
  std::vector<std::int64_t> indices;
  for (std::int64_t k = 0; k < count; ++k) indices.push_back((2 * k + 1) * data.size / (2 * count));
  return indices;
}

Tensor prediction_of(const AnyLayer& net, const Dataset& data, std::int64_t i) {
  const Tensor labels = predict(net, make_batch(data, {{i}}).images);
  return labels.reshaped({labels.shape()[1], labels.shape()[2]});
}

void write_panel(const std::string& path, const AnyLayer& net, const Dataset& data,
                 const std::vector<std::int64_t>& indices, bool errors) {
  if (indices.empty()) return;
  std::vector<Sample> samples;
  std::vector<Tensor> predictions;
  for (const std::int64_t i : indices) {
    samples.push_back(checked_sample(data, i));
    predictions.push_back(prediction_of(net, data, i));
  }
  write_png(path, prediction_panel(samples, predictions, {.errors = errors}));
}

}  // namespace

std::string step_picture(std::int64_t step) { return numbered_png("samples/step_", step); }
std::string labels_picture(std::int64_t step) { return numbered_png("samples/labels_", step); }
std::string test_picture(const std::string& name) { return "samples/" + name + ".png"; }

void write_fixed_picture(const RunFolder& folder, const Dataset& validation) {
  std::vector<Sample> samples;
  for (const std::int64_t i : fixed_samples(validation)) samples.push_back(checked_sample(validation, i));
  write_png(folder.file(fixed_picture), sample_panel(samples, {.scale = 1, .gap = 0, .margin = 0}));
}

void write_step_pictures(const RunFolder& folder, const AnyLayer& net, const Dataset& validation,
                         std::int64_t step) {
  const std::vector<std::int64_t> indices = fixed_samples(validation);
  write_panel(folder.file(step_picture(step)), net, validation, indices, false);
  const std::int64_t height = validation.image_shape[0], width = validation.image_shape[1];
  std::vector<std::int32_t> labels;
  for (const std::int64_t i : indices) {
    const std::vector<std::int32_t> one = prediction_of(net, validation, i).to_vector<std::int32_t>();
    labels.insert(labels.end(), one.begin(), one.end());
  }
  const Tensor stacked({static_cast<std::int64_t>(indices.size()) * height, width}, labels);
  write_indexed_png(folder.file(labels_picture(step)), stacked, class_palette());
}

void write_test_pictures(const RunFolder& folder, const AnyLayer& net, const Dataset& test,
                         const PictureFacts& chosen) {
  write_panel(folder.file(test_picture("best")), net, test, chosen.best, true);
  write_panel(folder.file(test_picture("median")), net, test, chosen.median, true);
  write_panel(folder.file(test_picture("worst")), net, test, chosen.worst, true);
}

}  // namespace trous
