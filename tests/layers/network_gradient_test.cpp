// Gradients of whole networks in their weights, against central differences in float64.
//
// The networks end every block with a ReLU, at whose kink no difference is right. So the norms' scales are
// set to 0.2 and their offsets to +1 and -1 in turn: every ReLU then lies well inside one of its two
// branches, which the tests verify, and the network is smooth around the point that is checked.
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include <trous/autograd/grad.h>
#include <trous/autograd/node.h>
#include <trous/autograd/recording.h>
#include <trous/autograd/tape.h>
#include <trous/check/check_grad.h>
#include <trous/core/map.h>
#include <trous/layers/classifier.h>
#include <trous/layers/dense.h>
#include <trous/layers/networks.h>
#include <trous/layers/sequential.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/batch_norm.h>
#include <trous/ops/depthwise_conv2d.h>
#include <trous/ops/pointwise.h>
#include <trous/ops/reduce.h>
#include <trous/ops/softmax_cross_entropy.h>

#include "layers/toys.h"

namespace trous {
namespace {

template <class Net>
Net away_from_kinks(Net net) {
  initialize(net, Key{2}, DType::float64);
  std::uint64_t which = 0;
  for (const auto& [path, p] : parameters(net)) {
    if (path.ends_with("scale")) p->value = Tensor::full(p->spec.shape, DType::float64, 0.2);
    if (path.ends_with("offset")) {
      std::vector<double> offsets;
      for (std::int64_t c = 0; c < p->spec.shape[0]; ++c) offsets.push_back(c % 3 == 1 ? -1 : 1);
      p->value = Tensor(p->spec.shape, offsets);
    }
    if (path.ends_with("bias")) p->value = numbers(p->spec.shape, ++which, DType::float64);
  }
  return net;
}

struct ReluInputs {
  double nearest;     // to the kink
  bool above, below;  // whether both branches occur
};

ReluInputs relu_inputs(const Variable& y) {
  ReluInputs result{1e300, false, false};
  for (const NodePtr& node : Tape::of(y)) {
    if (node->op.kind != "batch_norm_relu") continue;
    const auto input = [&](std::size_t i) { return Variable(*node->inputs[i].value); };
    const Tensor before = batch_norm(input(0), input(1), input(2)).value.value();
    for (const double v : before.values<double>()) {
      result.nearest = std::min(result.nearest, std::abs(v));
      (v > 0 ? result.above : result.below) = true;
    }
  }
  return result;
}

template <class Net>
void expect_right_gradients(const char* name, const Net& net, const Shape& image, double min_slope = 1e-3) {
  std::vector<Tensor> inputs;
  for (const auto& [path, p] : parameters(net)) inputs.push_back(p->get().value());
  inputs.push_back(numbers(image, 77, DType::float64));
  const auto f = [&](const std::vector<Variable>& all) {
    Pass pass = Pass::training(Key{1});
    return bind(net, std::vector<Variable>(all.begin(), all.end() - 1))(all.back(), pass);
  };
  {
    const Recording scope(Recording::everything);
    const ReluInputs at = relu_inputs(f({inputs.begin(), inputs.end()}));
    ASSERT_GT(at.nearest, 0.05);
    ASSERT_TRUE(at.above && at.below);
  }
  const GradReport report = check_grad(name, f, inputs, {.max_coordinates = 4});
  EXPECT_TRUE(report.passed()) << report.failures();
  ASSERT_EQ(report.rows.size(), inputs.size());
  // Every weight really moves the result; a derivative that is zero on both sides would prove nothing.
  for (const GradCheckRow& row : report.rows) EXPECT_GT(row.largest, min_slope) << "input " << row.input;
}

TEST(NetworkGradients, SmallDilated) {
  expect_right_gradients("SmallDilated",
                         away_from_kinks(SmallDilated({.in_channels = 1, .classes = 3, .width = 3})),
                         {2, 8, 6, 1});
}

TEST(NetworkGradients, DeepDilated) {
  expect_right_gradients("DeepDilated",
                         away_from_kinks(DeepDilated({.in_channels = 1, .classes = 3, .width = 3})),
                         {2, 12, 10, 1});
}

TEST(NetworkGradients, MirrorContext) {
  expect_right_gradients("MirrorContext",
                         away_from_kinks(MirrorContext({.in_channels = 1, .classes = 3, .width = 3})),
                         {1, 36, 35, 1});
}

TEST(NetworkGradients, SmallClassifier) {
  expect_right_gradients("SmallClassifier",
                         away_from_kinks(SmallClassifier({.in_channels = 1, .classes = 3, .width = 3})),
                         {2, 8, 6, 1}, 1e-3 / 4);  // its logits are of the mean of 2 x 2 pixels
}

Sequential smooth() {
  const auto bent = [](const Variable& x) { return tanh(x); };
  Sequential net{
      Conv2d{{.in_channels = 2, .out_channels = 3, .kernel = {2, 3}, .stride = {2, 1}}},
      BatchNorm{{.channels = 3}},
      bent,
      AtrousConv2d{{.in_channels = 3, .out_channels = 2, .rate = {1, 2}, .padding = Padding::valid}},
      bent,
      AtrousConv2dTranspose{{.in_channels = 2, .out_channels = 3, .rate = {1, 2}, .padding = Padding::valid}},
      bent,
      Conv2dTranspose{{.in_channels = 3, .out_channels = 2, .kernel = 2, .stride = {2, 1}}},
      Dropout{{.probability = 0.25}},
      Dense{{.in_features = 2, .out_features = 2}}};
  initialize(net, Key{9}, DType::float64);
  return net;
}

Variable loss_of(const Sequential& net, const std::vector<Variable>& weights) {
  Pass pass = Pass::training(Key{3});
  const Variable logits = bind(net, weights)(numbers({2, 6, 5, 2}, 8, DType::float64), pass);
  std::vector<std::int32_t> labels(60);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = i % 7 == 0 ? 255 : static_cast<int>(i % 3 != 0);
  return softmax_cross_entropy(logits, Tensor({2, 6, 5}, labels), {.ignore_index = 255});
}

TEST(NetworkGradients, OrderTwoOfEveryLayerAtOnce) {
  const Sequential net = smooth();
  std::vector<Tensor> weights;
  for (const auto& [path, p] : parameters(net)) weights.push_back(p->get().value());
  const GradReport report =
      check_grad("smooth", [&](const std::vector<Variable>& w) { return loss_of(net, w); }, weights,
                 {.order = 2, .max_coordinates = 6});
  EXPECT_TRUE(report.passed()) << report.failures();
  EXPECT_EQ(report.rows.size(), 2 * weights.size());
  std::size_t moving = 0;
  for (const GradCheckRow& row : report.rows) moving += row.largest > 1e-4;
  // One bias stands before a batch norm, which takes any constant away again: zero at both orders.
  EXPECT_EQ(moving, report.rows.size() - 2);
}

// mlpack#1661, PR#1777, PR#3007: gradients of atrous, transposed and depthwise layers that failed now and
// then, met by tolerances of 0.2 to 0.4 and by five trials. One trial for each of many seeds, all at
// check_grad's own.
TEST(NetworkGradients, mlpack_1661_HoldForEverySeed) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const auto of_layer = [&](const char* name, auto layer) {
      initialize(layer, Key{seed}, DType::float64);
      const GradReport report = check_grad(
          name,
          [&](const std::vector<Variable>& all) {
            return tanh(bind(layer, std::vector<Variable>(all.begin(), all.end() - 1))(all.back()));
          },
          {layer.filters.get().value(), numbers({3}, seed, DType::float64),
           numbers({1, 5, 4, 2}, 50 + seed, DType::float64)});
      EXPECT_TRUE(report.passed()) << "seed " << seed << ": " << report;
    };
    of_layer("AtrousConv2d", AtrousConv2d{{.in_channels = 2, .out_channels = 3, .kernel = 2, .rate = 2}});
    of_layer(
        "AtrousConv2dTranspose",
        AtrousConv2dTranspose{
            {.in_channels = 2, .out_channels = 3, .kernel = 2, .rate = {1, 2}, .padding = Padding::valid}});
    of_layer("Conv2dTranspose",
             Conv2dTranspose{{.in_channels = 2, .out_channels = 3, .kernel = {2, 3}, .stride = {2, 1}}});
    const GradReport depthwise = check_grad(
        "depthwise_conv2d",
        [](const std::vector<Variable>& in) {
          return tanh(depthwise_conv2d(in[0], in[1], {.stride = {2, 1}, .rate = {1, 2}}));
        },
        {numbers({1, 5, 4, 2}, seed, DType::float64), numbers({2, 2, 2, 2}, 50 + seed, DType::float64)});
    EXPECT_TRUE(depthwise.passed()) << "seed " << seed << ": " << depthwise;
  }
}

