// An optimizer's state out and in again, and a scale for each weight's rate and decay.
#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include <trous/core/random.h>
#include <trous/layers/dense.h>
#include <trous/layers/network.h>
#include <trous/train/lamb.h>
#include <trous/train/lion.h>
#include <trous/train/optimizer.h>
#include <trous/train/rms_prop.h>

#include "core/thrown.h"

namespace trous {
namespace {

using Tensors = std::vector<Tensor>;

std::vector<Optimizer> fresh_ones() {
  return {Sgd(),   Sgd({.momentum = 0.9, .nesterov = true, .weight_decay = 0.1}),
          Adam(),  Adam({.beta1 = 0.8, .weight_decay = 0.1}),
          AdamW(), RmsProp({.momentum = 0.9, .weight_decay = 0.1}),
          Lion(),  Lamb()};
}

Tensors moved(Optimizer& optimizer, const Tensors& weights, int t, std::span<const StepScale> scales = {}) {
  Tensors gradients;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const Key key = fold_in(fold_in(Key{3}, static_cast<std::uint64_t>(t)), i);
    gradients.push_back(normal(weights[i].shape(), weights[i].dtype(), key));
  }
  return optimizer.step(weights, gradients, 0.1 / (t + 1), scales);
}

Tensors first_weights() {
  return {normal({4, 3}, DType::float32, Key{1}), normal({5}, DType::float64, Key{2})};
}

void expect_same(const Tensors& a, const Tensors& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(same_bits(a[i], b[i])) << "tensor " << i;
}

TEST(OptimizerState, KStepsAndKMoreAreTwoKSteps) {
  for (std::size_t which = 0; which < fresh_ones().size(); ++which) {
    for (const int k : {0, 1, 4}) {
      Optimizer whole = fresh_ones()[which], first = whole, second = whole;
      Tensors expected = first_weights(), weights = expected;
      for (int t = 0; t < 2 * k + 1; ++t) expected = moved(whole, expected, t);
      for (int t = 0; t < k; ++t) weights = moved(first, weights, t);
      const OptimizerState state = state_of(first);
      EXPECT_EQ(state.steps, k);
      restore(second, state);
      // What goes on with the first one must not reach the state.
      moved(first, weights, 99);
      for (int t = k; t < 2 * k + 1; ++t) weights = moved(second, weights, t);
      expect_same(weights, expected);
      EXPECT_EQ(state_of(second).steps, 2 * k + 1);
    }
  }
}

TEST(OptimizerState, NamesItsMoments) {
  const auto names = [](const OptimizerState& state) {
    std::string joined;
    for (const auto& [name, tensors] : state.moments)
      joined += name + ' ' + std::to_string(tensors.size()) + ' ';
    return joined;
  };
  Optimizer sgd = Sgd({.momentum = 0.9}), adam = Adam(), adamw = AdamW(), rms = RmsProp(), lion = Lion(),
            lamb = Lamb();
  for (const Optimizer& optimizer : {sgd, adam, adamw, rms, lion, lamb}) {
    EXPECT_EQ(state_of(optimizer).steps, 0);
    EXPECT_EQ(names(state_of(optimizer)), "");
  }
  for (Optimizer* one : {&sgd, &adam, &adamw, &rms, &lion, &lamb}) moved(*one, first_weights(), 0);
  EXPECT_EQ(names(state_of(rms)), "square 2 velocity 2 ");
  EXPECT_EQ(names(state_of(lion)), "momentum 2 ");
  EXPECT_EQ(names(state_of(lamb)), "first 2 second 2 ");
  EXPECT_EQ(names(state_of(sgd)), "velocity 2 ");
  EXPECT_EQ(names(state_of(adam)), "first 2 second 2 ");
  EXPECT_EQ(names(state_of(adamw)), "first 2 second 2 ");
  EXPECT_EQ(state_of(adam).moments[1].second[1].dtype(), DType::float64);
}

// A used optimizer that restores the state of a fresh one is a fresh one.
TEST(OptimizerState, OfNoStepsStartsAnew) {
  for (const Optimizer& fresh : fresh_ones()) {
    Optimizer used = fresh, other = fresh;
    moved(used, first_weights(), 5);
    restore(used, state_of(fresh));
    expect_same(moved(used, first_weights(), 0), moved(other, first_weights(), 0));
  }
}

TEST(OptimizerState, IsJudgedBeforeAnythingChanges) {
  const Tensor a = Tensor::ones({2}, DType::float32), b = Tensor::ones({3}, DType::float32);
  Optimizer sgd = Sgd({.momentum = 0.9}), adam = Adam(), adamw = AdamW();
  const auto refused = [](Optimizer& optimizer, const OptimizerState& state) {
    Optimizer untouched = optimizer;
    const std::string message = thrown<ArgumentError>([&] { restore(optimizer, state); });
    EXPECT_EQ(state_of(optimizer).steps, state_of(untouched).steps);
    expect_same(moved(optimizer, first_weights(), 1), moved(untouched, first_weights(), 1));
    return message;
  };
  for (Optimizer* optimizer : {&sgd, &adam, &adamw}) moved(*optimizer, first_weights(), 0);
  EXPECT_EQ(refused(sgd, {-1, {}}),
            "Sgd: the state has -1 steps. A state counts from 0; this one is damaged.");
  EXPECT_EQ(refused(adam, {2, {{"velocity", {a}}}}),
            "Adam: the state after 2 steps has the moments velocity, needs first and second. Restore the "
            "optimizer that the state was taken from.");
  EXPECT_EQ(refused(sgd, {2, {{"first", {a}}, {"second", {a}}}}),
            "Sgd: the state after 2 steps has the moments first and second, needs velocity. Restore the "
            "optimizer that the state was taken from.");
  EXPECT_EQ(
      refused(adamw, {2, {{"second", {a}}, {"first", {a}}}}),
      "AdamW: the state after 2 steps has the moments second and first, needs first and second. Restore "
      "the optimizer that the state was taken from.");
  EXPECT_EQ(
      refused(sgd, {2, {}}),
      "Sgd: the state after 2 steps has the moments none, needs velocity. Restore the optimizer that the "
      "state was taken from.");
  EXPECT_EQ(
      refused(sgd, {0, {{"velocity", {a}}}}),
      "Sgd: the state after 0 steps has the moments velocity, needs none. Restore the optimizer that the "
      "state was taken from.");
  EXPECT_EQ(refused(adamw, {2, {{"first", {a, b}}, {"second", {a}}}}),
            "AdamW: the state has 2 tensors of first and 1 of second. Each needs one per weight.");
  EXPECT_EQ(refused(adam, {2, {{"first", {a, b}}, {"second", {a, a}}}}),
            "Adam: of weight number 1 the state has first f32[3] and second f32[2]. Both need the weight's "
            "shape.");
  Optimizer rms = RmsProp(), lion = Lion(), lamb = Lamb();
  EXPECT_EQ(
      refused(rms, {2, {{"velocity", {a}}}}),
      "RmsProp: the state after 2 steps has the moments velocity, needs square and velocity. Restore the "
      "optimizer that the state was taken from.");
  EXPECT_EQ(
      refused(lion, {2, {{"velocity", {a}}}}),
      "Lion: the state after 2 steps has the moments velocity, needs momentum. Restore the optimizer that "
      "the state was taken from.");
  EXPECT_EQ(refused(lamb, {2, {{"momentum", {a}}}}),
            "Lamb: the state after 2 steps has the moments momentum, needs first and second. Restore the "
            "optimizer that the state was taken from.");
  EXPECT_EQ(refused(sgd, {2, {{"velocity", {a.cast(DType::int32)}}}}),
            "Sgd: velocity of weight number 0 is int32. A moment has its weight's type, float32 or float64.");
}

// The state knows no network: the next step judges whether it is of this one.
TEST(OptimizerState, OfOtherWeightsIsFoundByTheNextStep) {
  Adam adam;
  const Tensor a = Tensor::ones({2}, DType::float32), b = Tensor::ones({3}, DType::float32);
  adam.restore({2, {{"first", {a}}, {"second", {a}}}});
  EXPECT_EQ(
      thrown<ArgumentError>([&] { adam.step({b}, {b}, 0.1); }),
      "Adam: weight number 0 is f32[3], the steps before had f32[2]. Give gradients in the order of the "
      "weights, to the optimizer of this network.");
}

TEST(StepScale, OnesChangeNoBit) {
  const std::vector<StepScale> ones(2);
  for (const Optimizer& fresh : fresh_ones()) {
    Optimizer plain = fresh, scaled = fresh;
    Tensors a = first_weights(), b = a;
    for (int t = 0; t < 3; ++t) {
      a = moved(plain, a, t);
      b = moved(scaled, b, t, ones);
    }
    expect_same(a, b);
  }
}

// Each weight moves as it would alone, in an optimizer with the scaled rate and decay.
TEST(StepScale, IsAnotherOptimizerPerWeight) {
  using Make = std::function<Optimizer(double decay)>;
  const std::vector<StepScale> scales{{0.25, 2}, {4, 0}};
  for (const Make& make : {Make([](double d) { return Sgd({.momentum = 0.5, .weight_decay = d}); }),
                           Make([](double d) { return Adam({.weight_decay = d}); }),
                           Make([](double d) { return AdamW({.weight_decay = d}); }),
                           Make([](double d) { return RmsProp({.weight_decay = d}); }),
                           Make([](double d) { return Lion({.weight_decay = d}); }),
                           Make([](double d) { return Lamb({.weight_decay = d}); })}) {
    Optimizer both = make(0.5);
    std::vector<Optimizer> alone{make(1), make(0)};
    Tensors weights = first_weights(), expected = weights;
    for (int t = 0; t < 4; ++t) {
      Tensors gradients{normal({4, 3}, DType::float32, fold_in(Key{5}, static_cast<std::uint64_t>(t))),
                        normal({5}, DType::float64, fold_in(Key{6}, static_cast<std::uint64_t>(t)))};
      weights = both.step(weights, gradients, 0.125, scales);
      for (std::size_t i = 0; i < 2; ++i) {
        const double rate = 0.125 * scales[i].learning_rate;
        expected[i] = alone[i].step({expected[i]}, {gradients[i]}, rate)[0];
      }
    }
    expect_same(weights, expected);
  }
}

TEST(StepScale, ReachesTheParametersOfANetwork) {
  Dense net{{.in_features = 2, .out_features = 1}};
  initialize(net, Key{1});
  const std::vector<float> before = net.weights.get().value().to_vector<float>();
  std::vector<Variable> gradients;
  for (const Variable& weight : tracked_weights(net))
    gradients.emplace_back(Tensor::ones(weight.shape(), weight.dtype()));
  Optimizer sgd = Sgd();
  std::vector<StepScale> scales(gradients.size());
  scales[0].learning_rate = 0;
  step(sgd, net, gradients, 0.5, scales);
  const auto targets = parameters(net);
  ASSERT_EQ(targets.size(), 2u);
  EXPECT_EQ(targets[0].part->get().value().to_vector<float>(), before) << "a rate of 0 holds a weight still";
  EXPECT_EQ(targets[1].part->get().value().to_vector<float>(), (std::vector<float>{-0.5F}));
}

TEST(StepScale, RefusesWhatIsNoScale) {
  const Tensor w = Tensor::ones({2}, DType::float32);
  Sgd sgd;
  AdamW adamw;
  const auto of_sgd = [&](const std::vector<StepScale>& scales) {
    return thrown<ArgumentError>([&] { sgd.step({w, w}, {w, w}, 0.1, scales); });
  };
  EXPECT_EQ(of_sgd({{1, 1}}), "Sgd: 2 weights and 1 scales. Give one scale per weight, or none.");
  EXPECT_EQ(of_sgd({{1, 1}, {-1, 1}}),
            "Sgd: the learning rate of weight number 1 is scaled by -1. Give 0 or more, and finite.");
  EXPECT_EQ(of_sgd({{1, std::nan("")}, {1, 1}}),
            "Sgd: the weight decay of weight number 0 is scaled by nan. Give 0 or more, and finite.");
  EXPECT_EQ(thrown<ArgumentError>([&] { adamw.step({w}, {w}, 0.1, std::vector<StepScale>(3)); }),
            "AdamW: 1 weights and 3 scales. Give one scale per weight, or none.");
  EXPECT_EQ(sgd.state().steps, 0) << "a refused step is none";
}

}  // namespace
}  // namespace trous
