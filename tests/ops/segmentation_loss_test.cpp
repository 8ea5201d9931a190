// Cross-entropy of sigmoids, smoothed labels, Tversky, Lovász and boundary loss: numbers of PyTorch, every
// labelling of four pixels against counts of sets, and where the losses are delicate.
#include <algorithm>
#include <cmath>
#include <ops/support.h>

#include <trous/autograd/tape.h>
#include <trous/check/check_grad.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/boundary_loss.h>
#include <trous/ops/dice_loss.h>
#include <trous/ops/lovasz_loss.h>
#include <trous/ops/reduce.h>
#include <trous/ops/reshape.h>
#include <trous/ops/sigmoid_cross_entropy.h>
#include <trous/ops/softmax_cross_entropy.h>
#include <trous/ops/tversky_loss.h>

namespace trous {
namespace {

using Reals = std::vector<double>;
using Classes = std::vector<std::int32_t>;

// 12 pixels of 5 classes: class 4 never occurs, class 3 only once.
const Classes twelve_labels{0, 1, 2, 255, 1, 1, 0, 0, 3, 255, 2, 1};

// Element i is ((7 i) mod 11 - 5) / 4.
Tensor twelve_logits() {
  Reals values;
  for (int i = 0; i < 60; ++i) values.push_back((7 * i % 11 - 5) / 4.0);
  return f64({12, 5}, values);
}

// PyTorch's value, its gradient at the first pixel, and the sum of its gradients times 1, 2, 3, ...
struct Reference {
  double value;
  Reals first;
  double checksum;
};

// Some hundred roundings of numbers up to 1, and of products with factors up to 60 in the sum.
void expect_reference(const Variable& loss, const Variable& x, const Reference& expected) {
  EXPECT_NEAR(numbers(loss)[0], expected.value, 100 * 0x1p-53);
  const Reals g = numbers(grad(loss, {x})[0]);
  for (std::size_t i = 0; i < expected.first.size(); ++i)
    EXPECT_NEAR(g[i], expected.first[i], 100 * 0x1p-53) << i;
  double checksum = 0;
  for (std::size_t i = 0; i < g.size(); ++i) checksum += static_cast<double>(i + 1) * g[i];
  EXPECT_NEAR(checksum, expected.checksum, 60 * 100 * 0x1p-53);
}

// The numbers below are those of PyTorch 1.13 in float64.
TEST(SmoothedCrossEntropy, IsThatOfPyTorch) {
  const Variable x = track(twelve_logits());
  const Tensor labels = i32({12}, twelve_labels), weights = f64({5}, {0.5, 2, 0, 1, 4});
  expect_reference(softmax_cross_entropy(x, labels, {.ignore_index = 255, .label_smoothing = 0.1}), x,
                   {2.073918866121093,
                    {-0.08808392703940392, 0.020535443938479857, 0.006290326522638338, 0.04570753519213586,
                     0.01555062138614986},
                    0.9003916402094114});
  const auto weighted = [&](double smoothing) {
    return softmax_cross_entropy(
        x, labels, {.class_weights = weights, .ignore_index = 255, .label_smoothing = smoothing});
  };
  expect_reference(weighted(0.25), x,
                   {1.9490687412511964,
                    {-0.035298043123383756, 0.00657293614653323, 0.005921661801884527, 0.029314906089620854,
                     -0.006511460914654865},
                    0.45566227387746305});
  expect_reference(weighted(1), x,
                   {2.486550761125372,
                    {-0.003929419580100846, -0.00590174675455259, 0.011843323603769053, 0.049106002655432184,
                     -0.05111815992454783},
                    -1.0137262282722794});
}

// BCEWithLogitsLoss of the labels, one-hot, without the two ignored pixels.
TEST(SigmoidCrossEntropy, IsThatOfPyTorch) {
  const Variable x = track(twelve_logits());
  expect_reference(sigmoid_cross_entropy(x, i32({12}, twelve_labels), {.ignore_index = 255}), x,
                   {0.8113818957362905,
                    {-0.015545997223493823, 0.012449186624037092, 0.007550813375962908, 0.015545997223493821,
                     0.011243530017715962},
                    9.232652163539324});
}

// A loop in PyTorch over the formula of the paper.
TEST(TverskyLoss, IsThatOfALoopInPyTorch) {
  const Variable x = track(twelve_logits());
  expect_reference(tversky_loss(x, i32({12}, twelve_labels), {.ignore_index = 255}), x,
                   {0.5749941825917932,
                    {-0.0027247341910803984, -7.564061915695928e-05, 0.0003695259894061942,
                     0.0037553882251642823, -0.001324539404333118},
                    0.06706719025413854});
}

// lovasz_softmax_flat of the authors, in PyTorch.
TEST(LovaszLoss, IsThatOfItsAuthors) {
  const Variable x = track(twelve_logits());
  expect_reference(lovasz_loss(x, i32({12}, twelve_labels), {.ignore_index = 255}), x,
                   {0.8478704936227079,
                    {-0.0031355972385574663, 0.0007354203555209143, 0.0002705460294151374,
                     0.001556884904855075, 0.0005727459487663392},
                    0.06537007469207645});
}

// Every labelling of four pixels with three classes, and 255 where `ignored`.
std::vector<Classes> labellings(bool ignored) {
  std::vector<Classes> all;
  const int choices = ignored ? 4 : 3;
  for (int code = 0; code < choices * choices * choices * choices; ++code) {
    Classes labels;
    for (int rest = code, i = 0; i < 4; ++i, rest /= choices) {
      const int label = rest % choices;
      labels.push_back(label == 3 ? 255 : label);
    }
    all.push_back(labels);
  }
  return all;
}

// Logits that are certain of `labels`.
Tensor certain(const Classes& labels) {
  Reals logits(12, -1000.0);
  for (std::size_t i = 0; i < 4; ++i) logits[3 * i + static_cast<std::size_t>(labels[i])] = 1000;
  return f64({4, 3}, logits);
}

// The pixels of class c in truth and prediction, where the truth counts.
struct Sets {
  double both = 0, added = 0, missed = 0, size = 0;
};

Sets sets_of(const Classes& truth, const Classes& predicted, std::int32_t c) {
  Sets sets;
  for (std::size_t i = 0; i < 4; ++i) {
    if (truth[i] == 255) continue;
    const bool is = truth[i] == c, said = predicted[i] == c;
    sets.size += is;
    sets.both += is && said;
    sets.added += !is && said;
    sets.missed += is && !said;
  }
  return sets;
}

// The mean of f(sets) over the classes that occur.
template <class F>
double mean_over_classes(const Classes& truth, const Classes& predicted, const F& f) {
  double total = 0, present = 0;
  for (const std::int32_t c : {0, 1, 2}) {
    const Sets sets = sets_of(truth, predicted, c);
    if (sets.size == 0) continue;
    total += f(sets);
    ++present;
  }
  return present > 0 ? total / present : 0;
}

// The defining property: on the corners of the cube the extension is the function of sets.
TEST(LovaszLoss, OfCertainPredictionsIsTheJaccardLossOfTheSets) {
  for (const Classes& truth : labellings(true)) {
    for (const Classes& predicted : labellings(false)) {
      const double expected =
          mean_over_classes(truth, predicted, [](const Sets& s) { return 1 - s.both / (s.size + s.added); });
      const double loss = numbers(lovasz_loss(certain(predicted), i32({4}, truth), {.ignore_index = 255}))[0];
      ASSERT_NEAR(loss, expected, 16 * 0x1p-53);
    }
  }
}

TEST(TverskyLoss, OfCertainPredictionsCountsBothMistakes) {
  for (const Classes& truth : labellings(true)) {
    for (const Classes& predicted : labellings(false)) {
      for (const double smooth : {0.0, 0.5}) {
        const double expected = mean_over_classes(truth, predicted, [&](const Sets& s) {
          return 1 - (s.both + smooth) / (s.both + 0.25 * s.added + 0.75 * s.missed + smooth);
        });
        const Variable loss =
            tversky_loss(certain(predicted), i32({4}, truth),
                         {.alpha = 0.25, .beta = 0.75, .smooth = smooth, .ignore_index = 255});
        ASSERT_NEAR(numbers(loss)[0], expected, 16 * 0x1p-53);
      }
    }
  }
}

TEST(TverskyLoss, WithEqualHalvesIsDice) {
  const Tensor logits = twelve_logits(), labels = i32({12}, twelve_labels);
  for (const double smooth : {0.0, 0.5, 3.0}) {
    const Variable half =
        tversky_loss(logits, labels, {.alpha = 0.5, .beta = 0.5, .smooth = smooth, .ignore_index = 255});
    EXPECT_NEAR(numbers(half)[0],
                numbers(dice_loss(logits, labels, {.smooth = 2 * smooth, .ignore_index = 255}))[0],
                64 * 0x1p-53);
  }
}

// At probabilities e of mistake that are equal for all pixels of one class, the extension is e times the
// Jaccard loss of all mistaken, which is 1: the extension is linear along a ray.
TEST(LovaszLoss, IsLinearBetweenRightAndWrong) {
  const Tensor labels = i32({3}, {0, 0, 0});
  for (const double gap : {-2.0, 0.0, 0.5, 3.0}) {
    const double wrong = 1 / (1 + std::exp(gap));
    EXPECT_NEAR(numbers(lovasz_loss(f64({3, 2}, {gap, 0, gap, 0, gap, 0}), labels))[0], wrong, 8 * 0x1p-53);
  }
}

// Brute force: the nearest pixel of the image that counts and is, or is not, of class c.
double level_by_loop(const Classes& labels, int height, int width, int pixel, std::int32_t c) {
  const bool inside = labels[static_cast<std::size_t>(pixel)] == c;
  double nearest = infinity;
  for (int other = 0; other < height * width; ++other) {
    const std::int32_t label = labels[static_cast<std::size_t>(other)];
    if (label == 255 || (label == c) == inside) continue;
    const int down = pixel / width - other / width, right = pixel % width - other % width;
    nearest = std::min(nearest, std::sqrt(static_cast<double>(down * down + right * right)));
  }
  return std::isinf(nearest) ? 0 : inside ? 1 - nearest : nearest;
}

TEST(BoundaryLoss, OfEveryLabellingOfFourPixels) {
  for (const auto& [height, width] : {std::pair{2, 2}, {1, 4}, {4, 1}}) {
    for (const Classes& truth : labellings(true)) {
      for (const Classes& predicted : labellings(false)) {
        double expected = 0, counted = 0;
        for (int i = 0; i < 4; ++i) {
          if (truth[static_cast<std::size_t>(i)] == 255) continue;
          ++counted;
          expected += level_by_loop(truth, height, width, i, predicted[static_cast<std::size_t>(i)]);
        }
        const Variable logits = reshape(certain(predicted), {height, width, 3});
        const Variable loss = boundary_loss(logits, i32({height, width}, truth), {.ignore_index = 255});
        ASSERT_NEAR(numbers(loss)[0], counted > 0 ? expected / (3 * counted) : 0, 16 * 0x1p-53);
      }
    }
  }
}

// Written out: two images, the second all of one class. With p = 1/2 everywhere, phi of class 1 in the first
// is 1 0 -1, since the last pixel is 2 from class 0; phi of class 0 is 0 1 2.
TEST(BoundaryLoss, MeasuresWithinAnImage) {
  const Tensor labels = i32({2, 1, 3}, {0, 1, 1, 1, 1, 1});
  const Variable loss = boundary_loss(zeros({2, 1, 3, 2}, DType::float64), labels);
  EXPECT_DOUBLE_EQ(numbers(loss)[0], 0.5 * ((1 + 0 - 1) + (0 + 1 + 2)) / 12);
}

TEST(SigmoidCrossEntropy, IsExactAtLogitsOf1000) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const Variable x = track(f64({2, 2}, {1000, -1000, 1000, -1000}).cast(dtype));
    const Variable right = sigmoid_cross_entropy(x, i32({2}, {0, 0})),
                   wrong = sigmoid_cross_entropy(x, i32({2}, {0, 1}));
    EXPECT_EQ(numbers(right), Reals{0});
    EXPECT_EQ(numbers(grad(right, {x})[0]), (Reals{0, 0, 0, 0}));
    EXPECT_EQ(numbers(wrong), Reals{500}) << "two of four terms are 1000";
    const Variable g = grad(wrong, {x}, CreateGraph::yes)[0];
    EXPECT_EQ(numbers(g), (Reals{0, 0, 0.25, -0.25}));
    EXPECT_EQ(numbers(grad(sum(g * g), {x})[0]), Reals(4, 0));
  }
}

