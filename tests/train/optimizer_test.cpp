// Optimizers against five steps written out for one number, and what they must never do: touch a tensor
// that somebody holds.
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <trous/autograd/grad.h>
#include <trous/layers/dense.h>
#include <trous/layers/network.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/reduce.h>
#include <trous/train/lamb.h>
#include <trous/train/lion.h>
#include <trous/train/optimizer.h>
#include <trous/train/rms_prop.h>

#include "core/thrown.h"

namespace trous {
namespace {

using Tensors = std::vector<Tensor>;

// The gradient at w of a loss that is no quadratic, so that each step sees another slope.
double slope_at(double w) { return w * w * w - 0.5 * w + 0.1; }

// Five steps from 0.8 with learning rates 0.1, 0.09, ...; `move` is the scalar recursion.
template <class Move>
void expect_five_steps(Optimizer optimizer, const Move& move) {
  double expected = 0.8;
  Tensor w = Tensor::scalar(0.8, DType::float64);
  for (int t = 1; t <= 5; ++t) {
    const double rate = 0.11 - 0.01 * t;
    const Tensor g = Tensor::scalar(slope_at(w.to_double()), DType::float64);
    w = optimizer.step({w}, {g}, rate)[0];
    expected = move(t, expected, slope_at(expected), rate);
    // A few roundings of numbers below 1 in each of five steps.
    EXPECT_NEAR(w.to_double(), expected, 50 * std::numeric_limits<double>::epsilon()) << "step " << t;
  }
  EXPECT_GT(std::abs(expected - 0.8), 0.05) << "a test that moves nothing shows nothing";
}

TEST(Optimizer, SgdFollowsTheSlope) {
  expect_five_steps(Sgd(), [](int, double w, double g, double rate) { return w - rate * g; });
}

TEST(Optimizer, SgdWithMomentumNesterovAndDecay) {
  double v = 0;
  expect_five_steps(Sgd({.momentum = 0.9}), [&](int, double w, double g, double rate) {
    v = 0.9 * v + g;
    return w - rate * v;
  });
  double u = 0;
  expect_five_steps(Sgd({.momentum = 0.9, .nesterov = true, .weight_decay = 0.2}),
                    [&](int, double w, double g, double rate) {
                      const double decayed = g + 0.2 * w;
                      u = 0.9 * u + decayed;
                      return w - rate * (decayed + 0.9 * u);
                    });
}

// Kingma and Ba, algorithm 1.
struct ScalarAdam {
  double beta1, beta2, epsilon;
  double m = 0, v = 0;
  double direction(int t, double g) {
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    return m / (1 - std::pow(beta1, t)) / (std::sqrt(v / (1 - std::pow(beta2, t))) + epsilon);
  }
};

TEST(Optimizer, Adam) {
  ScalarAdam plain{0.9, 0.999, 1e-8};
  expect_five_steps(Adam(),
                    [&](int t, double w, double g, double rate) { return w - rate * plain.direction(t, g); });
  ScalarAdam decayed{0.8, 0.9, 1e-2};
  expect_five_steps(
      Adam({.beta1 = 0.8, .beta2 = 0.9, .epsilon = 1e-2, .weight_decay = 0.3}),
      [&](int t, double w, double g, double rate) { return w - rate * decayed.direction(t, g + 0.3 * w); });
}

TEST(Optimizer, AdamWTakesItsDecayFromTheWeight) {
  ScalarAdam usual{0.9, 0.999, 1e-8};
  expect_five_steps(AdamW(), [&](int t, double w, double g, double rate) {
    return w - rate * 0.01 * w - rate * usual.direction(t, g);
  });
  // Naming one option leaves the decay at its default.
  ScalarAdam named{0.9, 0.99, 1e-8};
  expect_five_steps(AdamW({.beta2 = 0.99}), [&](int t, double w, double g, double rate) {
    return w - rate * 0.01 * w - rate * named.direction(t, g);
  });
  ScalarAdam strong{0.9, 0.999, 1e-8};
  expect_five_steps(AdamW({.weight_decay = 0.5}), [&](int t, double w, double g, double rate) {
    return w - rate * 0.5 * w - rate * strong.direction(t, g);
  });
}

// The numbers of weight and slope are powers of 2, so all is exact: no step depends on how long a slope is.
TEST(Optimizer, LionStepsByTheRateItself) {
  const Tensor w({4}, std::vector<double>{1, -2, 4, 8}), g({4}, std::vector<double>{64, -0.125, 0, 1e300});
  Lion lion({.weight_decay = 0});
  EXPECT_EQ(lion.step({w}, {g}, 0.25)[0].to_vector<double>(), (std::vector<double>{0.75, -1.75, 4, 7.75}));
  Lion decaying({.weight_decay = 0.5});
  EXPECT_EQ(decaying.step({w}, {g}, 0.25)[0].to_vector<double>(),
            (std::vector<double>{0.625, -1.5, 3.5, 6.75}));
  const Tensor nan({4}, std::vector<double>{std::nan(""), 1, 1, 1});
  EXPECT_TRUE(std::isnan(lion.step({w}, {nan}, 0.25)[0].values<double>()[0])) << "the trainer must see it";
}

// beta1 of the direction is not beta2 of the momentum: after slopes of 1 and -8, the momentum is at 1/4 and
// then at 1/4 * 3/4 - 8/4; the direction of the second step is that of 1/4 * 1/2 - 8 / 2.
TEST(Optimizer, LionKeepsAnotherShareThanItStepsBy) {
  Lion lion({.beta1 = 0.5, .beta2 = 0.75, .weight_decay = 0});
  const Tensor w = Tensor::scalar(1, DType::float64);
  lion.step({w}, {Tensor::scalar(1, DType::float64)}, 0.25);
  EXPECT_EQ(lion.state().moments[0].second[0].to_double(), 0.25);
  EXPECT_EQ(lion.step({w}, {Tensor::scalar(-8, DType::float64)}, 0.25)[0].to_double(), 1.25);
  EXPECT_EQ(lion.state().moments[0].second[0].to_double(), 0.1875 - 2);
}

// Where slopes are multiplied by a number, epsilon aside, no step of the three changes.
TEST(Optimizer, StepsDoNotDependOnTheScaleOfTheLoss) {
  const Tensor w({3}, std::vector<double>{1, -2, 4}), g({3}, std::vector<double>{0.5, 3, -0.25}),
      large({3}, std::vector<double>{512, 3072, -256});
  for (const Optimizer& fresh : {Optimizer(RmsProp({.epsilon = 1e-300, .momentum = 0.5})), Optimizer(Lion()),
                                 Optimizer(Lamb({.epsilon = 1e-300}))}) {
    Optimizer small = fresh, loud = fresh;
    Tensors a{w}, b{w};
    for (int t = 0; t < 3; ++t) {
      a = small.step(a, {g}, 0.125);
      b = loud.step(b, {large}, 0.125);
      EXPECT_TRUE(same_bits(a[0], b[0])) << fresh.description() << ", step " << t;
    }
  }
}

TEST(Optimizer, LambMovesWeightsThatBeginAtZero) {
  const Tensor zero = Tensor::zeros({2}, DType::float64), g({2}, std::vector<double>{2, -2});
  Lamb lamb({.beta1 = 0, .beta2 = 0, .epsilon = 2});
  EXPECT_EQ(lamb.step({zero}, {g}, 0.5)[0].to_vector<double>(), (std::vector<double>{-0.25, 0.25}))
      << "u is 2 / (2 + 2), and no norm divides it";
  const Tensor w({2}, std::vector<double>{3, 4});
  EXPECT_EQ(Lamb({.weight_decay = 0}).step({w}, {zero}, 0.5)[0].to_vector<double>(), w.to_vector<double>());
}

TEST(Optimizer, AZeroGradientMovesNothing) {
  const Tensor w({3}, std::vector<float>{1, -2, 3}), zero = Tensor::zeros({3}, DType::float32);
  Sgd sgd({.momentum = 0.9});
  Adam adam;
  for (int t = 0; t < 3; ++t) {
    EXPECT_TRUE(same_bits(sgd.step({w}, {zero}, 0.1)[0], w));
    EXPECT_TRUE(same_bits(adam.step({w}, {zero}, 0.1)[0], w)) << "0 / (0 + epsilon)";
  }
}

TEST(Optimizer, ReplacesValuesAndNeverWritesIntoThem) {
  Dense net{{.in_features = 2, .out_features = 1}};
  initialize(net, Key{1});
  const Variable held = net.weights.get();
  const std::vector<float> before = held.value().to_vector<float>();
  const Dense copy = net;
  const Variable x = Tensor({3, 2}, std::vector<float>{1, 2, 3, 4, 5, 6});
  for (Optimizer optimizer : {Optimizer(Sgd({.momentum = 0.9})), Optimizer(Adam()), Optimizer(AdamW()),
                              Optimizer(RmsProp()), Optimizer(Lion()), Optimizer(Lamb())}) {
    const std::vector<Variable> weights = tracked_weights(net);
    const Variable loss = sum(bind(net, weights)(x));
    step(optimizer, net, grad(loss, weights), 0.1);
    // The graph that is still held can be walked again and gives what it gave.
    EXPECT_EQ(grad(loss, weights)[0].value().to_vector<float>(), (std::vector<float>{9, 12}));
  }
  EXPECT_EQ(held.value().to_vector<float>(), before);
  EXPECT_EQ(copy.weights.get().value().to_vector<float>(), before);
  EXPECT_NE(net.weights.get().value().to_vector<float>(), before);
  EXPECT_FALSE(net.weights.get().tracked()) << "a new weight starts a new graph";
}

TEST(Optimizer, KeepsTheDTypeOfTheWeights) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const Tensor w = Tensor::ones({2}, dtype), g = Tensor::ones({2}, dtype);
    EXPECT_EQ(Sgd({.momentum = 0.5, .weight_decay = 0.1}).step({w}, {g}, 0.1)[0].dtype(), dtype);
    EXPECT_EQ(Adam().step({w}, {g}, 0.1)[0].dtype(), dtype);
    EXPECT_EQ(AdamW().step({w}, {g}, 0.1)[0].dtype(), dtype);
    EXPECT_EQ(RmsProp().step({w}, {g}, 0.1)[0].dtype(), dtype);
    EXPECT_EQ(Lion().step({w}, {g}, 0.1)[0].dtype(), dtype);
    EXPECT_EQ(Lamb().step({w}, {g}, 0.1)[0].dtype(), dtype);
  }
}

