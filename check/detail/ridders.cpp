#include <algorithm>
#include <cmath>

#include <trous/check/detail/ridders.h>

namespace trous::detail {
namespace {

// A row has at most this many entries. The next would cancel the term of h^16, which is 5e-20 for the first
// step of 1/16: less than any round-off.
constexpr std::size_t max_entries = 8;

}  // namespace

Ridders::Ridders(std::vector<double> noise, double spacing)
    : noise_(std::move(noise)),
      spacing_(spacing),
      last_(noise_.size()),
      best_of_last_(noise_.size(), std::numeric_limits<double>::infinity()),
      best_(noise_.size()) {}

void Ridders::add(double h, const std::vector<double>& above, const std::vector<double>& below) {
  h_ = h;
  for (std::size_t i = 0; i < noise_.size(); ++i) {
    const double difference = (above[i] - below[i]) / (2 * h);
    if (!std::isfinite(difference)) {
      last_[i].clear();
      continue;
    }
    const std::vector<Entry>& before = last_[i];
    std::vector<Entry> row{{difference, (noise_[i] + spacing_ * std::abs(difference)) / h}};
    Estimate best_of_row{difference};
    double power = 1;
    for (std::size_t m = 1; m <= before.size() && m < max_entries; ++m) {
      power *= 4;
      const Entry &a = row[m - 1], &b = before[m - 1];
      const Entry entry{a.value + (a.value - b.value) / (power - 1),
                        (power * a.round_off + b.round_off) / (power - 1)};
      const double moved = std::max({std::abs(entry.value - a.value), std::abs(entry.value - b.value),
                                     std::abs(entry.value - best_of_last_[i])});
      if (moved + entry.round_off < best_of_row.error())
        best_of_row = {entry.value, moved, entry.round_off, h};
      row.push_back(entry);
    }
    if (best_of_row.error() < best_[i].error()) best_[i] = best_of_row;
    best_of_last_[i] = best_of_row.value;
    last_[i] = std::move(row);
  }
}

bool Ridders::worth_going_on(double goal) const {
  for (std::size_t i = 0; i < noise_.size(); ++i) {
    const double error = best_[i].error();
    if (error > goal && noise_[i] / h_ < error) return true;
  }
  return false;
}

}  // namespace trous::detail
