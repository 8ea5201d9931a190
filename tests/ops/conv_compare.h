// Comparing a convolution with its oracle: equal on integers, within derived round-off on random numbers.
#pragma once

#include <cmath>
#include <ops/conv_oracle.h>
#include <ops/support.h>

namespace trous {

inline void expect_exactly(const Tensor& got, const oracle::Array& expected, const std::string& what) {
  ASSERT_EQ(got.shape(), expected.shape) << what;
  EXPECT_EQ(numbers(got), expected.values) << what << ", " << got.dtype();
}

/// Every element on its own, those at the border like the others: |error| <= 2 gamma_n times the sum of its
/// absolute terms `sizes`, both sides having made at most n roundings.
inline void expect_round_off(const Tensor& got, const oracle::Array& expected, const oracle::Array& sizes,
                             double n, const std::string& what) {
  ASSERT_EQ(got.shape(), expected.shape) << what;
  const double gamma = n * 0x1p-53 / (1 - n * 0x1p-53);
  const std::vector<double> values = numbers(got);
  for (std::size_t i = 0; i < values.size(); ++i) {
    ASSERT_LE(std::abs(values[i] - expected.values[i]), 2 * gamma * sizes.values[i])
        << what << ", element " << i;
  }
}

}  // namespace trous
