// Comparing a tensor with numbers of a longer type, each within a bound of its own: a number of roundings
// times the size of what is rounded.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <trous/core/tensor.h>

namespace trous {

/// The largest relative error of one rounding.
inline long double rounding(DType dtype) { return dtype == DType::float32 ? 0x1p-24L : 0x1p-53L; }

/// A sum that was computed, and the sum of what the roundings of its terms are shares of.
struct Exact {
  long double value = 0, error = 0;
};

inline std::vector<long double> exactly(const Tensor& x) {
  const std::vector<double> values = x.cast(DType::float64).to_vector<double>();
  return {values.begin(), values.end()};
}

inline void expect_within(const Tensor& got, const std::vector<Exact>& expected, const std::string& what) {
  const std::vector<long double> values = exactly(got);
  ASSERT_EQ(values.size(), expected.size()) << what;
  for (std::size_t i = 0; i < values.size(); ++i) {
    // Not a comparison with >, which NaN would pass.
    ASSERT_LE(std::abs(values[i] - expected[i].value), expected[i].error) << what << ", element " << i;
  }
}

}  // namespace trous
