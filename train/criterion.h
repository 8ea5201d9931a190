// What the best weights of a run are chosen by: a property of its validation split.
#pragma once

#include <optional>
#include <string_view>

#include <trous/train/metrics.h>

namespace trous {

enum class Criterion {
  foreground_iou,  ///< the highest mean IoU of the foreground classes on validation, of equal ones the lowest
                   ///< loss
  validation_loss,  ///< the lowest loss on validation
  latest            ///< nothing can choose: the weights of the latest validation
};

/// What can choose between weights on the split whose scores these are: the IoU where a pixel of a foreground
/// class counts, otherwise the loss where any pixel counts. Depends on the truths alone, so that it is the
/// same at every validation: a network that once predicts a class that no mask shows does not change it.
Criterion criterion_for(const ConfusionMatrix& validation);

/// How good a validation is, the higher the better; absent where it cannot be compared.
std::optional<double> merit(Criterion criterion, const std::optional<double>& score,
                            const std::optional<double>& loss);

/// Whether, of two validations of equal merit, the one with the loss `now` is better than the one with
/// `before`: of equal IoUs the lower loss, since a small split knows few scores and reaches its highest
/// early.
bool breaks_tie(Criterion criterion, const std::optional<double>& now, const std::optional<double>& before);

/// "foreground_iou", "validation_loss", "latest".
std::string_view name(Criterion criterion);

/// The criterion called `name`. Throws ArgumentError listing the names.
Criterion parse_criterion(std::string_view name);

}  // namespace trous
