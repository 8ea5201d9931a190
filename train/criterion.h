// The criterion by which the best weights of a run are chosen. It follows from the validation split.
#pragma once

#include <optional>
#include <string_view>

#include <trous/train/metrics.h>

namespace trous {

enum class Criterion {
  /// The highest mean IoU of the foreground classes on validation, of equal ones the lowest loss.
  foreground_iou,
  validation_loss,  ///< the lowest loss on validation
  latest            ///< no pixel counts, so the latest validation
};

/// Returns the criterion for the split whose scores these are: the IoU if a pixel of a foreground class
/// counts, else the loss if any pixel counts. It depends on the truths alone, not on the predictions, so it
/// is the same at every validation.
Criterion criterion_for(const ConfusionMatrix& validation);

/// How good a validation is, the higher the better; absent where it cannot be compared.
std::optional<double> merit(Criterion criterion, const std::optional<double>& score,
                            const std::optional<double>& loss);

/// Whether, of two validations of equal merit, the one with the loss `now` is better than the one with
/// `before`: of equal IoUs the lower loss, since a small split has few different scores and reaches the
/// highest early.
bool breaks_tie(Criterion criterion, const std::optional<double>& now, const std::optional<double>& before);

/// "foreground_iou", "validation_loss", "latest".
std::string_view name(Criterion criterion);

/// The criterion called `name`. Throws ArgumentError listing the names.
Criterion parse_criterion(std::string_view name);

}  // namespace trous
