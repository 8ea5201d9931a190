// Dice and focal loss against loops in float64, and where they are delicate: confident logits, ignored
// labels, classes that do not occur.
#include <cmath>
#include <limits>
#include <ops/support.h>

#include <trous/autograd/tape.h>
#include <trous/check/check_grad.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/dice_loss.h>
#include <trous/ops/focal_loss.h>
#include <trous/ops/reduce.h>
#include <trous/ops/softmax_cross_entropy.h>
#include <trous/ops/tversky_loss.h>

namespace trous {
namespace {

using Numbers = std::vector<double>;
using Labels = std::vector<std::int32_t>;

// Softmax of one pixel, with no maximum taken out: the logits of these tests are small.
Numbers probabilities(const double* row, std::size_t classes) {
  Numbers p(row, row + classes);
  double total = 0;
  for (double& v : p) total += v = std::exp(v);
  for (double& v : p) v /= total;
  return p;
}

double dice_by_loop(const Numbers& logits, const Labels& labels, std::size_t classes, double smooth,
                    std::int32_t ignore) {
  double losses = 0;
  int present = 0;
  for (std::size_t c = 0; c < classes; ++c) {
    double both = 0, predicted = 0, truth = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (labels[i] == ignore) continue;
      const double p = probabilities(&logits[i * classes], classes)[c];
      const bool g = labels[i] == static_cast<std::int32_t>(c);
      both += g ? p : 0;
      predicted += p;
      truth += g;
    }
    if (truth == 0) continue;
    losses += 1 - (2 * both + smooth) / (predicted + truth + smooth);
    ++present;
  }
  return present ? losses / present : 0;
}

double focal_by_loop(const Numbers& logits, const Labels& labels, const Numbers& alpha, double gamma,
                     std::int32_t ignore) {
  double losses = 0, weights = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == ignore) continue;
    const auto c = static_cast<std::size_t>(labels[i]);
    const double p = probabilities(&logits[i * alpha.size()], alpha.size())[c];
    losses -= alpha[c] * std::pow(1 - p, gamma) * std::log(p);
    weights += alpha[c];
  }
  return weights > 0 ? losses / weights : 0;
}

// 3 x 4 pixels of 5 classes; class 4 never occurs, class 3 only once.
const Labels labels_of_12{0, 1, 2, 255, 1, 1, 0, 0, 3, 255, 2, 1};

// segmentation_models.pytorch#366: ignore_index had no effect on the Dice loss.
TEST(DiceLoss, smp_366_EqualsALoopOverPixels) {
  const Tensor logits = map(random64({3, 4, 5}, 1), [](double v) { return 3 * v; });
  const Tensor labels = i32({3, 4}, labels_of_12);
  for (const double smooth : {0.0, 0.25, 1.0}) {
    const double expected = dice_by_loop(logits.to_vector<double>(), labels_of_12, 5, smooth, 255);
    const Variable loss = dice_loss(logits, labels, {.smooth = smooth, .ignore_index = 255});
    EXPECT_NEAR(numbers(loss)[0], expected, 64 * 0x1p-53) << smooth;
    EXPECT_EQ(loss.shape(), Shape{});
    EXPECT_GT(expected, 0.3);
  }
}

// jfzhang95/pytorch-deeplab-xception#133: the focal factor was that of the mean cross-entropy.
TEST(FocalLoss, deeplab_xception_133_EqualsALoopOverPixels) {
  const Tensor logits = map(random64({3, 4, 5}, 2), [](double v) { return 3 * v; });
  const Tensor labels = i32({3, 4}, labels_of_12);
  const Numbers alpha{0.5, 2, 0, 1, 4};
  for (const double gamma : {0.0, 0.5, 1.0, 2.0, 3.5}) {
    const Numbers flat = logits.to_vector<double>();
    EXPECT_NEAR(numbers(focal_loss(logits, labels, {.gamma = gamma, .ignore_index = 255}))[0],
                focal_by_loop(flat, labels_of_12, Numbers(5, 1), gamma, 255), 64 * 0x1p-53)
        << gamma;
    EXPECT_NEAR(numbers(focal_loss(logits, labels, {gamma, f64({5}, alpha), 255}))[0],
                focal_by_loop(flat, labels_of_12, alpha, gamma, 255), 64 * 0x1p-53)
        << gamma;
  }
}

