#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <set>
#include <utility>

#include <trous/cli/data_files.h>
#include <trous/cli/output.h>
#include <trous/core/detail/json.h>
#include <trous/core/error.h>
#include <trous/data/csv.h>
#include <trous/data/file.h>
#include <trous/data/palette.h>
#include <trous/data/picture.h>
#include <trous/data/png.h>

namespace trous::cli {
namespace {

namespace fs = std::filesystem;

std::int32_t label_of(const Sample& sample) { return sample.target.item<std::int32_t>(); }

// The samples of each class; those without one are left out.
std::vector<std::vector<std::int64_t>> samples_of_classes(const Dataset& split,
                                                          const OnProgress& on_progress) {
  std::vector<std::vector<std::int64_t>> result(split.classes.size());
  ProgressCount progress(on_progress, split.size);
  for (std::int64_t i = 0; i < split.size; ++i) {
    const std::int32_t label = label_of(checked_sample(split, i));
    if (label != unknown_label) result.at(static_cast<std::size_t>(label)).push_back(i);
    progress.add_one();
  }
  return result;
}

// A row of images for each class that occurs; a short row is filled with white.
Preview preview_of_classes(const Dataset& split, std::span<const Sample> samples) {
  std::vector<std::vector<Tensor>> rows(split.classes.size());
  for (const Sample& sample : samples) {
    if (label_of(sample) != unknown_label)
      rows.at(static_cast<std::size_t>(label_of(sample))).push_back(image_picture(sample.image));
  }
  std::size_t columns = 0;
  for (const auto& row : rows) columns = std::max(columns, row.size());
  std::string words = "a row for each class, from the top:";
  std::vector<std::vector<Tensor>> cells;
  for (std::size_t c = 0; c < rows.size(); ++c) {
    if (rows[c].empty()) continue;
    words += text(cells.empty() ? " " : ", ", split.classes[c]);
    rows[c].resize(columns, Tensor::full(rows[c].front().shape(), DType::uint8, 255));
    for (Tensor& picture : rows[c]) cells.push_back({std::move(picture)});
  }
  return {picture_panel(cells, {.columns = static_cast<std::int64_t>(columns)}), std::move(words)};
}

// The numbers that a file stores for an image in 0..1; for an image read from a file, those of that file.
Tensor stored_image(const Tensor& image, std::int64_t white) {
  Tensor numbers = Tensor::uninitialized(image.shape(), DType::int32);
  std::int32_t* out = numbers.mutable_values<std::int32_t>().data();
  for (const float value : image.values<float>()) {
    const double inside = value > 0 ? std::min(static_cast<double>(value), 1.0) : 0.0;
    *out++ = static_cast<std::int32_t>(std::lround(inside * static_cast<double>(white)));
  }
  return white > 255 ? numbers : numbers.cast(DType::uint8);
}

// The fewest digits from which the reader of labels.csv, which takes a double for a float, gets the number.
std::string table_number(float value) {
  std::array<char, 32> buffer;
  for (int digits = 1;; ++digits) {
    const auto end = std::to_chars(buffer.begin(), buffer.end(), static_cast<double>(value),
                                   std::chars_format::general, digits)
                         .ptr;
    double read = 0;
    std::from_chars(buffer.begin(), end, read);
    if (digits == 9 || static_cast<float>(read) == value) return {buffer.begin(), end};
  }
}

// The first line of labels.csv. The name of a target that was read from a table lists its columns.
std::string table_header(const SampleField& target) {
  std::vector<std::string> columns;
  for (std::size_t begin = 0, end = 0; end != std::string::npos; begin = end + 2) {
    end = target.name.find(", ", begin);
    columns.push_back(target.name.substr(begin, end - begin));
  }
  const std::int64_t numbers = target.shape.elements();
  const bool named = std::ssize(columns) == numbers;
  std::string header = "image";
  for (std::int64_t i = 0; i < numbers; ++i) {
    header += ',';
    header += named ? csv_cell(columns[static_cast<std::size_t>(i)]) : text('x', i + 1);
  }
  return header;
}

// Whether a folder of this name in train/ is read as one of a class.
bool names_class_folder(const std::string& name) {
  static const std::set<std::string> others{"", "images", "masks", "targets", "labels.csv"};
  return !others.contains(name) && !name.starts_with('.') && name.find('/') == std::string::npos;
}

// Writes the samples of one split.
class SplitWriter {
 public:
  SplitWriter(const Dataset& split, fs::path folder)
      : split_(split),
        folder_(std::move(folder)),
        role_(split.target.role),
        class_folders_(role_ == Role::label &&
                       std::all_of(split.classes.begin(), split.classes.end(), names_class_folder)) {}