// At 0 two forms of log(1 + exp(z)) meet; either has the slope 1/2 and the curvature 1/4.
TEST(SigmoidCrossEntropy, HasItsSlopesAtZero) {
  const Variable x = track(zeros({1, 2}, DType::float64));
  const Variable loss = sigmoid_cross_entropy(x, i32({1}, {0}));
  EXPECT_EQ(numbers(loss), Reals{std::log(2.0)});
  const Variable g = grad(loss, {x}, CreateGraph::yes)[0];
  EXPECT_EQ(numbers(g), (Reals{-0.25, 0.25}));
  EXPECT_EQ(numbers(grad(sum(g), {x})[0]), (Reals{0.125, 0.125}));
}

// The slope vanishes where softmax(x) is the smoothed label.
TEST(SmoothedCrossEntropy, IsLeastAtTheSmoothedLabel) {
  const double right = std::log(0.7), other = std::log(0.15);  // 1 - 0.45 + 0.45 / 3
  const Variable x = track(f64({1, 3}, {other, right, other}));
  const Variable loss = softmax_cross_entropy(x, i32({1}, {1}), {.label_smoothing = 0.45});
  for (const double g : numbers(grad(loss, {x})[0])) EXPECT_NEAR(g, 0, 4 * 0x1p-53);
}

