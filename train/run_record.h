// A run folder as values: what its files say, judged. What a run leaves on disk is told in
// docs/run-folder.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <trous/data/survey.h>
#include <trous/layers/receptive_field.h>
#include <trous/train/criterion.h>
#include <trous/train/metrics.h>
#include <trous/train/run_folder.h>

namespace trous {

/// One entry of a JSON object, as text; objects and lists inside are flattened: "files[0].sha256".
struct Field {
  std::string name, value;
};

/// The value of the field called `name`, or nothing.
std::optional<std::string> find_field(const std::vector<Field>& fields, const std::string& name);

/// A "step" line of events.jsonl; numbers may be NaN or infinite.
struct StepRecord {
  std::int64_t step;
  double loss, learning_rate, gradient_norm;
};

/// Any other line of events.jsonl; `time` and `why` may be empty.
struct EventRecord {
  std::string event;
  std::int64_t step;
  std::string time, why;
};

struct NamedScores {
  std::string name;
  ConfusionMatrix scores;
};

struct LayerFacts {
  std::string path, kind;
  std::vector<std::int64_t> output;
  std::int64_t parameters;
  std::optional<std::int64_t> multiply_adds;  ///< nothing where the op does not state it
  std::optional<ReceptiveField> receptive_field;
};

/// A box of the picture of the network, see layers/layer_graph.h.
struct BoxFacts {
  std::string name;
  std::vector<std::string> ops;
  std::vector<std::int64_t> output;
  std::vector<std::size_t> from;  ///< boxes before it
};

struct ModelFacts {
  std::string name;
  std::vector<std::int64_t> input;
  std::int64_t parameters;
  std::optional<std::int64_t> multiply_adds;  ///< nothing where an op does not state it
  std::optional<ReceptiveField> receptive_field;
  std::vector<LayerFacts> layers;
  std::vector<BoxFacts> graph;  ///< empty where the run did not write it
};

/// What the output pixel at (row, column) sees of the input, see layers/coverage.h.
struct CoverageFacts {
  std::int64_t row, column;
  std::int64_t top, left, height, width;  ///< of the box around all that is seen, inside the input
  std::vector<std::string> map;           ///< of the box, '#' where seen and '.' where not
};

struct DataFacts {
  std::string name, source;
  std::vector<std::int64_t> image;
  SplitFacts train, validation, test;
  std::int64_t train_validation, train_test, validation_test;  ///< samples that are in both
};

/// Test images, by number, and the file in samples/ that shows them.
struct PictureFacts {
  std::vector<std::int64_t> best, median, worst;
};

/// results.json.
struct RunResults {
  std::string split;
  std::int64_t step, steps;  ///< of the weights that are scored; of the run
  std::string stopped;
  std::vector<std::string> classes;
  ConfusionMatrix scores{1};  ///< it and those of the baselines know which classes are ignored
  std::vector<NamedScores> baselines;
  std::vector<std::optional<double>> image_scores;
  PictureFacts pictures;
  ModelFacts model;
  std::optional<CoverageFacts> coverage;  ///< nothing where the run did not write it
  DataFacts data;
  double seconds;
  std::int64_t peak_bytes;
};

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
