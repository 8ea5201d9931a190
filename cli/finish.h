// The end of a run: the best weights scored on the test split, once, and what is kept of it.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <trous/cli/open.h>
#include <trous/cli/score.h>
#include <trous/data/survey.h>
#include <trous/layers/coverage.h>
#include <trous/train/criterion.h>
#include <trous/train/run_folder.h>

namespace trous::cli {

/// Four samples each whose foreground mIoU is highest, in the middle, and lowest; ties to the first.
struct Picks {
  std::vector<std::int64_t> best, median, worst;
};
Picks pick(const std::vector<ConfusionMatrix>& images);

/// Writes input | truth | prediction | errors of these samples.
void write_pictures(const std::string& path, const AnyLayer& net, const Dataset& data,
                    const std::vector<std::int64_t>& samples);

/// Writes input and truth of the first samples, once a run: samples/fixed.png.
void write_fixed(const RunFolder& folder, const Dataset& data);

/// Writes the predictions of the first samples, and what they are read beside, as docs/run-folder.md says.
void write_progress_pictures(const RunFolder& folder, const AnyLayer& net, const Dataset& data,
                             std::int64_t step);

/// How a run ended.
struct RunOutcome {
  std::int64_t step, steps;  ///< of the weights that are scored; done in all
  Criterion chosen_by;       ///< what chose these weights
  std::string stopped;       ///< why
  double seconds;
};

/// Writes results.json.
void write_results(const RunFolder& folder, const TrainConfig& config, const Splits& data,
                   const Survey& facts, const Summary& summary, const std::optional<Coverage>& seen,
                   const std::vector<Baseline>& baselines, const SplitScores& scores, const Picks& picks,
                   const RunOutcome& outcome);

}  // namespace trous::cli
