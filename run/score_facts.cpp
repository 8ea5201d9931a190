#include <algorithm>
#include <array>

#include <trous/run/score_facts.h>
#include <trous/train/task.h>

namespace trous {
namespace {

struct Row {
  std::string_view name, words, heading;
  int digits;
  bool share;
  Better better = Better::higher;
};

// The scores that have words of their own.
constexpr std::array rows{
    Row{"foreground_iou", "foreground mIoU", "fg mIoU", 3, true},
    Row{"mean_iou", "mIoU", "mIoU", 3, true},
    Row{"pixel_accuracy", "pixel accuracy", "accuracy", 3, true},
    Row{"accuracy", "accuracy", "accuracy", 4, true},
    Row{"top_accuracy", "top-5 accuracy", "top-5", 4, true},
    Row{"mean_class_accuracy", "mean class accuracy", "classes", 4, true},
    Row{"negative_log_likelihood", "negative log-likelihood", "NLL", 4, false, Better::lower},
    Row{"brier", "Brier score", "Brier", 4, false, Better::lower},
    Row{"expected_calibration_error", "expected calibration error", "ECE", 4, false, Better::lower},
    Row{"mse", "MSE", "MSE", 5, false, Better::lower},
    Row{"mae", "MAE", "MAE", 5, false, Better::lower},
    Row{"rmse", "RMSE", "RMSE", 5, false, Better::lower},
    Row{"r2", "R\u00b2", "R2", 4, false},
    Row{"psnr", "PSNR in dB", "PSNR", 2, false},
    Row{"ssim", "SSIM", "SSIM", 4, false},
};

}  // namespace

ScoreFacts score_facts(const Scores& scores) {
  return {.all = scores.all(),
          .confusion = scores.confusion(),
          .calibration = scores.calibration(),
          .pairs = scores.pairs()};
}

ScoreFacts score_facts(const ConfusionMatrix& masks) {
  return score_facts(Scores(SegmentationScores(masks)));
}

ScoreWords words_of_score(std::string_view name) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.name == name; });
  if (found != rows.end())
    return {std::string(found->words), std::string(found->heading), found->digits, found->share,
            found->better};
  std::string words(name);
  std::replace(words.begin(), words.end(), '_', ' ');
  return {.words = words, .heading = words};
}

std::vector<std::string> shown_scores(const std::vector<Score>& scores, const std::string& leading,
                                      std::size_t most) {
  std::vector<std::string> names = names_of(scores);
  const auto first = std::find(names.begin(), names.end(), leading);
  if (first != names.end()) std::rotate(names.begin(), first, first + 1);
  if (names.size() > most) names.resize(most);
  return names;
}

}  // namespace trous
