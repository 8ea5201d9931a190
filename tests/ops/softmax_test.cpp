// Softmax and its loss where they are delicate: large logits, ignored labels, weights of zero.
#include <cmath>
#include <ops/support.h>

#include <trous/ops/arithmetic.h>
#include <trous/ops/cast.h>
#include <trous/ops/gather.h>
#include <trous/ops/reduce.h>
#include <trous/ops/softmax.h>
#include <trous/ops/softmax_cross_entropy.h>

namespace trous {
namespace {

using Numbers = std::vector<double>;

TEST(LogSoftmax, IsExactAtLogitsOf1000) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const Variable x = track(f64({3, 2}, {1000, -1000, -1000, 1000, 1000, 1000}).cast(dtype));
    const Variable y = log_softmax(x);
    const double half = dtype == DType::float32 ? -static_cast<double>(std::log(2.0F)) : -std::log(2.0);
    EXPECT_EQ(numbers(y), (Numbers{0, -2000, -2000, 0, half, half}));
    EXPECT_EQ(numbers(softmax(x)), (Numbers{1, 0, 0, 1, 0.5, 0.5}));
    EXPECT_EQ(numbers(vjp(y, {x}, f64({3, 2}, {0, 1, 0, 1, 1, 0}).cast(dtype))[0]),
              (Numbers{-1, 1, 0, 0, 0.5, -0.5}));
  }
}

// What float32 keeps of a confident pixel's loss must not depend on how large its logits are.
TEST(LogSoftmax, KeepsSmallDifferencesOfLargeLogits) {
  const Variable near_0 = log_softmax(f32({2}, {0, -8})), near_1000 = log_softmax(f32({2}, {1000, 992}));
  EXPECT_TRUE(same_bits(near_0.value(), near_1000.value()));
  const Tensor label = i32({1}, {0});
  EXPECT_TRUE(same_bits(softmax_cross_entropy(f32({1, 2}, {0, -8}), label).value(),
                        softmax_cross_entropy(f32({1, 2}, {1000, 992}), label).value()));
}

TEST(LogSoftmax, NormalisesAlongItsAxis) {
  const Tensor x = random64({2, 3, 4}, 1);
  for (const int axis : {0, 1, 2, -1}) {
    for (const double total : numbers(sum(softmax(x, axis), {axis}))) EXPECT_NEAR(total, 1, 8 * 0x1p-53);
  }
}

TEST(CrossEntropy, IsExactAtLogitsOf1000) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const Variable x = track(f64({2, 2}, {1000, -1000, 1000, -1000}).cast(dtype));
    const Variable right = softmax_cross_entropy(x, i32({2}, {0, 0})),
                   wrong = softmax_cross_entropy(x, i32({2}, {0, 1}));
    EXPECT_EQ(numbers(right), Numbers{0});
    EXPECT_EQ(numbers(wrong), Numbers{1000});
    EXPECT_EQ(numbers(grad(right, {x})[0]), (Numbers{0, 0, 0, 0}));
    EXPECT_EQ(numbers(grad(wrong, {x})[0]), (Numbers{0, 0, 0.5, -0.5}));
  }
}

// Sum of weights, not their number, divides: loss = (1 * log 2 + 3 * log 2) / (1 + 3).
TEST(CrossEntropy, DividesByTheSumOfTheWeights) {
  const Variable x = track(zeros({2, 2}, DType::float64));
  const CrossEntropyOptions weighted{.class_weights = f64({2}, {1, 3})};
  const Variable loss = softmax_cross_entropy(x, i32({2}, {0, 1}), weighted);
  EXPECT_DOUBLE_EQ(numbers(loss)[0], std::log(2.0));
  EXPECT_EQ(numbers(grad(loss, {x})[0]), (Numbers{-0.125, 0.125, 0.375, -0.375}));
}

