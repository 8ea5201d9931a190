// results.json of a run: the scores of its best weights, those of the baselines, and the facts of network and
// data.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <trous/core/window.h>
#include <trous/run/data_facts.h>
#include <trous/run/model_facts.h>
#include <trous/run/run_folder.h>
#include <trous/run/score_facts.h>
#include <trous/train/criterion.h>
#include <trous/train/task.h>

namespace trous {

/// Test images, by number, and the file in samples/ that shows them.
struct PictureFacts {
  std::vector<std::int64_t> best, median, worst;
  /// For each of `worst` the middle of its part that samples/worst_place.png shows; empty without that file.
  std::vector<PixelPlace> worst_places = {};
  /// What the chosen samples are and what they were called, in words, by number, where no picture shows it:
  /// "boot, called sandal".
  std::map<std::int64_t, std::string> words = {};
};

/// The contents of results.json.
struct RunResults {
  std::string split;
  std::int64_t step, steps;  ///< of the weights that are scored; of the run
  std::string stopped;
  std::optional<Criterion> chosen_by = {};  ///< what chose the weights; nothing in runs of older versions
  std::vector<std::string> classes;         ///< of masks and labels
  std::string task = mask_task;             ///< Task::name
  Criterion leading = Criterion::foreground_iou;  ///< the score by which the run is judged
  ScoreFacts scores = {};  ///< the matrix with the ignored classes, as those of the baselines
  std::vector<NamedScores> baselines;
  std::vector<std::optional<double>> image_scores;  ///< nothing where an image has no score
  PictureFacts pictures;
  ModelFacts model;
  std::optional<CoverageFacts> coverage;  ///< nothing where the run did not write it
  DataFacts data;
  double seconds;
  std::int64_t peak_bytes;

  bool of_masks() const { return task == mask_task; }
};

/// Four images each whose score is best, in the middle, and worst, of those that have a score; of equal
/// scores the first.
PictureFacts pictured_images(const std::vector<std::optional<double>>& image_scores,
                             Better better = Better::higher);

/// Writes results.json. Throws FileError if it cannot be written.
void write_results(const RunFolder& folder, const RunResults& results);

/// Reads the results.json at `path`. Throws FileError naming the field that is not as docs/run-folder.md
/// says; unknown fields are passed over.
RunResults read_results(const std::string& path);

}  // namespace trous
