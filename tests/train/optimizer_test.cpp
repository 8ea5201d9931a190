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
#include <trous/train/optimizer.h>

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
  for (Optimizer optimizer : {Optimizer(Sgd({.momentum = 0.9})), Optimizer(Adam()), Optimizer(AdamW())}) {
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