TEST(Optimizer, SaysWhichOptionIsOutOfRange) {
  EXPECT_EQ(thrown<ArgumentError>([] { Sgd({.momentum = 1}); }),
            "Sgd: momentum 1 is not in [0, 1). 0.9 is usual.");
  EXPECT_EQ(thrown<ArgumentError>([] { Sgd({.momentum = std::nan("")}); }),
            "Sgd: momentum nan is not in [0, 1). 0.9 is usual.");
  EXPECT_EQ(thrown<ArgumentError>([] { Sgd({.nesterov = true}); }),
            "Sgd: nesterov needs a momentum above 0. Set momentum, 0.9 is usual.");
  EXPECT_EQ(thrown<ArgumentError>([] { Sgd({.weight_decay = -1}); }),
            "Sgd: weight_decay -1 is below 0. Give 0 for none.");
  EXPECT_EQ(thrown<ArgumentError>([] { Adam({.beta1 = -0.1}); }),
            "Adam: beta1 -0.1 is not in [0, 1). 0.9 is usual.");
  EXPECT_EQ(thrown<ArgumentError>([] { AdamW({.beta2 = 1}); }),
            "AdamW: beta2 1 is not in [0, 1). 0.9 is usual.");
  EXPECT_EQ(thrown<ArgumentError>([] { AdamW({.epsilon = 0}); }),
            "AdamW: epsilon 0 is not above 0. 1e-8 is usual.");
  EXPECT_EQ(thrown<ArgumentError>([] { RmsProp({.alpha = 1}); }),
            "RmsProp: alpha 1 is not in [0, 1). 0.9 is usual.");
  EXPECT_EQ(thrown<ArgumentError>([] { RmsProp({.epsilon = -1}); }),
            "RmsProp: epsilon -1 is not above 0. 1e-8 is usual.");
  EXPECT_EQ(thrown<ArgumentError>([] { RmsProp({.momentum = 2}); }),
            "RmsProp: momentum 2 is not in [0, 1). 0.9 is usual.");
  EXPECT_EQ(thrown<ArgumentError>([] { RmsProp({.weight_decay = -1}); }),
            "RmsProp: weight_decay -1 is below 0. Give 0 for none.");
  EXPECT_EQ(thrown<ArgumentError>([] { Lion({.beta1 = 1}); }),
            "Lion: beta1 1 is not in [0, 1). 0.9 is usual.");
  EXPECT_EQ(thrown<ArgumentError>([] { Lion({.beta2 = -1}); }),
            "Lion: beta2 -1 is not in [0, 1). 0.9 is usual.");
  EXPECT_EQ(thrown<ArgumentError>([] { Lion({.weight_decay = -1}); }),
            "Lion: weight_decay -1 is below 0. Give 0 for none.");
  EXPECT_EQ(thrown<ArgumentError>([] { Lamb({.beta2 = 1}); }),
            "Lamb: beta2 1 is not in [0, 1). 0.9 is usual.");
  EXPECT_EQ(thrown<ArgumentError>([] { Lamb({.epsilon = 0}); }),
            "Lamb: epsilon 0 is not above 0. 1e-6 is usual.");
  EXPECT_EQ(thrown<ArgumentError>([] { Lamb({.weight_decay = -1}); }),
            "Lamb: weight_decay -1 is below 0. Give 0 for none.");
  EXPECT_EQ(thrown<ArgumentError>([] { Adam({.weight_decay = -0.5}); }),
            "Adam: weight_decay -0.5 is below 0. Give 0 for none.");
}

