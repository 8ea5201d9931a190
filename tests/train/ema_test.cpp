// Averages against the recursion written out for single numbers, and their state.
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include <trous/core/random.h>
#include <trous/train/ema.h>

#include "core/thrown.h"

namespace trous {
namespace {

using Tensors = std::vector<Tensor>;

Tensors values_at(int t) {
  const auto key = fold_in(Key{3}, static_cast<std::uint64_t>(t));
  return {normal({2, 3}, DType::float64, fold_in(key, 1)), normal({4}, DType::float32, fold_in(key, 2))};
}

TEST(Ema, IsTheRecursion) {
  for (const double decay : {0.0, 0.5, 0.9, 0.999}) {
    Ema ema(values_at(0), decay);
    std::vector<double> wide = values_at(0)[0].to_vector<double>();
    std::vector<float> narrow = values_at(0)[1].to_vector<float>();
    for (int t = 0; t < 200; ++t) {
      const double d = std::min(decay, (1.0 + t) / (10.0 + t));
      const Tensors values = values_at(t + 1);
      ema.update(values);
      for (std::size_t i = 0; i < wide.size(); ++i)
        wide[i] = d * wide[i] + (1 - d) * values[0].values<double>()[i];
      for (std::size_t i = 0; i < narrow.size(); ++i)
        narrow[i] = static_cast<float>(d * static_cast<double>(narrow[i]) +
                                       (1 - d) * static_cast<double>(values[1].values<float>()[i]));
    }
    // A few roundings of numbers below 8 at each step, of which 1 / (1 - decay) steps are remembered.
    const double roundings = 4 * 8 / (1 - decay);
    for (std::size_t i = 0; i < wide.size(); ++i)
      EXPECT_NEAR(ema.averages()[0].values<double>()[i], wide[i], roundings * 0x1p-53) << decay;
    for (std::size_t i = 0; i < narrow.size(); ++i)
      EXPECT_NEAR(ema.averages()[1].values<float>()[i], narrow[i], roundings * 0x1p-24) << decay;
    EXPECT_EQ(ema.averages()[1].dtype(), DType::float32);
  }
}

TEST(Ema, ForgetsTheFirstValuesSoon) {
  Ema ema({Tensor::scalar(100, DType::float64)});
  EXPECT_EQ(ema.averages()[0].to_double(), 100);
  ema.update({Tensor::scalar(0, DType::float64)});
  EXPECT_DOUBLE_EQ(ema.averages()[0].to_double(), 10) << "1/10 of the first";
  ema.update({Tensor::scalar(0, DType::float64)});
  EXPECT_DOUBLE_EQ(ema.averages()[0].to_double(), 10 * 2.0 / 11);
}

TEST(Ema, OfEqualValuesIsThatValue) {
  const Tensors same = values_at(1);
  Ema ema(same);
  for (int t = 0; t < 50; ++t) ema.update(same);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_TRUE(same_bits(ema.averages()[i], same[i]));
}

TEST(Ema, GoesOnFromItsStateBitForBit) {
  Ema whole(values_at(0), 0.9), first(values_at(0), 0.9), second(values_at(77), 0.9);
  for (int t = 1; t < 40; ++t) whole.update(values_at(t));
  for (int t = 1; t < 7; ++t) first.update(values_at(t));
  const EmaState state = first.state();
  EXPECT_EQ(state.updates, 6);
  first.update(values_at(99));
  second.restore(state);
  for (int t = 7; t < 40; ++t) second.update(values_at(t));
  for (std::size_t i = 0; i < 2; ++i) EXPECT_TRUE(same_bits(whole.averages()[i], second.averages()[i]));
}

TEST(Ema, RefusesOthersValuesAndChangesNothing) {
  const auto made = [](double decay) { return thrown<ArgumentError>([=] { Ema({}, decay); }); };
  EXPECT_EQ(made(1), "Ema: decay 1 is not in [0, 1). 0.999 is usual.");
  EXPECT_EQ(made(std::nan("")), "Ema: decay nan is not in [0, 1). 0.999 is usual.");
  EXPECT_EQ(thrown<DTypeError>([] { Ema({Tensor::zeros({2}, DType::uint8)}); }),
            "Ema: uint8 is not a floating type. Cast it: cast(x, DType::float32).");
  const Tensor a = Tensor::ones({2}, DType::float32), b = Tensor::zeros({3}, DType::float32);
  Ema ema({a, a});
  EXPECT_EQ(thrown<ArgumentError>([&] { ema.update({b}); }),
            "Ema: 1 values for 2 averages. An average belongs to one network.");
  EXPECT_EQ(thrown<ArgumentError>([&] {
              ema.update({Tensor::zeros({2}, DType::float32), b});
            }),
            "Ema: number 1 of the values is f32[3], its average f32[2]. Give them in the order of the first "
            "ones.");
  EXPECT_EQ(thrown<ArgumentError>([&] {
              ema.restore({3, {a, a.cast(DType::float64)}});
            }),
            "Ema: number 1 of the restored averages is f64[2], its average f32[2]. Give them in the order of "
            "the first ones.");
  EXPECT_EQ(thrown<ArgumentError>([&] {
              ema.restore({-3, {a, a}});
            }),
            "Ema: the state has -3 updates. A state counts from 0; this one is damaged.");
  EXPECT_EQ(ema.state().updates, 0);
  EXPECT_TRUE(same_bits(ema.averages()[0], a));
}

}  // namespace
}  // namespace trous
