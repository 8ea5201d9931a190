// Orders, running sums and one-hot vectors: ties, NaN, directions, gradients, and what is refused.
#include <ops/support.h>

#include <trous/ops/one_hot.h>
#include <trous/ops/order.h>
#include <trous/ops/reduce.h>

namespace trous {
namespace {

using Numbers = std::vector<double>;

const Tensor rows_with_ties = f64({2, 4}, {3, 1, 2, 1, 0, -1, 5, -1});

TEST(Cumsum, ByHand) {
  const Tensor x = f64({4}, {3, 1, 2, 5});
  EXPECT_EQ(numbers(cumsum(x, 0)), (Numbers{3, 4, 6, 11}));
  EXPECT_EQ(numbers(cumsum(x, 0, {.exclusive = true})), (Numbers{0, 3, 4, 6}));
  EXPECT_EQ(numbers(cumsum(x, 0, {.reverse = true})), (Numbers{11, 8, 7, 5}));
  EXPECT_EQ(numbers(cumsum(x, 0, {.exclusive = true, .reverse = true})), (Numbers{8, 7, 5, 0}));
  const Variable tracked = track(x);
  EXPECT_EQ(numbers(vjp(cumsum(tracked, 0), {tracked}, f64({4}, {1, 2, 3, 4}))[0]), (Numbers{10, 9, 7, 4}));
}

// In float32 arithmetic a sum of ones stops at 2^24.
TEST(Cumsum, OfManyFloatsIsAddedInFloat64) {
  constexpr std::int64_t count = (1 << 24) + 4;
  const Tensor y = cumsum(Tensor::ones({count}, DType::float32), 0).value();
  EXPECT_EQ(y.values<float>()[count - 1], static_cast<float>(count));
}

// The places of torch.sort(stable=True) and torch.topk, PyTorch 1.13.0a0.
TEST(Sort, KeepsTheOrderOfEqualElements) {
  EXPECT_EQ(numbers(argsort(rows_with_ties)), (Numbers{1, 3, 2, 0, 1, 3, 0, 2}));
  EXPECT_EQ(numbers(argsort(rows_with_ties, 1, Sorted::descending)), (Numbers{0, 2, 1, 3, 2, 0, 1, 3}));
  EXPECT_EQ(numbers(sort(rows_with_ties)), (Numbers{1, 1, 2, 3, -1, -1, 0, 5}));
  EXPECT_EQ(numbers(sort(rows_with_ties, 0)), (Numbers{0, -1, 2, -1, 3, 1, 5, 1}));
  EXPECT_EQ(argsort(rows_with_ties).dtype(), DType::int32);
  const TopK top = topk(rows_with_ties, 2);
  EXPECT_EQ(numbers(top.values), (Numbers{3, 2, 5, 0}));
  EXPECT_EQ(numbers(top.indices), (Numbers{0, 2, 2, 0}));
  EXPECT_EQ(numbers(sort(u8({3}, {9, 200, 7}))), (Numbers{7, 9, 200})) << "of any dtype";
}

// More equal elements than std::sort leaves in place.
TEST(Sort, IsStableForLongRows) {
  const Tensor x = Tensor::zeros({100}, DType::float32);
  EXPECT_TRUE(same_bits(argsort(x).value(), counting({100}, DType::int32)));
  EXPECT_TRUE(same_bits(argsort(x, 0, Sorted::descending).value(), counting({100}, DType::int32)));
}

TEST(Sort, PutsNaNLastInEitherDirection) {
  const Tensor x = f64({5}, {nan, 2, infinity, nan, -infinity});
  EXPECT_EQ(numbers(argsort(x)), (Numbers{4, 1, 2, 0, 3}));
  EXPECT_EQ(numbers(argsort(x, 0, Sorted::descending)), (Numbers{2, 1, 4, 0, 3}));
  EXPECT_EQ(numbers(topk(x, 2).indices), (Numbers{2, 1}));
}

TEST(Sort, GradientsGoBackToTheirPlaces) {
  const Variable x = track(rows_with_ties);
  const Tensor seed = f64({2, 4}, {1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_EQ(numbers(vjp(sort(x), {x}, seed)[0]), (Numbers{4, 1, 3, 2, 7, 5, 8, 6}));
  const TopK top = topk(x, 2);
  EXPECT_EQ(numbers(vjp(top.values, {x}, f64({2, 2}, {1, 2, 3, 4}))[0]), (Numbers{1, 0, 2, 0, 4, 0, 3, 0}));
}

TEST(OneHot, ByHand) {
  const Tensor labels = i32({2, 2}, {2, 0, 1, -1});
  const Variable y = one_hot(labels, 3, {.ignore_index = -1});
  EXPECT_EQ(y.shape(), (Shape{2, 2, 3}));
  EXPECT_EQ(y.dtype(), DType::float32);
  EXPECT_EQ(numbers(y), (Numbers{0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0}));
  EXPECT_EQ(numbers(one_hot(i32({3}, {0, 1, 2}), 3, {.dtype = DType::uint8, .ignore_index = 1})),
            (Numbers{1, 0, 0, 0, 0, 0, 0, 0, 1}))
      << "a class may be ignored, too";
  EXPECT_EQ(numbers(one_hot(i32({}, {1}), 2)), (Numbers{0, 1}));
}

TEST(OrderErrors, Texts) {
  const Tensor x = zeros({2, 3});
  EXPECT_EQ(refused<ArgumentError>([&] { cumsum(x, 2); }),
            "cumsum: axis 2 does not exist. x [2, 3] has rank 2; axes are -2 to 1.");
  EXPECT_EQ(refused<ArgumentError>([&] { argsort(x, -3); }),
            "argsort: axis -3 does not exist. x [2, 3] has rank 2; axes are -2 to 1.");
  EXPECT_EQ(refused<ArgumentError>([&] { sort(x, 2); }),
            "sort: axis 2 does not exist. x [2, 3] has rank 2; axes are -2 to 1.");
  EXPECT_EQ(refused<ArgumentError>([&] { topk(x, 4); }),
            "topk: count 4 of 3 elements on axis 1 of x [2, 3]. Take 1 or more, and no more than there are.");
  EXPECT_EQ(refused<ArgumentError>([&] { topk(x, 0, 0); }),
            "topk: count 0 of 2 elements on axis 0 of x [2, 3]. Take 1 or more, and no more than there are.");
  EXPECT_EQ(refused<DTypeError>([&] { one_hot(x, 3); }),
            "one_hot: labels are float32, must be int32. Cast them: cast(labels, DType::int32).");
  EXPECT_EQ(refused<ArgumentError>([&] {
              one_hot(i32({2}, {0, 1}), 0);
            }),
            "one_hot: classes 0. Give 1 to 2^31 - 1.");
  EXPECT_EQ(refused<ArgumentError>([&] {
              one_hot(i32({2}, {1, 3}), 3);
            }),
            "one_hot: label 3 at place 1 of labels [2] is not in 0 to 2. Give more classes, or name it as "
            "ignore_index.");
  EXPECT_EQ(refused<ArgumentError>([&] { one_hot(i32({1}, {-1}), 3, {.ignore_index = 255}); }),
            "one_hot: label -1 at place 0 of labels [1] is not in 0 to 2. Give more classes, or name it as "
            "ignore_index.");
}

}  // namespace
}  // namespace trous