TEST(CrossEntropy, IgnoredLabelsDoNotCount) {
  const Tensor logits = random64({5, 3}, 1);
  const Variable x = track(logits);
  const Variable all = softmax_cross_entropy(x, i32({5}, {0, 255, 2, 255, 1}), {.ignore_index = 255});
  const Tensor kept =
      f64({3, 3}, {logits.values<double>()[0], logits.values<double>()[1], logits.values<double>()[2],
                   logits.values<double>()[6], logits.values<double>()[7], logits.values<double>()[8],
                   logits.values<double>()[12], logits.values<double>()[13], logits.values<double>()[14]});
  EXPECT_DOUBLE_EQ(numbers(all)[0], numbers(softmax_cross_entropy(kept, i32({3}, {0, 2, 1})))[0]);
  const Numbers g = numbers(grad(all, {x})[0]);
  for (const std::size_t ignored : {3, 4, 5, 9, 10, 11}) EXPECT_EQ(g[ignored], 0);
  // A class may be what is ignored, and so may a label below 0.
  EXPECT_DOUBLE_EQ(
      numbers(softmax_cross_entropy(logits, i32({5}, {0, 1, 2, 1, 0}), {.ignore_index = 1}))[0],
      numbers(softmax_cross_entropy(logits, i32({5}, {0, -1, 2, -1, 0}), {.ignore_index = -1}))[0]);
}

// Loss 0 and exactly zero gradients, of both orders, where nothing counts; whatever the logits hold.
TEST(CrossEntropy, IsZeroWhereNothingCounts) {
  const auto expect_zero = [](const Tensor& logits, const Tensor& labels,
                              const CrossEntropyOptions& options) {
    const Variable x = track(logits);
    const Variable loss = softmax_cross_entropy(x, labels, options);
    EXPECT_EQ(numbers(loss), Numbers{0});
    const Variable g = grad(loss, {x}, CreateGraph::yes)[0];
    EXPECT_EQ(numbers(g), Numbers(static_cast<std::size_t>(logits.elements()), 0.0));
    EXPECT_EQ(numbers(grad(sum(g), {x})[0]), Numbers(static_cast<std::size_t>(logits.elements()), 0.0));
  };
  const Tensor logits = random64({2, 3}, 1), unweighted = f64({3}, {0, 1, 0});
  expect_zero(logits, i32({2}, {255, 255}), {.ignore_index = 255});
  expect_zero(logits, i32({2}, {0, 2}), {.class_weights = unweighted});
  expect_zero(logits, i32({2}, {255, 2}), {.class_weights = unweighted, .ignore_index = 255});
  expect_zero(map(logits, [](double v) { return 1000 * v; }), i32({2}, {255, 255}), {.ignore_index = 255});
}

// The fused value and rule against the definition, written here of other ops.
TEST(CrossEntropy, EqualsItsDefinition) {
  const Variable x = track(random64({6, 4}, 3));
  const Tensor labels = i32({6}, {0, 3, 1, 2, 3, 1}), weights = f64({4}, {1, 0.5, 2, 0});
  const Tensor by_pixel = f64({6, 1}, {1, 0, 0.5, 2, 0, 0.5});
  const Variable fused = softmax_cross_entropy(x, labels, {.class_weights = weights});
  const Variable picked = gather(log_softmax(x), labels.reshaped({6, 1}), 1);
  const Variable written = sum(picked * by_pixel) * (-1.0 / 4);
  EXPECT_NEAR(numbers(fused)[0], numbers(written)[0], 16 * 0x1p-53 * (1 + numbers(written)[0]));
  const Numbers a = numbers(grad(fused, {x})[0]), b = numbers(grad(written, {x})[0]);
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 16 * 0x1p-53);
}