TEST(FocalLoss, WithGamma0IsCrossEntropy) {
  const Variable x = track(random64({6, 4}, 3));
  const Tensor labels = i32({6}, {0, 3, 1, 2, 3, 1}), weights = f64({4}, {1, 0.5, 2, 0});
  const Variable focal = focal_loss(x, labels, {.gamma = 0, .class_weights = weights});
  const Variable entropy = softmax_cross_entropy(x, labels, {.class_weights = weights});
  EXPECT_NEAR(numbers(focal)[0], numbers(entropy)[0], 16 * 0x1p-53);
  const Numbers a = numbers(grad(focal, {x})[0]), b = numbers(grad(entropy, {x})[0]);
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 16 * 0x1p-53);
}

// What is left of a confident pixel's slope is cross-entropy's, also where p rounds to 1.
TEST(FocalLoss, WithGamma0IsCrossEntropyUpToCertainty) {
  const Variable x = track(f32({1, 2}, {20, 0}));
  const Numbers a = numbers(grad(focal_loss(x, i32({1}, {0}), {.gamma = 0}), {x})[0]);
  EXPECT_FLOAT_EQ(static_cast<float>(a[1]), std::exp(-20.0F));
  EXPECT_EQ(numbers(grad(focal_loss(x, i32({1}, {0}), {.gamma = 0.5}), {x})[0]), (Numbers{0, 0}));
}

// Right and wrong by 2000: p is exactly 0 or 1.
TEST(DiceLoss, IsExactAtLogitsOf1000) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const Variable x = track(f64({2, 2}, {1000, -1000, -1000, 1000}).cast(dtype));
    for (const double smooth : {0.0, 1.0}) {
      const DiceOptions options{.smooth = smooth};
      const Variable right = dice_loss(x, i32({2}, {0, 1}), options),
                     wrong = dice_loss(x, i32({2}, {1, 0}), options);
      EXPECT_EQ(numbers(right), Numbers{0});
      EXPECT_NEAR(numbers(wrong)[0], 1 - smooth / (2 + smooth), 0x1p-23);
      for (const Variable& loss : {right, wrong}) {
        const Variable g = grad(loss, {x}, CreateGraph::yes)[0];
        EXPECT_EQ(numbers(g), Numbers(4, 0)) << "softmax is flat there";
        EXPECT_EQ(numbers(grad(sum(g * g), {x})[0]), Numbers(4, 0));
      }
    }
  }
}

TEST(FocalLoss, IsExactAtLogitsOf1000) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const Variable x = track(f64({2, 2}, {1000, -1000, 1000, -1000}).cast(dtype));
    for (const double gamma : {0.0, 0.5, 1.0, 2.0, 2.5}) {
      const FocalOptions options{.gamma = gamma};
      const Variable right = focal_loss(x, i32({2}, {0, 0}), options),
                     wrong = focal_loss(x, i32({2}, {0, 1}), options);
      EXPECT_EQ(numbers(right), Numbers{0}) << gamma;
      EXPECT_EQ(numbers(wrong), Numbers{1000}) << gamma;
      EXPECT_EQ(numbers(grad(right, {x})[0]), (Numbers{0, 0, 0, 0})) << gamma;
      EXPECT_EQ(numbers(grad(wrong, {x})[0]), (Numbers{0, 0, 0.5, -0.5})) << gamma;
      const Variable g = grad(wrong, {x}, CreateGraph::yes)[0];
      EXPECT_TRUE(all_finite(grad(sum(g * g), {x})[0].value())) << gamma;
    }
  }
}

// From a coin's toss to certainty, no derivative of the power at p = 1 may reach the gradient.
TEST(FocalLoss, GradientsStayFiniteAllTheWayToCertainty) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    for (const double gamma : {0.5, 1.0, 1.5, 2.0}) {
      for (double gap = 0; gap < 60; gap += 0.5) {
        const Variable x = track(f64({1, 2}, {gap, 0}).cast(dtype));
        const Variable loss = focal_loss(x, i32({1}, {0}), {.gamma = gamma});
        const Variable g = grad(loss, {x}, CreateGraph::yes)[0];
        ASSERT_TRUE(all_finite(loss.value()) && all_finite(g.value())) << gamma << " at " << gap;
        ASSERT_TRUE(all_finite(grad(sum(g * g), {x})[0].value())) << gamma << " at " << gap;
        ASSERT_LE(numbers(g)[0], 0) << "more of the right logit is never worse";
      }
    }
  }
}

