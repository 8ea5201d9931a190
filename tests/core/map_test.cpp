// Element-wise work over whole tensors, across the borders of its chunks, and what it refuses.
#include <cmath>
#include <core/thrown.h>
#include <core/with_threads.h>

#include <gtest/gtest.h>

#include <trous/core/map.h>
#include <trous/core/random.h>

namespace trous {
namespace {

constexpr std::int64_t ragged = 2 * map_grain + 17;

TEST(Map, AppliesToEveryElementInItsOwnType) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const Tensor x = uniform({ragged}, dtype, Key{1}, -1, 1);
    const Tensor y = map(x, [](auto v) { return v * v + 1; });
    EXPECT_EQ(y.shape(), x.shape());
    ASSERT_EQ(y.dtype(), dtype);
    visit_floating("test", dtype, [&]<class T> {
      const auto in = x.values<T>(), out = y.values<T>();
      for (std::size_t i = 0; i < in.size(); ++i) ASSERT_EQ(out[i], in[i] * in[i] + 1) << "element " << i;
    });
  }
}

TEST(Map, IsForFloatingTensors) {
  EXPECT_EQ(thrown<DTypeError>([] { map(Tensor::zeros({2}, DType::int32), [](auto v) { return v; }); }),
            "map: int32 is not a floating type. Cast it: cast(x, DType::float32).");
}

TEST(Zip, PairsElements) {
  const Tensor a = uniform({ragged}, DType::float64, Key{1}), b = uniform({ragged}, DType::float64, Key{2});
  const Tensor y = zip(a, b, [](auto u, auto v) { return u - 2 * v; });
  const auto left = a.values<double>(), right = b.values<double>(), out = y.values<double>();
  for (std::size_t i = 0; i < out.size(); ++i) ASSERT_EQ(out[i], left[i] - 2 * right[i]) << "element " << i;
}

TEST(Zip, RefusesWhatDoesNotFit) {
  const auto add = [](auto u, auto v) { return u + v; };
  EXPECT_EQ(thrown<ShapeError>([&] {
              zip(Tensor::zeros({2, 3}, DType::float32), Tensor::zeros({3, 2}, DType::float32), add);
            }),
            "zip: shapes [2, 3] and [3, 2] differ. Broadcast one of them.");
  EXPECT_EQ(thrown<DTypeError>(
                [&] { zip(Tensor::zeros({2}, DType::float32), Tensor::zeros({2}, DType::float64), add); }),
            "zip: float32 and float64 do not mix. Cast one side.");
  EXPECT_EQ(thrown<DTypeError>(
                [&] { zip(Tensor::zeros({2}, DType::uint8), Tensor::zeros({2}, DType::uint8), add); }),
            "zip: uint8 is not a floating type. Cast it: cast(x, DType::float32).");
}

TEST(Dot, IsExactOnSmallIntegersWhateverTheirNumber) {
  Tensor x = Tensor::uninitialized({ragged}, DType::float32);
  double expected = 0;
  for (std::int64_t i = 0; i < ragged; ++i) {
    const auto value = static_cast<double>(i % 101 - 50);
    x.mutable_values<float>()[static_cast<std::size_t>(i)] = static_cast<float>(value);
    expected += 3 * value;
  }
  EXPECT_EQ(dot(x, Tensor::full({ragged}, DType::float32, 3)), expected);
  EXPECT_EQ(dot(Tensor::ones({0}, DType::float64), Tensor::ones({0}, DType::float64)), 0.0);
}

// 1e8 + 1 is 1e8 in float32: the sum has to be carried in float64.
TEST(Dot, AddsInFloat64) {
  const Tensor x(Shape{3}, std::vector<float>{1e4F, 1, -1e4F});
  EXPECT_EQ(dot(x, Tensor(Shape{3}, std::vector<float>{1e4F, 1, 1e4F})), 1.0);
}

TEST(Dot, HasTheSameBitsForAnyNumberOfThreads) {
  const Tensor a = normal({10 * map_grain + 5}, DType::float64, Key{3});
  const Tensor b = normal({10 * map_grain + 5}, DType::float64, Key{4});
  const WithThreads one(1);
  const double expected = dot(a, b);
  for (const int count : {2, 3}) {
    const WithThreads some(count);
    EXPECT_EQ(dot(a, b), expected) << count << " threads";
  }
}

TEST(Dot, RefusesWhatDoesNotFit) {
  EXPECT_EQ(
      thrown<ShapeError>([] { dot(Tensor::zeros({2}, DType::float32), Tensor::zeros({3}, DType::float32)); }),
      "dot: shapes [2] and [3] differ. Both need the same shape.");
  EXPECT_EQ(
      thrown<DTypeError>([] { dot(Tensor::zeros({2}, DType::float64), Tensor::zeros({2}, DType::float32)); }),
      "dot: float64 and float32 do not mix. Cast one side.");
  EXPECT_EQ(
      thrown<DTypeError>([] { dot(Tensor::zeros({2}, DType::int32), Tensor::zeros({2}, DType::int32)); }),
      "dot: int32 is not a floating type. Cast it: cast(x, DType::float32).");
}

}  // namespace
}  // namespace trous
