// The whole record of a run, read from its folder and checked. docs/run-folder.md describes the files.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <trous/run/events.h>
#include <trous/run/metrics.h>
#include <trous/run/results.h>
#include <trous/train/criterion.h>

namespace trous {

/// One entry of a JSON object, as text; objects and lists inside are flattened: "files[0].sha256".
struct Field {
  std::string name, value;
};

/// The value of the field called `name`, or nothing.
std::optional<std::string> find_field(const std::vector<Field>& fields, const std::string& name);

/// What the files of a run hold.
struct RunRecord {
  std::string folder;
  std::vector<Field> config, environment;
  std::vector<MetricsRow> metrics;
  std::vector<StepRecord> steps;
  std::vector<EventRecord> events;
  Criterion chosen_by = Criterion::foreground_iou;  ///< what decides which validation is the best
  std::optional<RunResults> results;                ///< nothing while the run is unfinished
  /// config.json, environment.json and results.json as one JSON text, for machines; lists of image scores
  /// longer than 5000 are left out, and a map of more than 250 x 250 pixels; of the data's files only the
  /// first 50 are named, here and in `environment`.
  std::string json;
};

/// Reads the files of a run. metrics.csv, events.jsonl and results.json may be absent: the run is young or
/// unfinished. A last line of the first two that has no newline was torn by an interrupted write and is
/// passed over. Throws FileError naming the file and the line or the field for anything else that is not as
/// docs/run-folder.md says; unknown fields, columns and events are no fault.
RunRecord read_run(const std::string& folder);

}  // namespace trous