using LossOfPixels = Variable (*)(const Variable&, const Variable&);
const std::vector<std::pair<const char*, LossOfPixels>>& all_losses() {
  static const std::vector<std::pair<const char*, LossOfPixels>> all{
      {"smoothed",
       [](const Variable& x, const Variable& t) {
         return softmax_cross_entropy(x, t, {.ignore_index = 255, .label_smoothing = 0.1});
       }},
      {"sigmoid", [](const Variable& x,
                     const Variable& t) { return sigmoid_cross_entropy(x, t, {.ignore_index = 255}); }},
      {"tversky",
       [](const Variable& x, const Variable& t) { return tversky_loss(x, t, {.ignore_index = 255}); }},
      {"lovasz",
       [](const Variable& x, const Variable& t) { return lovasz_loss(x, t, {.ignore_index = 255}); }},
      {"boundary",
       [](const Variable& x, const Variable& t) { return boundary_loss(x, t, {.ignore_index = 255}); }},
  };
  return all;
}

TEST(SegmentationLosses, DoNotReadIgnoredPixels) {
  const Variable bad = track(f64({1, 4, 2}, {0.5, -0.5, nan, infinity, 1, 0.25, -infinity, nan}));
  const Variable good = track(f64({1, 4, 2}, {0.5, -0.5, 0, 0, 1, 0.25, 0, 0}));
  const Tensor labels = i32({1, 4}, {0, 255, 1, 255});
  for (const auto& [what, loss] : all_losses()) {
    const Variable a = loss(bad, labels), b = loss(good, labels);
    EXPECT_EQ(numbers(a), numbers(b)) << what;
    EXPECT_EQ(numbers(grad(a, {bad})[0]), numbers(grad(b, {good})[0])) << what;
    EXPECT_NE(numbers(b)[0], 0) << what;
  }
}

