// metrics.csv of a run: a row per validation, written and read here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <trous/train/scores.h>

namespace trous {

/// A row of metrics.csv. What is absent is an empty cell there.
struct MetricsRow {
  std::int64_t step;
  double train_loss;
  std::optional<double> validation_loss;
  std::vector<Score> scores;  ///< of the validation, the same names in all rows of a file
  double learning_rate;
  double seconds;  ///< since the run began, over all its sessions
  double images_per_second;
  bool best;

  /// The score called `name`; absent too where there is none of this name.
  std::optional<double> score(std::string_view name) const { return value_of(scores, name); }

  friend bool operator==(const MetricsRow&, const MetricsRow&) = default;
};

/// The first line of metrics.csv, without its line break, with columns for scores of these names: for
/// segmentation step,train_loss,validation_loss,mean_iou,foreground_iou,pixel_accuracy,learning_rate,seconds,
/// images_per_second,best.
std::string metrics_header(const std::vector<std::string>& score_names);

/// The row as a line of metrics.csv, with its line break. Every number has as many digits as it needs to be
/// read back exactly.
std::string to_csv(const MetricsRow& row);

/// The rows of the file, whose columns are found by their names in the first line. Columns between
/// validation_loss and learning_rate are scores; other unknown ones are passed over. No rows if the file is
/// not there. Throws FileError naming the line and the column.
std::vector<MetricsRow> read_metrics(const std::string& path);

/// The `contents` of a metrics.csv that a run goes on with after `step`: without later rows, lines that begin
/// with no step, and a torn last line. Nothing if the first line is not `header`: rows of this version would
/// stand under the wrong columns.
std::optional<std::string> metrics_until(std::string_view contents, std::string_view header,
                                         std::int64_t step);

}  // namespace trous
