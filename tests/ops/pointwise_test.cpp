// Functions of one element where they are delicate: kinks, NaN, zeros of powers, arguments that overflow.
#include <cmath>
#include <limits>
#include <ops/support.h>

#include <trous/ops/arithmetic.h>
#include <trous/ops/pointwise.h>
#include <trous/ops/reduce.h>

namespace trous {
namespace {

using Numbers = std::vector<double>;

// f and its derivatives of order 1, 2, ... at one number.
template <class F>
Numbers derivatives(F&& f, double at, int orders) {
  const Variable x = track(f64({1}, {at}));
  Variable y = f(x);
  Numbers all{y.value().item<double>()};
  for (int order = 1; order <= orders; ++order) {
    y = grad(y, {x}, CreateGraph::yes)[0];
    all.push_back(y.value().item<double>());
  }
  return all;
}

TEST(Pow, IsExactAtZeroForIntegerExponents) {
  const auto power = [](double exponent) {
    return derivatives([exponent](const Variable& x) { return pow(x, exponent); }, 0, 3);
  };
  EXPECT_EQ(power(0), (Numbers{1, 0, 0, 0}));
  EXPECT_EQ(power(1), (Numbers{0, 1, 0, 0}));
  EXPECT_EQ(power(2), (Numbers{0, 0, 2, 0}));
  EXPECT_EQ(power(3), (Numbers{0, 0, 0, 6}));
  EXPECT_EQ(power(4), (Numbers{0, 0, 0, 0}));
}

TEST(Pow, ByHand) {
  EXPECT_EQ(derivatives([](const Variable& x) { return pow(x, 3); }, -2, 4), (Numbers{-8, 12, -12, 6, 0}));
  EXPECT_EQ(derivatives([](const Variable& x) { return pow(x, -1); }, 2, 2), (Numbers{0.5, -0.25, 0.25}));
}

TEST(Relu, KeepsNaNAndHasNoSlopeAtZero) {
  const Variable x = track(f64({4}, {-1, 0, 2, nan})), y = relu(x);
  EXPECT_EQ(numbers(y)[0], 0);
  EXPECT_EQ(numbers(y)[2], 2);
  EXPECT_TRUE(std::isnan(numbers(y)[3]));
  EXPECT_EQ(numbers(grad(sum(y), {x})[0]), (Numbers{0, 0, 1, 0}));
}

TEST(Abs, HasSlopeZeroAtZero) {
  const Variable x = track(f64({3}, {-2, 0, 3}));
  EXPECT_EQ(numbers(abs(x)), (Numbers{2, 0, 3}));
  EXPECT_EQ(numbers(grad(sum(abs(x)), {x})[0]), (Numbers{-1, 0, 1}));
}

TEST(Clip, CountsItsEndsAsInside) {
  const Variable x = track(f64({5}, {-2, -1, 0, 1, 2})), y = clip(x, -1, 1);
  EXPECT_EQ(numbers(y), (Numbers{-1, -1, 0, 1, 1}));
  EXPECT_EQ(numbers(grad(sum(y), {x})[0]), (Numbers{0, 1, 1, 1, 0}));
  EXPECT_TRUE(std::isnan(numbers(clip(f64({1}, {nan}), -1, 1))[0]));
  EXPECT_EQ(numbers(clip(x, -infinity, 0)), (Numbers{-2, -1, 0, 0, 0}));
}

TEST(Sigmoid, DoesNotOverflow) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const Variable x = track(f64({4}, {-1000, 1000, -infinity, 0}).cast(dtype));
    EXPECT_EQ(numbers(sigmoid(x)), (Numbers{0, 1, 0, 0.5}));
    EXPECT_EQ(numbers(grad(sum(sigmoid(x)), {x})[0]), (Numbers{0, 0, 0, 0.25}));
  }
}

TEST(Pointwise, ByHand) {
  EXPECT_EQ(derivatives([](const Variable& x) { return exp(x); }, 0, 3), (Numbers{1, 1, 1, 1}));
  EXPECT_EQ(derivatives([](const Variable& x) { return log(x); }, 1, 3), (Numbers{0, 1, -1, 2}));
  EXPECT_EQ(derivatives([](const Variable& x) { return sqrt(x); }, 4, 2), (Numbers{2, 0.25, -1.0 / 32}));
  EXPECT_EQ(derivatives([](const Variable& x) { return tanh(x); }, 0, 3), (Numbers{0, 1, 0, -2}));
  EXPECT_EQ(derivatives([](const Variable& x) { return sigmoid(x); }, 0, 3), (Numbers{0.5, 0.25, 0, -0.125}));
}

TEST(PointwiseErrors, Texts) {
  const Tensor whole = zeros({2}, DType::int32), x = zeros({2});
  EXPECT_EQ(refused<DTypeError>([&] { exp(whole); }),
            "exp: int32 is not a floating type. Cast it: cast(x, DType::float32).");
  EXPECT_EQ(refused<DTypeError>([&] { pow(whole, 0); }),
            "pow: int32 is not a floating type. Cast it: cast(x, DType::float32).");
  EXPECT_EQ(refused<ArgumentError>([&] { clip(x, 2, 1); }), "clip: low 2 is above high 1. Swap them.");
  EXPECT_EQ(refused<ArgumentError>([&] { clip(x, nan, 1); }), "clip: low nan is above high 1. Swap them.");
}

}  // namespace
}  // namespace trous