// The pixels that do not count may hold anything.
TEST(RegionLosses, LogitsOfIgnoredPixelsAreNotRead) {
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  const Tensor bad = f64({4, 2}, {0.5, -0.5, nan, inf, 1, 0.25, -inf, nan});
  const Tensor kept = f64({2, 2}, {0.5, -0.5, 1, 0.25});
  const Variable x = track(bad), y = track(kept);
  const Tensor labels = i32({4}, {0, 7, 1, 7}), short_labels = i32({2}, {0, 1});
  const auto expect_same = [&](const Variable& all, const Variable& some) {
    EXPECT_EQ(numbers(all), numbers(some));
    const Numbers a = numbers(grad(all, {x})[0]), b = numbers(grad(some, {y})[0]);
    EXPECT_EQ(a, (Numbers{b[0], b[1], 0, 0, b[2], b[3], 0, 0}));
  };
  expect_same(dice_loss(x, labels, {.ignore_index = 7}), dice_loss(y, short_labels));
  expect_same(focal_loss(x, labels, {.ignore_index = 7}), focal_loss(y, short_labels));
  // A class of weight 0 does not count either.
  const Tensor weights = f64({2}, {1, 0});
  const Variable z = track(f64({2, 2}, {0.5, -0.5, nan, inf}));
  const Variable loss = focal_loss(z, short_labels, {.class_weights = weights});
  EXPECT_EQ(numbers(loss), numbers(focal_loss(f64({1, 2}, {0.5, -0.5}), i32({1}, {0}))));
  EXPECT_TRUE(all_finite(grad(loss, {z})[0].value()));
}

TEST(RegionLosses, AreZeroWhereNothingCounts) {
  const Tensor logits = random64({2, 3}, 1);
  const auto expect_zero = [&](const Variable& x, const Variable& loss) {
    const Numbers zeros_of_x(static_cast<std::size_t>(x.value().elements()), 0.0);
    EXPECT_EQ(numbers(loss), Numbers{0});
    const Variable g = grad(loss, {x}, CreateGraph::yes)[0];
    EXPECT_EQ(numbers(g), zeros_of_x);
    EXPECT_EQ(numbers(grad(sum(g), {x})[0]), zeros_of_x);
  };
  const Variable x = track(logits), none = track(zeros({0, 3}, DType::float64));
  const Tensor ignored = i32({2}, {255, 255}), nothing = Tensor({0}, Labels{});
  for (const double smooth : {0.0, 1.0}) {
    expect_zero(x, dice_loss(x, ignored, {.smooth = smooth, .ignore_index = 255}));
    expect_zero(none, dice_loss(none, nothing, {.smooth = smooth}));
  }
  expect_zero(x, focal_loss(x, ignored, {.ignore_index = 255}));
  expect_zero(x, focal_loss(x, i32({2}, {0, 2}), {.class_weights = f64({3}, {0, 1, 0})}));
  expect_zero(none, focal_loss(none, nothing));
}

// A class that does not occur stays out of the mean of Dice: nothing of it could be found.
TEST(DiceLoss, LeavesAbsentClassesOutOfTheMean) {
  const Tensor logits = f64({2, 3}, {0, 0, -1000, 0, 0, -1000});
  // p = 1/2 for classes 0 and 1; class 0 alone occurs: 1 - (2 * 1 + 0) / (1 + 2 + 0) = 1/3.
  const Variable x = track(logits), loss = dice_loss(x, i32({2}, {0, 0}), {.smooth = 0});
  EXPECT_DOUBLE_EQ(numbers(loss)[0], 1.0 / 3);
  // Class 2 is neither there nor predicted, which is 0 / 0 but for the mask. By the quotient rule the slope
  // in p_i0 is -(2 * 3 - 2 * 1) / 9 = -4/9, and p_i0 moves by 1/4 with either logit.
  const Numbers g = numbers(grad(loss, {x})[0]);
  const Numbers expected{-1.0 / 9, 1.0 / 9, 0, -1.0 / 9, 1.0 / 9, 0};
  for (std::size_t i = 0; i < g.size(); ++i) EXPECT_NEAR(g[i], expected[i], 8 * 0x1p-53) << i;
}

TEST(RegionLosses, HaveGradientsOfOrder3) {
  const Tensor labels = i32({4}, {0, 2, 255, 2}), weights = f64({3}, {0.5, 1, 2});
  const auto dice = [&](auto& in) { return dice_loss(in[0], labels, {.smooth = 0.5, .ignore_index = 255}); };
  const auto focal = [&](auto& in) { return focal_loss(in[0], labels, {1.5, weights, 255}); };
  const GradReport of_dice = check_grad("dice_loss", dice, {random64({4, 3}, 4)}, {.order = 3});
  EXPECT_TRUE(of_dice.passed()) << of_dice;
  const GradReport of_focal = check_grad("focal_loss", focal, {random64({4, 3}, 5)}, {.order = 3});
  EXPECT_TRUE(of_focal.passed()) << of_focal;
}

