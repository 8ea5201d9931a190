// Sums, means, extremes: values, accuracy, ties, and what is refused.
#include <cmath>
#include <limits>
#include <ops/support.h>
#include <ops/with_kernels.h>

#include <trous/ops/matmul.h>
#include <trous/ops/reduce.h>
#include <trous/ops/reshape.h>

namespace trous {
namespace {

using Numbers = std::vector<double>;

TEST(Sum, ByHand) {
  const Tensor x = counting({2, 3, 4});
  EXPECT_EQ(numbers(sum(x)), Numbers{276});
  EXPECT_EQ(sum(x).shape(), Shape{});
  EXPECT_EQ(numbers(sum(x, {0, 2})), (Numbers{60, 92, 124}));
  EXPECT_EQ(numbers(sum(x, {-1, 0})), (Numbers{60, 92, 124}));
  EXPECT_EQ(sum(x, {0, 2}, true).shape(), (Shape{1, 3, 1}));
  EXPECT_EQ(numbers(sum(x, {1})), (Numbers{12, 15, 18, 21, 48, 51, 54, 57}));
  EXPECT_TRUE(same_bits(sum(x, {}).value(), x)) << "along no axis";
  EXPECT_EQ(numbers(sum(f64({}, {7}))), Numbers{7});
}

// In float32 arithmetic 1e7 times 0.1 is 1,087,937; rounded once from float64 it is right to half an ulp.
TEST(Sum, OfTenMillionFloatsIsRoundedOnce) {
  constexpr std::int64_t count = 10'000'000;
  const double exact = static_cast<double>(count) * static_cast<double>(0.1F);
  const double got = numbers(sum(Tensor::full({count}, DType::float32, 0.1)))[0];
  EXPECT_LE(std::abs(got - exact), exact * (0x1p-24 + 2 * static_cast<double>(count) * 0x1p-53));
}

// 2^24 + 1 + 1 over axes that are not neighbours: rounded between them, either 1 would be lost.
TEST(Sum, OverSeparateAxesIsRoundedOnce) {
  const Tensor x = f32({2, 2, 2}, {0x1p24F, 1, 0x1p24F, 1, 1, 0, 1, 0});
  EXPECT_EQ(numbers(sum(x, {0, 2})), (Numbers{0x1p24 + 2, 0x1p24 + 2}));
}

// Integers, whose sums are exact in any order: rows of every length, few of them and many.
TEST(Sum, OfRowsOfEveryLength) {
  for (const std::int64_t length : {1, 2, 3, 5, 10, 11, 16, 17, 31, 32, 33, 100}) {
    for (const std::int64_t rows : {1, 2, 6, 7, 31, 33, 700, 20000}) {
      for (const DType dtype : {DType::float32, DType::float64}) {
        const Tensor x = integers({2, rows, length}, dtype, 1);
        const Numbers in = numbers(x);
        Numbers expected(static_cast<std::size_t>(2 * length));
        for (std::size_t i = 0; i < in.size(); ++i) {
          const auto n = static_cast<std::size_t>(length);
          expected[i / (n * static_cast<std::size_t>(rows)) * n + i % n] += in[i];
        }
        EXPECT_EQ(numbers(sum(x, {1})), expected) << rows << " rows of " << length;
      }
    }
  }
}

TEST(Mean, ByHand) {
  EXPECT_EQ(numbers(mean(counting({2, 4}))), Numbers{3.5});
  EXPECT_EQ(numbers(mean(counting({2, 4}), {1})), (Numbers{1.5, 5.5}));
  const Variable x = track(counting({2, 4}));
  EXPECT_EQ(numbers(grad(mean(x), {x})[0]), Numbers(8, 0.125));
}

TEST(MaxAndMin, TiesGoToTheFirst) {
  const Variable x = track(f64({2, 4}, {1, 3, 3, 0, -2, -2, -5, -5}));
  EXPECT_EQ(numbers(max(x, 1)), (Numbers{3, -2}));
  EXPECT_EQ(numbers(min(x, 1)), (Numbers{0, -5}));
  EXPECT_EQ(numbers(argmax(x, 1)), (Numbers{1, 0}));
  EXPECT_EQ(numbers(argmax(x, 0, true)), (Numbers{0, 0, 0, 0}));
  EXPECT_EQ(numbers(grad(sum(max(x, 1)), {x})[0]), (Numbers{0, 1, 0, 0, 1, 0, 0, 0}));
  EXPECT_EQ(numbers(grad(sum(min(x, 1)), {x})[0]), (Numbers{0, 0, 0, 1, 0, 0, 1, 0}));
  EXPECT_EQ(numbers(max(x)), Numbers{3});
  EXPECT_EQ(numbers(min(x)), Numbers{-5});
  EXPECT_EQ(numbers(grad(max(x), {x})[0]), (Numbers{0, 1, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(numbers(max(i32({3}, {-1, -7, -1}), 0)), Numbers{-1}) << "integers too";
}

TEST(MaxAndMin, NaNWins) {
  const Tensor x = f64({4}, {infinity, nan, 2, nan});
  EXPECT_EQ(numbers(argmax(x, 0)), Numbers{1});
  EXPECT_TRUE(std::isnan(numbers(max(x))[0]) && std::isnan(numbers(min(x))[0]));
}

TEST(ReduceErrors, Texts) {
  const Tensor x = zeros({2, 3}), none = zeros({0, 3}), whole = zeros({2, 3}, DType::int32);
  EXPECT_EQ(refused<DTypeError>([&] { sum(whole); }),
            "sum: int32 is not a floating type. Cast it: cast(x, DType::float32).");
  EXPECT_EQ(refused<DTypeError>([&] { mean(whole); }),
            "mean: int32 is not a floating type. Cast it: cast(x, DType::float32).");
  EXPECT_EQ(refused<DTypeError>([&] { min(whole, 0); }),
            "min: int32 is not a floating type. Cast it: cast(x, DType::float32).");
  EXPECT_EQ(refused<ArgumentError>([&] { sum(x, {2}); }),
            "sum: axis 2 does not exist. x [2, 3] has rank 2; axes are -2 to 1.");
  EXPECT_EQ(refused<ArgumentError>([&] {
              mean(x, {1, -1});
            }),
            "mean: axis -1 of x [2, 3] is named twice. Name each axis once.");
  EXPECT_EQ(refused<ArgumentError>([&] { argmax(x, -3); }),
            "argmax: axis -3 does not exist. x [2, 3] has rank 2; axes are -2 to 1.");
  EXPECT_EQ(refused<ArgumentError>([&] { min(x, 5); }),
            "min: axis 5 does not exist. x [2, 3] has rank 2; axes are -2 to 1.");
  const Tensor number = zeros({});
  EXPECT_EQ(refused<ArgumentError>([&] { argmax(number, 0); }),
            "argmax: axis 0 does not exist. x [] has rank 0; it has no axes.");
  const std::string nothing = ": x [0, 3] has no elements to reduce. Skip empty batches.";
  EXPECT_EQ(refused<ShapeError>([&] { mean(none); }), "mean" + nothing);
  EXPECT_EQ(refused<ShapeError>([&] { mean(none, {0}); }), "mean" + nothing);
  EXPECT_EQ(refused<ShapeError>([&] { max(none); }), "max" + nothing);
  EXPECT_EQ(refused<ShapeError>([&] { max(none, 0); }), "max" + nothing);
  EXPECT_EQ(refused<ShapeError>([&] { min(none); }), "min" + nothing);
  EXPECT_EQ(refused<ShapeError>([&] { min(none, 0); }), "min" + nothing);
  EXPECT_EQ(refused<ShapeError>([&] { argmax(none, 0); }), "argmax" + nothing);
}

TEST(Matmul, ByHand) {
  const Variable a = track(f64({2, 3}, {1, 2, 3, 4, 5, 6})), b = track(f64({3, 1}, {1, 10, 100}));
  EXPECT_EQ(numbers(matmul(a, b)), (Numbers{321, 654}));
  const std::vector<Variable> g = vjp(matmul(a, b), {a, b}, f64({2, 1}, {1, -1}));
  EXPECT_EQ(numbers(g[0]), (Numbers{1, 10, 100, -1, -10, -100}));
  EXPECT_EQ(numbers(g[1]), (Numbers{-3, -3, -3}));
}

// Each matrix of a batch is multiplied as it would be alone, by both sets of kernels and whatever was
// broadcast.
TEST(Matmul, OfBatchesIsThatOfEachPair) {
  const Tensor a = integers({2, 1, 5, 7}, DType::float32, 1), b = integers({3, 7, 4}, DType::float32, 2);
  for (const KernelSet set : {KernelSet::fast, KernelSet::reference}) {
    const WithKernels kernels(set);
    const Variable y = matmul(a, b);
    ASSERT_EQ(y.shape(), (Shape{2, 3, 5, 4}));
    const Numbers all_a = numbers(a), all_b = numbers(b), all = numbers(y);
    for (std::ptrdiff_t n = 0; n < 6; ++n) {
      const auto one_a = all_a.begin() + n / 3 * 35, one_b = all_b.begin() + n % 3 * 28,
                 one = all.begin() + n * 20;
      const Variable product = matmul(f64({5, 7}, {one_a, one_a + 35}), f64({7, 4}, {one_b, one_b + 28}));
      EXPECT_EQ(numbers(product), Numbers(one, one + 20)) << name(set) << " matmul, pair " << n;
    }
  }
}

// Pairs that are enough work for several threads each, and pairs that share a task.
TEST(Matmul, OfLargeAndOfManyPairsIsThatOfTheReference) {
  for (const Shape& shape : {Shape{3, 130, 120}, Shape{700, 9, 33}}) {
    const Tensor a = integers(shape, DType::float32, 1), b = integers(shape, DType::float32, 2);
    const auto all = [&] {
      const Variable x = track(a), w = track(permute(Variable(b), {0, 2, 1}).value());
      const Variable y = matmul(x, w);
      const std::vector<Variable> g = vjp(y, {x, w}, integers(y.shape(), DType::float32, 3));
      return std::vector<Numbers>{numbers(y), numbers(g[0]), numbers(g[1])};
    };
    const std::vector<Numbers> fast = all();
    const WithKernels reference(KernelSet::reference);
    EXPECT_EQ(fast, all()) << "matmul " << shape;
  }
}

TEST(Matmul, ByOneMatrixMultipliesAllRowsAtOnce) {
  const Variable a = track(counting({2, 2, 2})), b = track(f64({2, 1}, {1, 10}));
  const Variable y = matmul(a, b, "rows");
  EXPECT_EQ(y.shape(), (Shape{2, 2, 1}));
  EXPECT_EQ(numbers(y), (Numbers{10, 32, 54, 76}));
  EXPECT_EQ(numbers(grad(sum(y), {b})[0]), (Numbers{12, 16}));
}

TEST(MatmulErrors, Texts) {
  const Tensor a = zeros({2, 3}), b = zeros({4, 2}), cube = zeros({2, 3, 2}), three = zeros({3, 2, 2}),
               row = zeros({3}), wide = zeros({3, 2}, DType::float64);
  const Tensor whole = zeros({3, 3}, DType::uint8);
  EXPECT_EQ(refused<ShapeError>([&] { matmul(a, b); }),
            "matmul: a has 3 columns, b has 4 rows. a [2, 3], b [4, 2] must be [rows, inner] and [inner, "
            "columns].");
  EXPECT_EQ(refused<ShapeError>([&] { matmul(a, row); }),
            "matmul: ranks 2 and 1, need 2 or more. a [2, 3], b [3] must be [..., rows, inner] and [..., "
            "inner, columns].");
  EXPECT_EQ(refused<ShapeError>([&] { matmul(cube, cube); }),
            "matmul: a has 2 columns, b has 3 rows. a [2, 3, 2], b [2, 3, 2] must be [..., rows, inner] and "
            "[..., inner, columns].");
  EXPECT_EQ(refused<ShapeError>([&] { matmul(cube, three); }),
            "matmul: a has 2 matrices along an axis, b has 3. a [2, 3, 2], b [3, 2, 2]: the axes before the "
            "last two must be equal or 1, aligned at the end.");
  EXPECT_EQ(refused<DTypeError>([&] { matmul(a, wide); }),
            "matmul: float32 and float64 do not mix. Cast one side: cast(x, DType::float64).");
  EXPECT_EQ(refused<DTypeError>([&] { matmul(whole, whole); }),
            "matmul: uint8 is not a floating type. Cast it: cast(x, DType::float32).");
}

TEST(Sum, TakesOneAxisAsANumber) {
  const Tensor x = f64({2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(numbers(sum(x, 0)), (Numbers{5, 7, 9}));
  EXPECT_EQ(numbers(mean(x, -1)), (Numbers{2, 5}));
  EXPECT_EQ(sum(x, 0, true).shape(), (Shape{1, 3}));
}

}  // namespace
}  // namespace trous