TEST(SegmentationLosses, AreZeroWhereNothingCounts) {
  const Variable x = track(random64({1, 2, 3}, 1)), none = track(zeros({0, 2, 3}, DType::float64));
  for (const auto& [what, loss] : all_losses()) {
    for (const auto& [in, labels] :
         {std::pair{x, i32({1, 2}, {255, 255})}, {none, Tensor({0, 2}, Classes{})}}) {
      const Variable y = loss(in, labels);
      EXPECT_EQ(numbers(y), Reals{0}) << what;
      const Variable g = grad(y, {in}, CreateGraph::yes)[0];
      EXPECT_EQ(numbers(g), Reals(static_cast<std::size_t>(in.value().elements()), 0.0)) << what;
    }
  }
}

// A trainer must see a NaN, and no order of numbers may stumble over it.
TEST(SegmentationLosses, KeepNaN) {
  Reals logits(60, 0.25);
  logits[7] = nan;
  for (const auto& [what, loss] : all_losses())
    EXPECT_TRUE(std::isnan(numbers(loss(f64({3, 4, 5}, logits), i32({3, 4}, twelve_labels)))[0])) << what;
}

TEST(SegmentationLosses, HaveGradientsOfOrder3) {
  const Tensor labels = i32({2, 2}, {0, 2, 255, 2});
  for (const auto& [what, loss] : all_losses()) {
    const GradReport report = check_grad(what, [&, f = loss](auto& in) { return f(in[0], labels); },
                                         {random64({2, 2, 3}, 4)}, {.order = 3});
    EXPECT_TRUE(report.passed()) << report;
  }
}