TEST(RegionLosses, AreOneNamedLineOfTheTape) {
  const Variable x = track(random64({2, 3}, 1));
  const Tensor labels = i32({2}, {0, 255});
  const auto last = [](const Variable& y) {
    const Tape tape = Tape::of(y);
    return text(tape.size(), ' ', tape[tape.size() - 1].op.kind, ' ', tape[tape.size() - 1].op.attributes,
                ' ', tape[tape.size() - 1].op.name);
  };
  EXPECT_EQ(last(dice_loss(x, labels, {.ignore_index = 255}, "loss")),
            "2 dice_loss smooth 1 ignore_index 255 loss");
  EXPECT_EQ(last(focal_loss(x, labels, {.ignore_index = 255}, "loss")),
            "2 focal_loss gamma 2 ignore_index 255 loss");
}

TEST(RegionLossErrors, Texts) {
  const Tensor logits = zeros({2, 3, 4}), labels = zeros({2, 3}, DType::int32);
  const auto dice = [](const Tensor& x, const Tensor& t, const DiceOptions& options = {}) {
    return refused<Error>([&] { dice_loss(x, t, options); });
  };
  const auto focal = [](const Tensor& x, const Tensor& t, const FocalOptions& options = {}) {
    return refused<Error>([&] { focal_loss(x, t, options); });
  };
  EXPECT_EQ(dice(zeros({}), labels),
            "dice_loss: logits have rank 0, need 1 or more. logits must be [..., classes].");
  EXPECT_EQ(dice(labels, labels),
            "dice_loss: int32 is not a floating type. Cast it: cast(x, DType::float32).");
  EXPECT_EQ(dice(logits, zeros({2, 3}, DType::uint8)),
            "dice_loss: labels are uint8, must be int32. Cast them: cast(labels, DType::int32).");
  EXPECT_EQ(focal(logits, zeros({2, 4}, DType::int32)),
            "focal_loss: labels [2, 4] do not fit. logits [2, 3, 4] need labels [2, 3].");
  EXPECT_EQ(dice(logits, i32({2, 3}, {0, 255, 2, -1, 0, 0}), {.ignore_index = 255}),
            "dice_loss: label -1 at place 3 of labels [2, 3] is not in 0 to 3. Correct the labels, or set "
            "ignore_index to what must not count.");
  EXPECT_EQ(dice(logits, labels, {.smooth = -1}),
            "dice_loss: smooth -1 is not 0 or more, and finite. 1 is usual, 0 is plain Dice.");
  EXPECT_EQ(dice(logits, labels, {.smooth = std::nan("")}),
            "dice_loss: smooth nan is not 0 or more, and finite. 1 is usual, 0 is plain Dice.");
  EXPECT_EQ(focal(logits, labels, {.gamma = -0.5}),
            "focal_loss: gamma -0.5 is not 0 or more, and finite. 2 is usual, 0 is cross-entropy.");
  EXPECT_EQ(focal(logits, labels, {.class_weights = ones({3})}),
            "focal_loss: class_weights [3] for 4 classes. Give one weight per class.");
  EXPECT_EQ(focal(logits, labels, {.class_weights = ones({4}, DType::float64)}),
            "focal_loss: float32 and float64 do not mix. Cast one side: cast(x, DType::float32).");
  const Variable weights = track(ones({4}));
  EXPECT_EQ(
      thrown<GraphError>([&] { grad(focal_loss(logits, labels, {.class_weights = weights}), {weights}); }),
      "focal_loss: input 2 has no derivative, but a gradient was asked through it. Detach it: detach(x).");
}

// Of a class that does not occur nothing is divided, not even what its loss leaves out.
TEST(Tversky, OfAnAbsentClassWithoutSmoothHasAFiniteGradient) {
  const Tensor labels = i32({3}, {0, 0, 0});
  for (const double below : {-1.0, -2000.0}) {
    const Variable logits = track(f64({3, 2}, {1, below, 0.5, below, 0, below}));
    for (const double alpha : {0.0, 0.3}) {
      const Variable loss = tversky_loss(logits, labels, {.alpha = alpha, .beta = 1 - alpha, .smooth = 0});
      for (const double g : numbers(grad(loss, {logits})[0])) EXPECT_TRUE(std::isfinite(g)) << alpha << below;
    }
  }
}

}  // namespace
}  // namespace trous
