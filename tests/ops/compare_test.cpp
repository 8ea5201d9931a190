// Comparisons, choices and steps: values, NaN in the side not taken, and what is refused.
#include <cmath>
#include <limits>
#include <ops/support.h>

#include <trous/ops/arithmetic.h>
#include <trous/ops/cast.h>
#include <trous/ops/compare.h>
#include <trous/ops/pointwise.h>
#include <trous/ops/reduce.h>

namespace trous {
namespace {

using Numbers = std::vector<double>;

TEST(Compare, ByHand) {
  const Tensor a = f64({4}, {1, 2, 3, nan}), b = f64({4}, {2, 2, 2, nan});
  EXPECT_EQ(numbers(equal(a, b)), (Numbers{0, 1, 0, 0}));
  EXPECT_EQ(numbers(less(a, b)), (Numbers{1, 0, 0, 0}));
  EXPECT_EQ(numbers(less_equal(a, b)), (Numbers{1, 1, 0, 0}));
  EXPECT_EQ(numbers(greater(a, b)), (Numbers{0, 0, 1, 0}));
  EXPECT_EQ(numbers(greater_equal(a, 2)), (Numbers{0, 1, 1, 0}));
  EXPECT_EQ(equal(a, b).dtype(), DType::uint8);
  EXPECT_EQ(numbers(less(i32({2, 1}, {1, 5}), i32({2}, {3, 6}))), (Numbers{1, 1, 0, 1})) << "broadcast";
  EXPECT_EQ(numbers(equal(i32({3}, {1, 255, -1}), 255)), (Numbers{0, 1, 0}));
}

// NaN and infinity in the side not taken reach neither value nor gradient, at either order.
TEST(Where, NaNOfTheOtherSideStaysThere) {
  const Variable a = track(f64({4}, {nan, 2, 3, infinity})), b = track(f64({4}, {5, nan, -infinity, 7}));
  const Variable y = where(u8({4}, {0, 1, 1, 0}), a, b);
  EXPECT_EQ(numbers(y), (Numbers{5, 2, 3, 7}));
  const std::vector<Variable> g = grad(sum(y * y), {a, b}, CreateGraph::yes);
  EXPECT_EQ(numbers(g[0]), (Numbers{0, 4, 6, 0}));
  EXPECT_EQ(numbers(g[1]), (Numbers{10, 0, 0, 14}));
  const std::vector<Variable> second = grad(sum(g[0]) + sum(g[1]), {a, b});
  EXPECT_EQ(numbers(second[0]), (Numbers{0, 2, 2, 0}));
  EXPECT_EQ(numbers(second[1]), (Numbers{2, 0, 0, 2}));
  // Nor does a NaN cotangent where nothing was taken.
  const Variable from_nan = vjp(y, {a}, f64({4}, {nan, 1, 1, nan}))[0];
  EXPECT_EQ(numbers(from_nan), (Numbers{0, 1, 1, 0}));
}

TEST(Where, BroadcastsAllThree) {
  const Variable a = track(f64({2, 1}, {1, 2})), b = track(f64({3}, {10, 20, 30}));
  const Variable y = where(u8({1, 3}, {1, 0, 1}), a, b);
  EXPECT_EQ(numbers(y), (Numbers{1, 20, 1, 2, 20, 2}));
  EXPECT_EQ(numbers(grad(sum(y), {a})[0]), (Numbers{2, 2}));
  EXPECT_EQ(numbers(grad(sum(y), {b})[0]), (Numbers{0, 2, 0}));
  EXPECT_EQ(numbers(where(u8({}, {1}), i32({2}, {1, 2}), i32({}, {9}))), (Numbers{1, 2})) << "integers too";
}

TEST(Masked, AnyNonZeroKeeps) {
  const Variable x = track(f64({3}, {1, nan, 3}));
  const Variable y = masked(x, u8({3}, {1, 0, 255}));
  EXPECT_EQ(numbers(y), (Numbers{1, 0, 3}));
  EXPECT_EQ(numbers(grad(sum(y), {x})[0]), (Numbers{1, 0, 1}));
}

TEST(Steps, ByHand) {
  EXPECT_EQ(numbers(sign(f64({4}, {-3, 0, 2, infinity}))), (Numbers{-1, 0, 1, 1}));
  EXPECT_TRUE(std::isnan(numbers(sign(f64({1}, {nan})))[0]));
  EXPECT_EQ(numbers(floor(f64({4}, {-0.5, 0.5, 2, -2}))), (Numbers{-1, 0, 2, -2}));
}

TEST(Cast, ConvertsAsTheTensorDoes) {
  EXPECT_EQ(numbers(cast(f64({6}, {1.9, -1.9, nan, 1e300, -1e300, 255.5}), DType::uint8)),
            (Numbers{1, 0, 0, 255, 0, 255}));
  EXPECT_EQ(numbers(cast(f64({4}, {1.9, -1.9, nan, 1e300}), DType::int32)), (Numbers{1, -1, 0, 2147483647}));
  EXPECT_EQ(cast(u8({1}, {200}), DType::float32).value().item<float>(), 200);
}

TEST(Cast, CarriesGradientsBetweenFloatingTypesOnly) {
  const Variable x = track(f64({2}, {0.1, 0.2}));
  const Variable y = cast(x, DType::float32);
  EXPECT_TRUE(y.tracked());
  const Variable g = grad(sum(y * y), {x})[0];
  EXPECT_EQ(g.dtype(), DType::float64);
  EXPECT_EQ(numbers(g), (Numbers{2 * static_cast<double>(0.1F), 2 * static_cast<double>(0.2F)}));
  EXPECT_FALSE(cast(x, DType::int32).tracked());
  const Variable through = sum(cast(cast(x, DType::int32), DType::float64) + x);
  EXPECT_EQ(numbers(grad(through, {x})[0]), (Numbers{1, 1})) << "no gradient through integers";
}

TEST(CompareErrors, Texts) {
  const Tensor single = zeros({2}), wide = zeros({2}, DType::float64), three = zeros({3}),
               bits = zeros({2}, DType::uint8);
  EXPECT_EQ(refused<DTypeError>([&] { less(single, wide); }),
            "less: float32 and float64 do not mix. Cast one side: cast(x, DType::float64).");
  EXPECT_EQ(refused<ShapeError>([&] { equal(single, three); }),
            "equal: shapes [2] and [3] do not broadcast: 2 meets 3. Aligned at the end, extents must be "
            "equal or 1.");
  EXPECT_EQ(refused<DTypeError>([&] { where(single, single, single); }),
            "where: mask is float32, must be uint8. Comparisons such as greater(x, 0) make one.");
  EXPECT_EQ(refused<DTypeError>([&] { where(bits, single, wide); }),
            "where: float32 and float64 do not mix. Cast one side: cast(x, DType::float64).");
  EXPECT_EQ(refused<ShapeError>([&] { where(bits, three, three); }),
            "where: shapes [2] and [3] do not broadcast: 2 meets 3. Aligned at the end, extents must be "
            "equal or 1.");
  EXPECT_EQ(refused<DTypeError>([&] { masked(single, single); }),
            "masked: mask is float32, must be uint8. Comparisons such as greater(x, 0) make one.");
  EXPECT_EQ(refused<ShapeError>([&] { masked(three, bits); }),
            "masked: x is [3], mask [2]. Broadcast one of them.");
  EXPECT_EQ(refused<DTypeError>([&] { masked(bits, bits); }),
            "masked: uint8 is not a floating type. Cast it: cast(x, DType::float32).");
  EXPECT_EQ(refused<DTypeError>([&] { sign(bits); }),
            "sign: uint8 is not a floating type. Cast it: cast(x, DType::float32).");
  EXPECT_EQ(refused<DTypeError>([&] { floor(bits); }),
            "floor: uint8 is not a floating type. Cast it: cast(x, DType::float32).");
}

// A literal must not change on its way to an integer tensor.
TEST(Compare, IntegersMeetTheNumberItself) {
  const Tensor x = i32({4}, {1, 2, 3, -1});
  EXPECT_EQ(less(x, 2.5).value().to_vector<std::uint8_t>(), (std::vector<std::uint8_t>{1, 1, 0, 1}));
  EXPECT_EQ(equal(x, 1.5).value().to_vector<std::uint8_t>(), (std::vector<std::uint8_t>{0, 0, 0, 0}));
  const Tensor bytes(Shape{2}, {std::uint8_t{255}, std::uint8_t{0}});
  EXPECT_EQ(equal(bytes, 300).value().to_vector<std::uint8_t>(), (std::vector<std::uint8_t>{0, 0}));
  EXPECT_EQ(greater(bytes, -1).value().to_vector<std::uint8_t>(), (std::vector<std::uint8_t>{1, 1}));
}

TEST(Where, TakesANumberOnEitherSide) {
  const Variable x = track(f64({3}, {-1, 2, -3}));
  EXPECT_EQ(numbers(where(greater(x, 0), x, 0.5)), (Numbers{0.5, 2, 0.5}));
  EXPECT_EQ(numbers(where(greater(x, 0), 0.5, x)), (Numbers{-1, 0.5, -3}));
}

}  // namespace
}  // namespace trous
