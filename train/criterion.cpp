#include <algorithm>
#include <cmath>
#include <limits>

#include <trous/core/error.h>
#include <trous/train/criterion.h>

namespace trous {

Criterion Criterion::score(std::string name, Better better) {
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto allowed = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; };
  Criterion made(std::move(name), better);
  if (made.name_.empty() || !letter(made.name_.front()) ||
      !std::all_of(made.name_.begin(), made.name_.end(), allowed) || made.name_ == validation_loss.name_ ||
      made.name_ == latest.name_) {
    throw ArgumentError(text("criterion: \"", made.name_,
                             "\" is no name of a score. Scores are named by letters a to "
                             "z, digits and '_', such as foreground_iou or accuracy."));
  }
  return made;
}

Criterion criterion_for(const ConfusionMatrix& validation) {
  for (std::int64_t c = 1; c < validation.classes(); ++c) {
    if (validation.support(c) > 0) return Criterion::foreground_iou;
  }
  return validation.support(0) > 0 ? Criterion::validation_loss : Criterion::latest;
}

std::optional<double> merit(const Criterion& criterion, const std::optional<double>& score,
                            const std::optional<double>& loss) {
  if (criterion == Criterion::latest) return std::nullopt;
  const std::optional<double>& value = criterion.is_score() ? score : loss;
  if (!value || (criterion == Criterion::validation_loss && !std::isfinite(*value)) || std::isnan(*value))
    return std::nullopt;
  constexpr double max = std::numeric_limits<double>::max();
  return std::clamp(criterion.better() == Better::higher ? *value : -*value, -max, max);
}

bool breaks_tie(const Criterion& criterion, const std::optional<double>& now,
                const std::optional<double>& before) {
  return criterion.is_score() && now && before && *now < *before;
}

Criterion parse_criterion(std::string_view name, Better better) {
  for (const Criterion& one : {Criterion::validation_loss, Criterion::latest}) {
    if (name == trous::name(one)) return one;
  }
  return Criterion::score(std::string(name), better);
}

}  // namespace trous
