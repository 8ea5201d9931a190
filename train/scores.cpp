#include <algorithm>

#include <trous/train/scores.h>

namespace trous {

std::optional<double> value_of(const std::vector<Score>& scores, std::string_view name) {
  const auto found =
      std::find_if(scores.begin(), scores.end(), [&](const Score& s) { return s.name == name; });
  return found == scores.end() ? std::nullopt : found->value;
}

std::vector<std::string> names_of(const std::vector<Score>& scores) {
  std::vector<std::string> names;
  for (const Score& score : scores) names.push_back(score.name);
  return names;
}

std::optional<double> Scores::ranking() const {
  const Criterion by = criterion();
  return by.is_score() ? (*this)[name(by)] : std::nullopt;
}

}  // namespace trous
