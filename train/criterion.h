// The criterion by which the best weights of a run are chosen. It follows from the validation split.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <trous/train/metrics.h>

namespace trous {

/// Whether a larger or a smaller score is better.
enum class Better { higher, lower };

/// What ranks the validations of a run: a score, the loss, or nothing.
class Criterion {
 public:
  /// The score called `name`, such as "accuracy". Throws ArgumentError unless the name is made of the letters
  /// a to z, digits and '_', and begins with a letter, or if it is the name of a criterion that is no score.
  static Criterion score(std::string name, Better better = Better::higher);

  /// The highest mean IoU of the foreground classes on validation, of equal ones the lowest loss.
  static const Criterion foreground_iou;
  static const Criterion validation_loss;  ///< the lowest loss on validation
  static const Criterion latest;           ///< nothing counts, so the latest validation

  bool is_score() const { return *this != validation_loss && *this != latest; }
  Better better() const { return better_; }

  /// Whether both have one name. Which way a score is better is a fact of it.
  friend bool operator==(const Criterion& a, const Criterion& b) { return a.name_ == b.name_; }
  friend const std::string& name(const Criterion& criterion) { return criterion.name_; }

 private:
  Criterion(std::string name, Better better) : name_(std::move(name)), better_(better) {}

  std::string name_;
  Better better_;
};

inline const Criterion Criterion::foreground_iou{"foreground_iou", Better::higher};
inline const Criterion Criterion::validation_loss{"validation_loss", Better::lower};
inline const Criterion Criterion::latest{"latest", Better::higher};

/// "foreground_iou", "validation_loss", "latest", or the name of another score.
const std::string& name(const Criterion& criterion);

/// Returns the criterion for the split whose scores these are: the IoU if a pixel of a foreground class
/// counts, else the loss if any pixel counts. It depends on the truths alone, not on the predictions, so it
/// is the same at every validation.
Criterion criterion_for(const ConfusionMatrix& validation);

/// How good a validation is, the higher the better; absent where it cannot be compared. It is finite, as
/// numbers in JSON are: an infinite score, such as the PSNR of equal images, is as good as the largest
/// number.
std::optional<double> merit(const Criterion& criterion, const std::optional<double>& score,
                            const std::optional<double>& loss);

/// Whether, of two validations of equal merit, the one with the loss `now` is better than the one with
/// `before`: of equal scores the lower loss, since a small split has few different scores and reaches the
/// best early.
bool breaks_tie(const Criterion& criterion, const std::optional<double>& now,
                const std::optional<double>& before);

/// The criterion of this name: of a score, the higher the better unless `better` says otherwise. Throws
/// ArgumentError for what is no name of one.
Criterion parse_criterion(std::string_view name, Better better = Better::higher);

}  // namespace trous
