// Scores in plain numbers, as results.json and metrics.csv hold them and a report shows them, whatever the
// task.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <trous/train/scores.h>

namespace trous {

/// What a predictor has scored.
struct ScoreFacts {
  std::vector<Score> all;
  std::optional<ConfusionMatrix> confusion = std::nullopt;  ///< of masks and labels
  std::vector<CalibrationBin> calibration = {};             ///< empty where there is none
  std::vector<TruthAndPrediction> pairs = {};               ///< likewise

  /// The score called `name`; absent too where there is none of this name.
  std::optional<double> operator[](std::string_view name) const { return value_of(all, name); }
};

/// The facts that `scores` has.
ScoreFacts score_facts(const Scores& scores);
/// Those of segmentation, which follow from the matrix.
ScoreFacts score_facts(const ConfusionMatrix& masks);

/// The scores of a predictor, for example of a baseline that learns little.
struct NamedScores {
  std::string name;
  ScoreFacts scores;
  Criterion chosen_by = Criterion::latest;  ///< Scores::criterion, which the targets alone decide
};

/// How a score is shown.
struct ScoreWords {
  std::string words;    ///< in a sentence: "foreground mIoU", "mean class accuracy", "PSNR in dB"
  std::string heading;  ///< of a narrow column: "fg mIoU"
  int digits = 4;       ///< behind the point
  bool share = false;   ///< whether it is in 0..1, the more the better
  Better better = Better::higher;
};

/// The words of the score called `name`; of an unknown one its name, with spaces for '_'.
ScoreWords words_of_score(std::string_view name);

/// The names of up to `most` scores that a table shows, of all in `scores`: `leading` first, the others in
/// their order.
std::vector<std::string> shown_scores(const std::vector<Score>& scores, const std::string& leading,
                                      std::size_t most = 3);

}  // namespace trous
