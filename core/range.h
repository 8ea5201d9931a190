// Ranges of numbers as values: the check of an option and its error text are made from its range.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace trous {

/// The whole numbers from `min` to `max`.
struct WholeRange {
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();

  bool contains(std::int64_t value) const { return value >= min && value <= max; }
};

/// The finite numbers above 0.
struct PositiveRange {
  bool contains(double value) const { return value > 0 && std::isfinite(value); }
};

/// The numbers from `min` to below `max`. Infinity is excluded, also by the default `max`, and so is NaN.
struct NumberRange {
  double min = 0;
  double max = std::numeric_limits<double>::infinity();

  bool contains(double value) const { return value >= min && value < max; }
};

/// The range of an option whose type cannot hold a wrong value.
struct AnyValue {};

/// Returns the clause that describes a number outside the range: "not a whole number from 1 to 65536".
std::string outside(const WholeRange& range);
std::string outside(const NumberRange& range);
std::string outside(const PositiveRange& range);

}  // namespace trous
