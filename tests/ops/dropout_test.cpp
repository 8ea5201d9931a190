// Dropout: the share that is dropped, and a mask that depends on the key alone.
#include <cmath>
#include <limits>
#include <ops/support.h>

#include <trous/ops/arithmetic.h>
#include <trous/ops/dropout.h>
#include <trous/ops/reduce.h>

namespace trous {
namespace {

using Numbers = std::vector<double>;

TEST(Dropout, DropsItsShareAndScalesTheRest) {
  constexpr std::int64_t count = 100000;
  for (const DType dtype : {DType::float32, DType::float64}) {
    for (const double probability : {0.1, 0.5, 0.9}) {
      const Numbers y = numbers(dropout(ones({count}, dtype), probability, Key{5}));
      const double kept = dtype == DType::float32
                              ? static_cast<double>(static_cast<float>(1 / (1 - probability)))
                              : 1 / (1 - probability);
      double dropped = 0;
      for (const double v : y) {
        if (v == 0) {
          ++dropped;
        } else {
          ASSERT_EQ(v, kept);
        }
      }
      // Five standard deviations of a binomial: wrong once in two million keys, and this key is fixed.
      EXPECT_NEAR(dropped, count * probability, 5 * std::sqrt(count * probability * (1 - probability)));
    }
  }
}

TEST(Dropout, MaskDependsOnTheKeyAlone) {
  const auto mask = [](const Tensor& x, Key key) {
    Numbers kept;
    for (const double v : numbers(dropout(x, 0.5, key))) kept.push_back(v != 0);
    return kept;
  };
  const Tensor x = ones({1000}, DType::float64);
  EXPECT_EQ(mask(x, Key{1}), mask(x, Key{1}));
  EXPECT_EQ(mask(x, Key{1}), mask(Tensor::full({1000}, DType::float64, -3), Key{1})) << "not on the values";
  EXPECT_EQ(mask(x, Key{1}), mask(ones({10, 100}, DType::float64), Key{1})) << "nor on the shape";
  EXPECT_EQ(mask(x, Key{1}), mask(ones({1000}), Key{1})) << "nor on the dtype";
  EXPECT_NE(mask(x, Key{1}), mask(x, Key{2}));
}

TEST(Dropout, GradientHasTheSameMask) {
  const Variable x = track(ones({50}, DType::float64)), y = dropout(x, 0.25, Key{4});
  EXPECT_EQ(numbers(grad(sum(y), {x})[0]), numbers(y));
}

TEST(Dropout, WhatIsDroppedIsGone) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Numbers y = numbers(dropout(Tensor::full({50}, DType::float64, nan), 0.5, Key{4}));
  const Numbers kept = numbers(dropout(ones({50}, DType::float64), 0.5, Key{4}));
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_EQ(std::isnan(y[i]), kept[i] != 0);
}

TEST(Dropout, OfProbability0ChangesNothing) {
  const Tensor x = random64({20}, 1);
  EXPECT_TRUE(same_bits(dropout(x, 0, Key{1}).value(), x));
}

TEST(DropoutErrors, Texts) {
  const Tensor x = ones({3}), whole = ones({3}, DType::int32);
  for (const double probability : {1.0, 1.5, -0.5}) {
    EXPECT_EQ(
        refused<ArgumentError>([&] { dropout(x, probability, Key{1}); }),
        text("dropout: probability ", probability, " is not in [0, 1). It is the share that is dropped."));
  }
  EXPECT_EQ(refused<ArgumentError>([&] { dropout(x, std::nan(""), Key{1}); }),
            "dropout: probability nan is not in [0, 1). It is the share that is dropped.");
  EXPECT_EQ(refused<DTypeError>([&] { dropout(whole, 0.5, Key{1}); }),
            "dropout: int32 is not a floating type. Cast it: cast(x, DType::float32).");
}

}  // namespace
}  // namespace trous
