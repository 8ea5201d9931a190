// + - * / with broadcasting: values, gradients summed back to the operands' shapes, and what is refused.
#include <ops/support.h>

#include <trous/ops/arithmetic.h>
#include <trous/ops/broadcast.h>
#include <trous/ops/reduce.h>

namespace trous {
namespace {

using Numbers = std::vector<double>;

TEST(Arithmetic, BroadcastsByHand) {
  const Tensor column = f64({2, 1}, {1, 2}), row = f64({3}, {10, 20, 30});
  EXPECT_EQ(numbers(add(column, row)), (Numbers{11, 21, 31, 12, 22, 32}));
  EXPECT_EQ(numbers(sub(column, row)), (Numbers{-9, -19, -29, -8, -18, -28}));
  EXPECT_EQ(numbers(mul(column, row)), (Numbers{10, 20, 30, 20, 40, 60}));
  EXPECT_EQ(numbers(div(row, column)), (Numbers{10, 20, 30, 5, 10, 15}));
  EXPECT_EQ((column + row).shape(), (Variable(row) + column).shape());
  EXPECT_EQ(add(f64({}, {1}), column).shape(), (Shape{2, 1}));
  EXPECT_EQ(add(zeros({4, 1, 3}), zeros({2, 1})).shape(), (Shape{4, 2, 3}));
}

TEST(Arithmetic, SumsGradientsBackToTheOperands) {
  const Variable a = track(f64({2, 1}, {1, 2})), b = track(f64({3}, {10, 20, 30}));
  const auto gradients = [&](const Variable& y) {
    const std::vector<Variable> g = vjp(y, {a, b}, f64({2, 3}, {1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(g[0].shape(), a.shape());
    EXPECT_EQ(g[1].shape(), b.shape());
    return std::vector<Numbers>{numbers(g[0]), numbers(g[1])};
  };
  EXPECT_EQ(gradients(a + b), (std::vector<Numbers>{{6, 15}, {5, 7, 9}}));
  EXPECT_EQ(gradients(a - b), (std::vector<Numbers>{{6, 15}, {-5, -7, -9}}));
  EXPECT_EQ(gradients(a * b), (std::vector<Numbers>{{140, 320}, {9, 12, 15}}));
}

TEST(Arithmetic, TakesNumbersInTheTensorsDType) {
  const Tensor x = f32({2}, {1, 3});
  EXPECT_EQ(numbers(1 - Variable(x)), (Numbers{0, -2}));
  EXPECT_EQ(numbers(6.0 / Variable(x)), (Numbers{6, 2}));
  EXPECT_EQ(numbers(Variable(x) / 2.0), (Numbers{0.5, 1.5}));
  EXPECT_EQ(numbers(-Variable(x) * 2.0 + 1.0), (Numbers{-1, -5}));
  EXPECT_EQ((Variable(x) * 0.1).dtype(), DType::float32);
  EXPECT_EQ((Variable(x) * 0.1).value().to_vector<float>(), (std::vector<float>{0.1F, 3 * 0.1F}));
}

TEST(Arithmetic, OneVariableInBothPlaces) {
  const Variable x = track(f64({2}, {3, -5}));
  EXPECT_EQ(numbers(grad(sum(x * x), {x})[0]), (Numbers{6, -10}));
  EXPECT_EQ(numbers(grad(sum(x / x), {x})[0]), (Numbers{0, 0}));
  EXPECT_EQ(numbers(grad(sum(x - x), {x})[0]), (Numbers{0, 0}));
}

TEST(ArithmeticErrors, Texts) {
  const Tensor single = zeros({2, 3}), wide = zeros({2, 3}, DType::float64),
               whole = zeros({2, 3}, DType::int32);
  EXPECT_EQ(refused<DTypeError>([&] { add(single, wide); }),
            "add: float32 and float64 do not mix. Cast one side: cast(x, DType::float64).");
  EXPECT_EQ(refused<DTypeError>([&] { mul(whole, whole); }),
            "mul: int32 is not a floating type. Cast it: cast(x, DType::float32).");
  const Tensor other = zeros({4, 3});
  EXPECT_EQ(refused<ShapeError>([&] { sub(single, other); }),
            "sub: shapes [2, 3] and [4, 3] do not broadcast: 2 meets 4. Aligned at the end, extents must be "
            "equal or 1.");
  const Tensor two = zeros({2});
  EXPECT_EQ(refused<ShapeError>([&] { div(single, two); }),
            "div: shapes [2, 3] and [2] do not broadcast: 3 meets 2. Aligned at the end, extents must be "
            "equal or 1.");
  EXPECT_EQ(refused<DTypeError>([&] { scale(whole, 2); }),
            "scale: int32 is not a floating type. Cast it: cast(x, DType::float32).");
}

TEST(Broadcast, RepeatsAndSums) {
  const Tensor x = f64({2, 1}, {1, 2});
  EXPECT_EQ(numbers(broadcast_to(x, {2, 2, 3})), (Numbers{1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2}));
  EXPECT_EQ(numbers(sum_to(counting({2, 2, 3}), {2, 1})), (Numbers{24, 42}));
  EXPECT_EQ(numbers(sum_to(counting({2, 3}), {})), (Numbers{15}));
  EXPECT_EQ(numbers(broadcast_to(i32({1}, {7}), {2})), (Numbers{7, 7})) << "integers too";
}

TEST(BroadcastErrors, Texts) {
  const Tensor x = zeros({2, 3});
  EXPECT_EQ(refused<ShapeError>([&] {
              broadcast_to(x, {4, 3});
            }),
            "broadcast_to: [2, 3] does not broadcast to [4, 3]. Aligned at the end, each extent must be 1 or "
            "equal.");
  EXPECT_EQ(
      refused<ShapeError>([&] { broadcast_to(x, {3}); }),
      "broadcast_to: [2, 3] does not broadcast to [3]. Aligned at the end, each extent must be 1 or equal.");
  EXPECT_EQ(
      refused<ShapeError>([&] {
        sum_to(x, {2, 2});
      }),
      "sum_to: [2, 2] does not broadcast to [2, 3]. Aligned at the end, each extent must be 1 or equal.");
  constexpr std::int64_t huge = std::int64_t{1} << 40;
  EXPECT_EQ(
      refused<ShapeError>([&] {
        broadcast_to(x, {huge, huge, 2, 3});
      }),
      "shape: [1099511627776, 1099511627776, 2, 3] has more than 2^63 - 1 elements. Use smaller extents.");
}

}  // namespace
}  // namespace trous
