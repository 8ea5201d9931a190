#include <algorithm>
#include <numeric>
#include <utility>

#include <trous/core/suggestion.h>

namespace trous {
namespace {

constexpr std::size_t longest_word = 64;

// Row by row: row[j] is the distance between the first letters of a and the first j of b.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string suggestion(std::string_view word, const std::vector<std::string>& names) {
  if (word.empty() || word.size() > longest_word) return {};
  const std::string* nearest = nullptr;
  std::size_t least = 0;
  for (const std::string& name : names) {
    const std::size_t distance = edit_distance(word, name);
    if (distance > std::max<std::size_t>(2, name.size() / 3) || distance >= name.size()) continue;
    if (!nearest || distance < least) {
      nearest = &name;
      least = distance;
    }
  }
  return nearest ? " Did you mean " + *nearest + "?" : "";
}

}  // namespace trous
