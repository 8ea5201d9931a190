#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include <trous/core/error.h>
#include <trous/train/report/logs.h>

namespace trous::report {
namespace {

constexpr std::int64_t max_step = std::int64_t{1} << 53;

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t comma = line.find(','); comma != std::string_view::npos; comma = line.find(',')) {
    words.push_back(line.substr(0, comma));
    line.remove_prefix(comma + 1);
  }
  words.push_back(line);
  return words;
}

// One line of metrics.csv, whose cells are found by the names in the header.
class CsvRow {
 public:
  CsvRow(const std::vector<std::string_view>& header, std::string_view line, std::string place)
      : header_(header), cells_(split(line)), place_(std::move(place)) {
    if (cells_.size() != header.size()) {
      refuse(place_, text("has ", cells_.size(), " cells, but the header names ", header.size()));
    }
  }

  std::string_view cell(std::string_view name) const {
    const auto column = std::find(header_.begin(), header_.end(), name);
    if (column == header_.end()) refuse(place_, text("has no column ", name));
    return cells_[static_cast<std::size_t>(column - header_.begin())];
  }

  template <class T>
  T get(std::string_view name) const {
    const auto number = parsed_number<T>(cell(name));
    if (!number) {
      refuse(place_,
             text("has \"", cell(name).substr(0, 40), "\" in column ", name, ", where a number belongs"));
    }
    return *number;
  }

  // What was absent is an empty cell.
  std::optional<double> unless_empty(std::string_view name) const {
    return cell(name).empty() ? std::nullopt : std::optional(get<double>(name));
  }

  std::int64_t step(std::int64_t after) const {
    const auto number = get<std::int64_t>("step");
    if (number < 0 || number > max_step || number <= after) {
      refuse(place_, text("has step ", number, " after step ", after));
    }
    return number;
  }

 private:
  const std::vector<std::string_view>& header_;
  std::vector<std::string_view> cells_;
  std::string place_;
};

}  // namespace

void refuse(const std::string& place, const std::string& fact) {
  throw FileError(text("read_run: ", place, ' ', fact, ". Write the file again."));
}

bool exists(const std::string& path) {
  std::error_code none;
  return std::filesystem::exists(path, none);
}

std::string read_text(const std::string& path, std::int64_t max_bytes) {
  const std::vector<std::uint8_t> bytes = read_file(path, max_bytes);
  return {bytes.begin(), bytes.end()};
}

std::vector<std::string_view> finished_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::string line_name(const std::string& path, std::size_t index) {
  return path + " line " + std::to_string(index + 1);
}

std::vector<MetricsRow> read_metrics(const std::string& path) {
  if (!exists(path)) return {};
  const std::string all = read_text(path);
  const std::vector<std::string_view> lines = finished_lines(all);
  if (lines.empty()) return {};
  const std::vector<std::string_view> header = split(lines[0]);
  std::vector<MetricsRow> rows;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const CsvRow row(header, lines[i], line_name(path, i));
    rows.push_back({.step = row.step(rows.empty() ? -1 : rows.back().step),
                    .train_loss = row.get<double>("train_loss"),
                    .validation_loss = row.unless_empty("validation_loss"),
                    .mean_iou = row.unless_empty("mean_iou"),
                    .foreground_iou = row.unless_empty("foreground_iou"),
                    .pixel_accuracy = row.unless_empty("pixel_accuracy"),
                    .learning_rate = row.get<double>("learning_rate"),
                    .seconds = row.get<double>("seconds"),
                    .images_per_second = row.get<double>("images_per_second"),
                    .best = row.get<int>("best") != 0});
  }
  return rows;
}

}  // namespace trous::report