TEST(NetworkGradients, JvpOverWeightsIsTheDerivativeAlongThem) {
  const Sequential net = smooth();
  const std::vector<Variable> weights = tracked_weights(net);
  std::vector<Variable> tangents;
  for (std::size_t i = 0; i < weights.size(); ++i)
    tangents.emplace_back(numbers(weights[i].shape(), 100 + i, DType::float64));
  const double by_rule = jvp(loss_of(net, weights), weights, tangents).value().to_double();
  const auto at = [&](double t) {
    std::vector<Variable> moved;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      moved.emplace_back(
          zip(weights[i].value(), tangents[i].value(), [t](auto w, auto v) { return w + t * v; }));
    }
    return loss_of(net, moved).value().to_double();
  };
  // Fourth order: (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h. With h = 1e-3 its truncation is of the
  // order h^4 = 1e-12 and its round-off epsilon / h = 2e-13, times a fifth derivative below 1e4.
  const double h = 1e-3;
  const double difference = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
  ASSERT_GT(std::abs(difference), 1e-2);
  EXPECT_NEAR(by_rule, difference, 1e-8);
  // And it is the gradient along the tangents.
  const std::vector<Variable> gradients = grad(loss_of(net, weights), weights);
  double along = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) along += dot(gradients[i].value(), tangents[i].value());
  EXPECT_NEAR(along, by_rule, 1e-12 * (1 + std::abs(by_rule)));
}

}  // namespace
}  // namespace trous
