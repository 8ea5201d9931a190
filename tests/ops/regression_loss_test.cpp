// Losses of numbers: values and slopes of PyTorch, both inputs, kinks, no elements, far out, errors.
#include <cmath>
#include <functional>
#include <ops/support.h>
#include <utility>

#include <trous/autograd/tape.h>
#include <trous/check/check_grad.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/reduce.h>
#include <trous/ops/regression_loss.h>

namespace trous {
namespace {

using Doubles = std::vector<double>;
using LossOfPair = std::function<Variable(const Variable&, const Variable&)>;

LossOfPair huber_of(double delta) {
  return [delta](const Variable& p, const Variable& t) { return huber_loss(p, t, {.delta = delta}); };
}
Variable plain_mse(const Variable& p, const Variable& t) { return mse_loss(p, t); }
Variable plain_l1(const Variable& p, const Variable& t) { return l1_loss(p, t); }

const std::vector<std::pair<const char*, LossOfPair>>& pair_losses() {
  static const std::vector<std::pair<const char*, LossOfPair>> all{
      {"mse_loss", plain_mse}, {"l1_loss", plain_l1}, {"huber_loss", huber_of(0.75)}};
  return all;
}

// Element i is ((7 i) mod 11 - 5) / 4 of the prediction, ((5 i) mod 7 - 3) / 4 of the target. Differences:
//   -1/2 0 -1/2 7/4 -1/2 -1 5/4 3/4 -3/2 3/4 1/4 -2
std::pair<Tensor, Tensor> twelve_pairs() {
  Doubles prediction, target;
  for (int i = 0; i < 12; ++i) {
    prediction.push_back((7 * i % 11 - 5) / 4.0);
    target.push_back((5 * i % 7 - 3) / 4.0);
  }
  return {f64({3, 4}, prediction), f64({3, 4}, target)};
}

struct PairReference {
  const char* name;
  LossOfPair loss;
  double value;
  Doubles slopes;  // in the prediction; those in the target are their negatives
};

// PyTorch 1.13, float64: torch.nn.functional.mse_loss, l1_loss, huber_loss.
std::vector<PairReference> pair_references() {
  constexpr double twelfth = 0.08333333333333333, twenty_fourth = 0.041666666666666664;
  return {
      {"mse_loss",
       plain_mse,
       1.1510416666666667,
       {-twelfth, 0, -twelfth, 0.29166666666666663, -twelfth, -0.16666666666666666, 0.20833333333333331,
        0.125, -0.25, 0.125, twenty_fourth, -0.3333333333333333}},
      {"l1_loss",
       plain_l1,
       0.8958333333333334,
       {-twelfth, 0, -twelfth, twelfth, -twelfth, -twelfth, twelfth, twelfth, -twelfth, twelfth, twelfth,
        -twelfth}},
      {"huber_loss, delta 1",
       huber_of(1),
       0.4973958333333333,
       {-twenty_fourth, 0, -twenty_fourth, twelfth, -twenty_fourth, -twelfth, twelfth, 0.0625, -twelfth,
        0.0625, 0.020833333333333332, -twelfth}},
      {"huber_loss, delta 0.75",
       huber_of(0.75),
       0.4322916666666667,
       {-twenty_fourth, 0, -twenty_fourth, 0.0625, -twenty_fourth, -0.0625, 0.0625, 0.0625, -0.0625, 0.0625,
        0.020833333333333332, -0.0625}},
      {"huber_loss, delta 3",
       huber_of(3),
       0.5755208333333334,
       {-twenty_fourth, 0, -twenty_fourth, 0.14583333333333331, -twenty_fourth, -twelfth, 0.10416666666666666,
        0.0625, -0.125, 0.0625, 0.020833333333333332, -0.16666666666666666}},
  };
}

// All sums are exact here. On either side two roundings remain: of 1 / 12, and of the product with it.
TEST(RegressionLosses, HaveTheValuesAndSlopesOfPyTorch) {
  const auto [prediction, target] = twelve_pairs();
  for (const PairReference& reference : pair_references()) {
    const Variable p = track(prediction), t = track(target);
    const Variable loss = reference.loss(p, t);
    EXPECT_EQ(loss.shape(), Shape{});
    EXPECT_NEAR(numbers(loss)[0], reference.value, 4 * 0x1p-53 * reference.value) << reference.name;
    const std::vector<Variable> g = grad(loss, {p, t});
    const Doubles of_p = numbers(g[0]), of_t = numbers(g[1]);
    for (std::size_t i = 0; i < of_p.size(); ++i) {
      EXPECT_NEAR(of_p[i], reference.slopes[i], 4 * 0x1p-53 * std::abs(reference.slopes[i]))
          << reference.name << ", " << i;
      EXPECT_EQ(of_t[i], -of_p[i]) << reference.name << ", " << i;
    }
  }
}

// d is exactly delta at elements 7 and 9: the second derivative there is that of the inside.
TEST(HuberLoss, BendsUpToDelta) {
  const auto [prediction, target] = twelve_pairs();
  const Variable p = track(prediction);
  const Variable slope = grad(huber_loss(p, target, {.delta = 0.75}), {p}, CreateGraph::yes)[0];
  Doubles bends = numbers(grad(sum(slope), {p})[0]);
  for (double& bend : bends) bend *= 12;
  EXPECT_EQ(bends, (Doubles{1, 1, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0}));
}

TEST(RegressionLosses, AreOfAnyRank) {
  for (const Shape& shape : {Shape{}, Shape{4}, Shape{2, 1, 2, 1, 1}}) {
    const Tensor p = Tensor::full(shape, DType::float32, 3), t = Tensor::full(shape, DType::float32, 1);
    EXPECT_EQ(numbers(mse_loss(p, t)), Doubles{4}) << shape;
    EXPECT_EQ(numbers(l1_loss(p, t)), Doubles{2}) << shape;
    EXPECT_EQ(numbers(huber_loss(p, t)), Doubles{1.5}) << shape;
  }
}

TEST(RegressionLosses, AreZeroWhereThereIsNothing) {
  const Variable p = track(zeros({0, 3}, DType::float64)), t = zeros({0, 3}, DType::float64);
  for (const auto& [name, loss] : pair_losses()) {
    const Variable y = loss(p, t);
    EXPECT_EQ(numbers(y), Doubles{0}) << name;
    EXPECT_EQ(grad(y, {p})[0].shape(), (Shape{0, 3})) << name;
  }
}

// The square of 1e200 is beyond float64; of the line nothing is squared.
TEST(HuberLoss, DoesNotOverflow) {
  const Variable p = track(f64({2}, {1e200, -1e200}));
  const Variable loss = huber_loss(p, zeros({2}, DType::float64));
  EXPECT_EQ(numbers(loss), Doubles{1e200});
  EXPECT_EQ(numbers(grad(loss, {p})[0]), (Doubles{0.5, -0.5}));
}

TEST(RegressionLosses, KeepNaN) {
  for (const auto& [name, loss] : pair_losses()) {
    EXPECT_TRUE(std::isnan(numbers(loss(f64({2}, {1, nan}), f64({2}, {1, 1})))[0])) << name;
    EXPECT_TRUE(std::isnan(numbers(loss(f64({2}, {1, 1}), f64({2}, {nan, 1})))[0])) << name;
  }
}

// One Variable in both slots: the rule of each slot is a partial derivative, and the two cancel.
TEST(RegressionLosses, OfAVariableAndItselfAreFlat) {
  const Variable x = track(random64({5}, 1));
  for (const auto& [name, loss] : pair_losses()) {
    const Variable y = loss(x, x);
    EXPECT_EQ(numbers(y), Doubles{0}) << name;
    EXPECT_EQ(numbers(grad(y, {x})[0]), Doubles(5, 0.0)) << name;
  }
}

TEST(RegressionLosses, HaveGradientsOfOrder3InBoth) {
  for (const auto& [name, loss] : pair_losses()) {
    const GradReport report = check_grad(name, [&, f = loss](auto& in) { return f(in[0], in[1]); },
                                         {random64({2, 3}, 4), random64({2, 3}, 5)}, {.order = 3});
    EXPECT_TRUE(report.passed()) << report;
  }
}

TEST(RegressionLosses, AreOneNamedLineOfTheTape) {
  const Variable x = track(random64({3}, 1));
  const auto last = [](const Variable& y) {
    const Tape tape = Tape::of(y);
    const Op& op = tape[tape.size() - 1].op;
    return text(tape.size(), ' ', op);
  };
  const Tensor t = zeros({3}, DType::float64);
  EXPECT_EQ(last(mse_loss(x, t, "loss")), "2 mse_loss \"loss\"");
  EXPECT_EQ(last(l1_loss(x, t, "loss")), "2 l1_loss \"loss\"");
  EXPECT_EQ(last(huber_loss(x, t, {.delta = 0.5}, "loss")), "2 huber_loss (delta 0.5) \"loss\"");
}

TEST(RegressionLossErrors, Texts) {
  const Tensor x = zeros({2, 3});
  for (const auto& [name, loss] : pair_losses()) {
    const auto text_of = [&, f = loss]<class E>(const Tensor& p, const Tensor& t, const E&) {
      return refused<E>([&] { f(p, t); });
    };
    EXPECT_EQ(text_of(x, zeros({3, 2}), ShapeError("")),
              text(name,
                   ": prediction [2, 3] and target [3, 2] differ. Both need one shape: reshape one, or "
                   "broadcast_to."));
    EXPECT_EQ(text_of(x, zeros({2, 3}, DType::float64), DTypeError("")),
              text(name, ": float32 and float64 do not mix. Cast one side: cast(x, DType::float32)."));
    EXPECT_EQ(text_of(zeros({2, 3}, DType::int32), x, DTypeError("")),
              text(name, ": int32 is not a floating type. Cast it: cast(x, DType::float32)."));
    EXPECT_EQ(text_of(x, zeros({2, 3}, DType::uint8), DTypeError("")),
              text(name, ": uint8 is not a floating type. Cast it: cast(x, DType::float32)."));
  }
  for (const double bad : {0.0, -1.0, infinity, nan}) {
    EXPECT_EQ(refused<ArgumentError>([&] { huber_loss(x, x, {.delta = bad}); }),
              text("huber_loss: delta ", bad, " is not above 0, and finite. 1 is usual."));
  }
}

}  // namespace
}  // namespace trous