TEST(SegmentationLosses, AreOneNamedLineOfTheTape) {
  const Variable x = track(random64({1, 2, 3}, 1));
  const Tensor labels = i32({1, 2}, {0, 255});
  const auto last = [](const Variable& y) {
    const Tape tape = Tape::of(y);
    const Op& op = tape[tape.size() - 1].op;
    return text(tape.size(), ' ', op.kind, ' ', op.attributes, ' ', op.name);
  };
  EXPECT_EQ(last(softmax_cross_entropy(x, labels, {.ignore_index = 255, .label_smoothing = 0.1}, "loss")),
            "2 softmax_cross_entropy label_smoothing 0.1 ignore_index 255 loss");
  EXPECT_EQ(last(sigmoid_cross_entropy(x, labels, {.ignore_index = 255}, "loss")),
            "2 sigmoid_cross_entropy ignore_index 255 loss");
  EXPECT_EQ(last(tversky_loss(x, labels, {.ignore_index = 255}, "loss")),
            "2 tversky_loss alpha 0.3 beta 0.7 smooth 1 ignore_index 255 loss");
  EXPECT_EQ(last(lovasz_loss(x, labels, {.ignore_index = 255}, "loss")),
            "2 lovasz_loss ignore_index 255 loss");
  EXPECT_EQ(last(boundary_loss(x, labels, {.ignore_index = 255}, "loss")),
            "2 boundary_loss ignore_index 255 loss");
}

TEST(SegmentationLossErrors, Texts) {
  const Tensor logits = zeros({2, 3, 4}), labels = zeros({2, 3}, DType::int32);
  const auto tversky = [&](const TverskyOptions& options) {
    return refused<Error>([&] { tversky_loss(logits, labels, options); });
  };
  EXPECT_EQ(tversky({.alpha = -1}), "tversky_loss: alpha -1 is not 0 or more, and finite. 0.3 is usual.");
  EXPECT_EQ(tversky({.beta = infinity}),
            "tversky_loss: beta inf is not 0 or more, and finite. 0.7 is usual.");
  EXPECT_EQ(tversky({.smooth = nan}), "tversky_loss: smooth nan is not 0 or more, and finite. 1 is usual.");
  EXPECT_EQ(
      tversky({.beta = 0, .smooth = 0}),
      "tversky_loss: beta 0 and smooth 0 divide 0 by 0 where a class is true and not predicted. Give one "
      "of them above 0.");
  for (const double bad : {-0.5, 1.5, nan}) {
    EXPECT_EQ(refused<Error>([&] { softmax_cross_entropy(logits, labels, {.label_smoothing = bad}); }),
              text("softmax_cross_entropy: label_smoothing ", bad,
                   " is not in 0 to 1. 0.1 is usual, 0 is plain cross-entropy."));
  }
  EXPECT_EQ(refused<Error>([&] {
              boundary_loss(zeros({3, 4}), zeros({3}, DType::int32));
            }),
            "boundary_loss: labels [3] are no image, and distances need one. logits must be [..., height, "
            "width, classes].");
  EXPECT_EQ(refused<Error>([&] {
              sigmoid_cross_entropy(logits, zeros({2, 4}, DType::int32));
            }),
            "sigmoid_cross_entropy: labels [2, 4] do not fit. logits [2, 3, 4] need labels [2, 3].");
  EXPECT_EQ(refused<Error>([&] {
              lovasz_loss(logits, i32({2, 3}, {0, 9, 0, 0, 0, 0}));
            }),
            "lovasz_loss: label 9 at place 1 of labels [2, 3] is not in 0 to 3. Correct the labels, or set "
            "ignore_index to what must not count.");
}

}  // namespace
}  // namespace trous
