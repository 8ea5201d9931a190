#include <filesystem>
#include <span>
#include <utility>
#include <vector>

#include <trous/cli/eval_files.h>
#include <trous/cli/prediction.h>
#include <trous/cli/tables.h>
#include <trous/core/error.h>
#include <trous/core/text.h>
#include <trous/data/csv.h>
#include <trous/data/file.h>
#include <trous/data/npy.h>
#include <trous/data/palette.h>
#include <trous/data/picture.h>
#include <trous/data/png.h>

namespace trous::cli {
namespace {

namespace fs = std::filesystem;

void add_cell(std::string& table, const std::string& cell) {
  table += ',';
  table += csv_cell(cell);
}

std::vector<std::string> number_names(const Dataset& split) {
  const auto count = static_cast<std::size_t>(split.target.shape.elements());
  return named_or_numbered(split.number_names, count, "number", 1);
}

std::string table_heading(const Dataset& split) {
  std::string line = "image";
  const auto add = [&](const char* what, const std::string& name) {
    std::string cell = what;
    add_cell(line, cell += name);
  };
  if (split.target.role == Role::label) {
    line += ",truth,prediction";
    for (const std::string& name : split.classes) add("probability of ", name);
    for (const std::string& name : split.classes) add("logit of ", name);
  } else {
    for (const std::string& name : number_names(split)) {
      add("truth of ", name);
      add("prediction of ", name);
    }
  }
  return line + '\n';
}

}  // namespace

SampleFiles::SampleFiles(std::string folder, const Dataset& split)
    : folder_(std::move(folder)), split_(split) {
  if (has_table()) table_ = table_heading(split);
}

bool SampleFiles::has_table() const { return !lies_on_pixels(split_.target.role); }

void SampleFiles::add(std::int64_t index, const Tensor& truth, const Tensor& prediction,
                      const Tensor& output) {
  if (!has_table()) return write_images(index, truth, prediction);
  table_ +=
      split_.names.empty() ? std::to_string(index) : csv_cell(split_.names[static_cast<std::size_t>(index)]);
  if (split_.target.role == Role::label) {
    add_label(truth, prediction, output);
  } else {
    add_numbers(truth, prediction);
  }
  table_ += '\n';
}

void SampleFiles::write_images(std::int64_t index, const Tensor& truth, const Tensor& prediction) const {
  for (const auto& [stem, image] : {std::pair<const char*, const Tensor&>("truth_", truth),
                                    std::pair<const char*, const Tensor&>("prediction_", prediction)}) {
    const fs::path png = fs::path(folder_) / numbered_png(stem, index);
    if (split_.target.role == Role::mask) {
      write_indexed_png(png.string(), image, class_palette());
      continue;
    }
    write_npy(fs::path(png).replace_extension(".npy").string(), image);
    const std::int64_t channels = image.shape()[2];
    if (channels == 1 || channels == 3) write_png(png.string(), stored_pixels(image, split_.target.white));
  }
}

void SampleFiles::add_label(const Tensor& truth, const Tensor& prediction, const Tensor& logits) {
  const auto name = [&](const Tensor& label) {
    const auto number = static_cast<std::size_t>(label.item<std::int32_t>());
    return number < split_.classes.size() ? split_.classes[number] : std::string();
  };
  add_cell(table_, name(truth));
  add_cell(table_, name(prediction));
  const Tensor row = logits.cast(DType::float32);
  for (const double share : softmax_of(row.values<float>())) add_cell(table_, shortest_digits(share));
  for (const float logit : row.values<float>()) add_cell(table_, float_digits(logit));
}

void SampleFiles::add_numbers(const Tensor& truth, const Tensor& prediction) {
  const std::vector<float> t = truth.to_vector<float>(), p = prediction.to_vector<float>();
  for (std::size_t i = 0; i < t.size(); ++i) {
    add_cell(table_, float_digits(t[i]));
    add_cell(table_, float_digits(p[i]));
  }
}

void SampleFiles::finish() const {
  if (has_table()) write_text((fs::path(folder_) / "predictions.csv").string(), table_);
}

std::string SampleFiles::words_if_interrupted() const {
  if (has_table()) return text("Nothing was written into ", folder_, '.');
  return text("The ", in_plural(split_.target.role), " in ", folder_, " are whole, but not all are there.");
}

}  // namespace trous::cli
