#include <trous/train/scores.h>

namespace trous {

std::optional<double> Scores::operator[](std::string_view name) const {
  for (const Score& score : all()) {
    if (score.name == name) return score.value;
  }
  return std::nullopt;
}

std::optional<double> Scores::ranking() const {
  const Criterion by = criterion();
  return by.is_score() ? (*this)[name(by)] : std::nullopt;
}

}  // namespace trous