TEST(CrossEntropyErrors, Texts) {
  const Tensor logits = zeros({2, 3, 4}), labels = zeros({2, 3}, DType::int32);
  const auto text_of = [](const Tensor& x, const Tensor& t, const CrossEntropyOptions& options = {}) {
    return refused<Error>([&] { softmax_cross_entropy(x, t, options); });
  };
  EXPECT_EQ(text_of(zeros({}), labels),
            "softmax_cross_entropy: logits have rank 0, need 1 or more. logits must be [..., classes].");
  EXPECT_EQ(text_of(labels, labels),
            "softmax_cross_entropy: int32 is not a floating type. Cast it: cast(x, DType::float32).");
  EXPECT_EQ(text_of(logits, zeros({2, 3}, DType::uint8)),
            "softmax_cross_entropy: labels are uint8, must be int32. Cast them: cast(labels, DType::int32).");
  EXPECT_EQ(text_of(logits, zeros({2, 4}, DType::int32)),
            "softmax_cross_entropy: labels [2, 4] do not fit. logits [2, 3, 4] need labels [2, 3].");
  EXPECT_EQ(text_of(logits, i32({2, 3}, {0, 1, 2, 3, 4, 5})),
            "softmax_cross_entropy: label 4 at place 4 of labels [2, 3] is not in 0 to 3. Correct the "
            "labels, or set "
            "ignore_index to what must not count.");
  EXPECT_EQ(text_of(logits, i32({2, 3}, {0, 255, 2, -1, 0, 0}), {.ignore_index = 255}),
            "softmax_cross_entropy: label -1 at place 3 of labels [2, 3] is not in 0 to 3. Correct the "
            "labels, or set "
            "ignore_index to what must not count.");
  EXPECT_EQ(text_of(logits, labels, {.class_weights = ones({3})}),
            "softmax_cross_entropy: class_weights [3] for 4 classes. Give one weight per class.");
  EXPECT_EQ(text_of(logits, labels, {.class_weights = ones({4}, DType::float64)}),
            "softmax_cross_entropy: float32 and float64 do not mix. Cast one side: cast(x, DType::float32).");
  EXPECT_EQ(text_of(logits, labels, {.class_weights = f32({4}, {1, 2, -0.5F, 1})}),
            "softmax_cross_entropy: class_weights has -0.5 for class 2. A weight is 0 or more, and finite.");
  EXPECT_EQ(refused<ArgumentError>([&] { log_softmax(logits, 3); }),
            "log_softmax: axis 3 does not exist. x [2, 3, 4] has rank 3; axes are -3 to 2.");
  EXPECT_EQ(refused<ArgumentError>([&] { softmax(logits, -4); }),
            "softmax: axis -4 does not exist. x [2, 3, 4] has rank 3; axes are -3 to 2.");
  EXPECT_EQ(refused<DTypeError>([&] { softmax(labels); }),
            "softmax: int32 is not a floating type. Cast it: cast(x, DType::float32).");
  const Variable weights = track(ones({4}));
  EXPECT_EQ(
      thrown<GraphError>(
          [&] { grad(softmax_cross_entropy(logits, labels, {.class_weights = weights}), {weights}); }),
      "softmax_cross_entropy: input 2 has no derivative, but a gradient was asked through it. Detach it: "
      "detach(x).");
}

// From order two on derivatives are those of the definition, which must not read them either.
TEST(CrossEntropy, IgnoredLogitsAreNotReadAtOrderTwo) {
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  const Variable bad = track(f64({3, 2}, {0.5, -0.5, nan, inf, 1, 0.25})),
                 kept = track(f64({2, 2}, {0.5, -0.5, 1, 0.25}));
  const Variable loss = softmax_cross_entropy(bad, i32({3}, {0, 7, 1}), {.ignore_index = 7});
  const Numbers all = numbers(hvp(loss, {bad}, {f64({3, 2}, {1, 2, 3, 4, 5, 7})})[0]);
  const Variable short_loss = softmax_cross_entropy(kept, i32({2}, {0, 1}));
  const Numbers some = numbers(hvp(short_loss, {kept}, {f64({2, 2}, {1, 2, 5, 7})})[0]);
  EXPECT_EQ(all, (Numbers{some[0], some[1], 0, 0, some[2], some[3]})) << "softmax_cross_entropy at order two";
}

// A class of weight 0 does not count, so its logit may be as bad as it likes.
TEST(CrossEntropy, AClassOfWeightZeroIsNotRead) {
  const float inf = std::numeric_limits<float>::infinity();
  const Variable logits = track(f32({2, 2}, {0, -inf, 0, 0}));
  const Variable loss = softmax_cross_entropy(logits, i32({2}, {1, 0}), {.class_weights = f32({2}, {1, 0})});
  EXPECT_FLOAT_EQ(loss.value().item<float>(), std::log(2.0F));
  EXPECT_TRUE(all_finite(grad(loss, {logits})[0].value()));
}

}  // namespace
}  // namespace trous