TEST(Optimizer, BelongsToOneNetwork) {
  const Tensor w = Tensor::ones({2}, DType::float32);
  Sgd sgd;
  EXPECT_EQ(thrown<ArgumentError>([&] {
              sgd.step({w, w}, {w}, 0.1);
            }),
            "Sgd: 2 weights and 1 gradients. Give one gradient per weight.");
  Adam adam;
  adam.step({w}, {w}, 0.1);
  EXPECT_EQ(thrown<ArgumentError>([&] {
              adam.step({w, w}, {w, w}, 0.1);
            }),
            "Adam: 2 weights, but the steps before had 1. An optimizer belongs to one network.");
}

TEST(Optimizer, ARefusedStepChangesNothing) {
  const Tensor w = Tensor::ones({2}, DType::float32), g = Tensor::full({2}, DType::float32, 0.5);
  Adam once, twice;
  const std::vector<Tensor> first = once.step({w, w}, {g, g}, 0.1);
  EXPECT_EQ(
      thrown<ArgumentError>([&] {
        twice.step({w, w}, {g, Tensor::ones({3}, DType::float32)}, 0.1);
      }),
      "Adam: weight number 1 is f32[2], its gradient f32[3]. Give gradients in the order of the weights, to "
      "the optimizer of this network.");
  const std::vector<Tensor> after = twice.step({w, w}, {g, g}, 0.1);
  EXPECT_TRUE(same_bits(first[0], after[0]));
  const Tensor wide = Tensor::ones({3}, DType::float32);
  EXPECT_EQ(
      thrown<ArgumentError>([&] {
        twice.step({w, wide}, {g, wide}, 0.1);
      }),
      "Adam: weight number 1 is f32[3], the steps before had f32[2]. Give gradients in the order of the "
      "weights, to the optimizer of this network.");
}

}  // namespace
}  // namespace trous
