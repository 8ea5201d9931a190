#include <algorithm>
#include <array>
#include <cmath>

#include <trous/core/error.h>
#include <trous/train/criterion.h>

namespace trous {
namespace {

constexpr std::array<std::string_view, 3> names{"foreground_iou", "validation_loss", "latest"};

}  // namespace

Criterion criterion_for(const ConfusionMatrix& validation) {
  for (std::int64_t c = 1; c < validation.classes(); ++c) {
    if (validation.support(c) > 0) return Criterion::foreground_iou;
  }
  return validation.support(0) > 0 ? Criterion::validation_loss : Criterion::latest;
}

std::optional<double> merit(Criterion criterion, const std::optional<double>& score,
                            const std::optional<double>& loss) {
  if (criterion == Criterion::foreground_iou) return score;
  if (criterion == Criterion::validation_loss && loss && std::isfinite(*loss)) return -*loss;
  return std::nullopt;
}

bool breaks_tie(Criterion criterion, const std::optional<double>& now, const std::optional<double>& before) {
  return criterion == Criterion::foreground_iou && now && before && *now < *before;
}

std::string_view name(Criterion criterion) { return names.at(static_cast<std::size_t>(criterion)); }

Criterion parse_criterion(std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    throw ArgumentError(text("criterion: \"", name, "\" is not known. Choose ", names[0], ", ", names[1],
                             " or ", names[2], '.'));
  }
  return static_cast<Criterion>(found - names.begin());
}

}  // namespace trous