  void write(std::int64_t index) {
    const Sample sample = checked_sample(split_, index);
    const std::string file = numbered_png("", index);
    if (role_ == Role::label && label_of(sample) == unknown_label) return;
    const Tensor image = stored_image(sample.image, split_.white);
    if (class_folders_) return write_png(path_in(class_of(sample), file), image);
    write_png(path_in("images", file), image);
    if (role_ == Role::mask) {
      write_indexed_png(path_in("masks", file), sample.target, class_palette());
    } else if (role_ == Role::image) {
      write_png(path_in("targets", file), stored_image(sample.target, split_.target.white));
    } else {
      lines_ += file + (role_ == Role::label ? "," + csv_cell(class_of(sample)) : numbers_of(sample)) + '\n';
    }
  }

  void finish() const {
    if (lines_.empty()) return;
    const std::string header = role_ == Role::label ? "image,label" : table_header(split_.target);
    write_text((folder_ / "labels.csv").string(), header + '\n' + lines_);
  }

 private:
  std::string path_in(const std::string& name, const std::string& file) const {
    make_folder((folder_ / name).string(), "--export");
    return (folder_ / name / file).string();
  }

  const std::string& class_of(const Sample& sample) const {
    return split_.classes.at(static_cast<std::size_t>(label_of(sample)));
  }

  static std::string numbers_of(const Sample& sample) {
    std::string cells;
    for (const float number : sample.target.values<float>()) cells += ',' + table_number(number);
    return cells;
  }

  const Dataset& split_;
  fs::path folder_;
  Role role_;
  bool class_folders_;
  std::string lines_;  // of labels.csv
};

}  // namespace

std::vector<std::int64_t> first_samples(const Dataset& split, std::int64_t count,
                                        const OnProgress& on_progress) {
  std::vector<std::int64_t> chosen(static_cast<std::size_t>(std::min(count, split.size)));
  std::iota(chosen.begin(), chosen.end(), 0);
  if (split.target.role != Role::label || count >= split.size) return chosen;
  chosen.clear();
  const auto of_class = samples_of_classes(split, on_progress);
  const auto all = static_cast<std::size_t>(split.size);
  for (std::size_t round = 0; round < all && std::ssize(chosen) < count; ++round) {
    for (const std::vector<std::int64_t>& samples : of_class) {
      if (round < samples.size() && (round == 0 || std::ssize(chosen) < count))
        chosen.push_back(samples[round]);
    }
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

Preview preview_of(const Dataset& split, std::span<const Sample> samples) {
  constexpr std::int64_t pairs = 3;
  std::vector<std::vector<Tensor>> cells;
  switch (split.target.role) {
    case Role::mask:
      return {sample_panel(samples, {.columns = pairs}), "input | mask"};
    case Role::label:
      return preview_of_classes(split, samples);
    case Role::image:
      for (const Sample& sample : samples)
        cells.push_back({image_picture(sample.image), image_picture(sample.target)});
      return {picture_panel(cells, {.columns = pairs}), "input | target"};
    case Role::points:
    case Role::numbers:
      break;
  }
  for (const Sample& sample : samples) cells.push_back({image_picture(sample.image)});
  return {picture_panel(cells, {.columns = 2 * pairs}), "input"};
}

void write_data_folder(const Splits& data, const SplitIndices& indices, const std::string& folder,
                       const OnProgress& on_progress) {
  // Ready-made splits without a test split are tested on those of validation.
  const bool has_test = data.test.names.empty() || data.test.names != data.validation.names;
  const std::size_t splits = indices.size() - (has_test ? 0 : 1);
  std::int64_t total = 0;
  for (std::size_t k = 0; k < splits; ++k) total += std::ssize(indices[k]);
  ProgressCount progress(on_progress, total);
  for (std::size_t k = 0; k < splits; ++k) {
    const std::string_view name = split_names()[k];
    SplitWriter writer(split_named(data, name), fs::path(folder) / name);
    for (const std::int64_t index : indices[k]) {
      writer.write(index);
      progress.add_one();
    }
    writer.finish();
  }
  if (data.train.target.role == Role::mask)
    write_text((fs::path(folder) / "classes.json").string(), detail::dump_json(data.train.classes, 1) + '\n');
}

}  // namespace trous::cli
