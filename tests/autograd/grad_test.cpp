// What a gradient is: of chains, of values used twice, of interior values, of nothing at all. The numbers
// are small integers, which doubles add and multiply exactly, so results are compared for equality.
#include <autograd/toy_ops.h>

#include <gtest/gtest.h>

namespace trous {
namespace {

using namespace toy;
using List = std::vector<double>;

TEST(Grad, FollowsAChain) {
  const Variable x = track(vec({1, 2, -3}));
  const Variable y = sum(scale(square(square(x)), 3));  // 3 x^4
  EXPECT_EQ(y.value().item<double>(), 3 * (1 + 16 + 81));
  EXPECT_EQ(list(grad(y, {x})[0]), (List{12, 96, -324}));
}

TEST(Grad, OfAScalarInItselfIsOne) {
  const Variable x = track(num(5));
  EXPECT_EQ(list(grad(x, {x})[0]), List{1});
  EXPECT_EQ(list(grad(x, {x}, CreateGraph::yes)[0]), List{1});
}

TEST(Grad, AddsUpWhereAValueIsUsedTwice) {
  const Variable x = track(vec({1, 2}));
  const Variable y = sum(add_same_shape(square(x), scale(x, 10)));
  EXPECT_EQ(list(grad(y, {x})[0]), (List{12, 14}));
}

TEST(Grad, AddsUpWhereOneVariableFillsBothSlots) {
  const Variable x = track(vec({3, -4}));
  EXPECT_EQ(list(grad(sum(times(x, x)), {x})[0]), (List{6, -8}));
  EXPECT_EQ(list(grad(sum(add_same_shape(x, x)), {x})[0]), (List{2, 2}));
}

TEST(Grad, OfAnInteriorValueIsPartialThere) {
  const Variable x = track(vec({1, 2}));
  const Variable h = square(x);
  const Variable y = sum(times(h, x));
  EXPECT_EQ(list(grad(y, {h})[0]), (List{1, 2}));   // x held
  EXPECT_EQ(list(grad(y, {x})[0]), (List{3, 12}));  // through h too: 3 x^2
}

TEST(Grad, OfInteriorValueAndLeafTogether) {
  const Variable x = track(vec({1, 2}));
  const Variable h = square(x);
  const Variable y = sum(times(h, x));
  const std::vector<Variable> both = grad(y, {h, x});
  EXPECT_EQ(list(both[0]), (List{1, 2}));
  EXPECT_EQ(list(both[1]), (List{3, 12}));
}

TEST(Grad, OfSeveralXsInTheOrderAsked) {
  const Variable a = track(vec({1, 2})), b = track(vec({3, 4})), c = track(vec({5, 6}));
  const Variable y = sum(times(times(a, b), c));
  const std::vector<Variable> gradients = grad(y, {c, a, b, a});
  EXPECT_EQ(list(gradients[0]), (List{3, 8}));
  EXPECT_EQ(list(gradients[1]), (List{15, 24}));
  EXPECT_EQ(list(gradients[2]), (List{5, 12}));
  EXPECT_EQ(list(gradients[3]), (List{15, 24}));
}

TEST(Grad, OfNoXsIsEmpty) { EXPECT_TRUE(grad(track(num(1)), {}).empty()); }

TEST(Grad, MayBeAskedTwice) {
  const Variable x = track(vec({1, 2}));
  const Variable y = sum(square(x));
  EXPECT_EQ(list(grad(y, {x})[0]), list(grad(y, {x})[0]));
}

TEST(Grad, ACopyIsTheSameVariable) {
  const Variable x = track(vec({1, 2}));
  const Variable copy = x;
  EXPECT_EQ(list(grad(sum(square(x)), {copy})[0]), (List{2, 4}));
}

TEST(Detach, LetsNoGradientPass) {
  const Variable x = track(vec({3, 4}));
  EXPECT_EQ(list(grad(sum(times(x, detach(x))), {x})[0]), (List{3, 4}));
  EXPECT_FALSE(detach(x).tracked());
}

TEST(Grad, KeepsTheDtypeOfX) {
  const Variable x = track(Tensor::full({2}, DType::float32, 3));
  const Variable gradient = grad(sum(square(x)), {x})[0];
  EXPECT_EQ(gradient.dtype(), DType::float32);
  EXPECT_EQ(gradient.value().to_vector<float>(), (std::vector<float>{6, 6}));
}

TEST(Grad, OfAnEmptyBatchIsEmpty) {
  const Variable x = track(Tensor::zeros({0, 3}, DType::float64));
  const Variable gradient = grad(sum(square(x)), {x})[0];
  EXPECT_EQ(gradient.shape(), (Shape{0, 3}));
}

TEST(Zeros, WhereThereIsNoPath) {
  const Variable x = track(vec({1, 2})), other = track(Tensor::ones({2, 3}, DType::float32));
  const Variable y = sum(square(x));
  const std::vector<Variable> gradients = grad(y, {x, other});
  EXPECT_EQ(list(gradients[0]), (List{2, 4}));
  EXPECT_TRUE(same_bits(gradients[1].value(), Tensor::zeros({2, 3}, DType::float32)));
  EXPECT_FALSE(gradients[1].tracked());
}

// y is older than x: the walk must not even start.
TEST(Zeros, WhereXIsYoungerThanY) {
  const Variable x = track(vec({1, 2}));
  const Variable y = sum(square(x));
  const Variable late = track(vec({7}));
  EXPECT_EQ(list(grad(y, {late})[0]), List{0});
}

TEST(Zeros, WherePathsAreLocallyConstant) {
  const Variable x = track(vec({1, -2}));
  EXPECT_TRUE(step(x).tracked());
  EXPECT_TRUE(same_bits(grad(sum(step(x)), {x})[0].value(), Tensor::zeros({2}, DType::float64)));
  EXPECT_EQ(list(grad(sum(times(step(x), x)), {x})[0]), (List{1, 0}));
}

TEST(Zeros, OfOneSlotLeaveTheOtherSlotsGradient) {
  const Variable x = track(vec({1, -2}));
  const Variable y =
      record({"where_positive"}, {x, x},
             [](std::span<const Tensor> in) {
               return zip(in[0], in[1], [](auto a, auto b) { return a > 0 ? b : 0; });
             },
             {Rule::locally_constant(),
              Rule(Reads::input(0), [](const Vjp& v) { return times(v.grad(), step(v.input(0))); })});
  EXPECT_EQ(list(grad(sum(y), {x})[0]), (List{1, 0}));
}

TEST(Zeros, UnderKeepCanBeDifferentiatedAgain) {
  const Variable x = track(vec({1, 2}));
  for (const Variable& y : {sum(step(x)), sum(track(vec({5, 6})))}) {
    const Variable first = grad(y, {x}, CreateGraph::yes)[0];
    EXPECT_EQ(list(first), (List{0, 0}));
    ASSERT_TRUE(first.tracked());
    const Variable second = grad(sum(first), {x}, CreateGraph::yes)[0];
    EXPECT_EQ(list(second), (List{0, 0}));
    EXPECT_EQ(list(grad(sum(second), {x})[0]), (List{0, 0}));
  }
}

TEST(Integers, AreNeverTrackedButStandOnTheTape) {
  const Variable x = track(vec({1.5, 2.5}));
  const Variable index = truncated(x);
  EXPECT_FALSE(index.tracked());
  EXPECT_NE(index.node(), nullptr);
}

// The index stands on a path of nodes from x to y, but not of tracked ones.
TEST(Integers, EndThePathWithExactZeros) {
  const Variable x = track(vec({1.5, 0.5})), table = track(vec({10, 20}));
  const Variable y = sum(square(gather(table, truncated(x))));
  const std::vector<Variable> gradients = grad(y, {x, table});
  EXPECT_EQ(list(gradients[0]), (List{0, 0}));
  EXPECT_EQ(list(gradients[1]), (List{20, 40}));
}

TEST(Integers, EndThePathAlsoBeforeAnOpOfOnlyIntegers) {
  const Variable x = track(vec({1.5, 0.5}));
  const Variable index = truncated(x);
  const Variable back =
      record({"floating"}, {index, x}, [](std::span<const Tensor> in) { return in[0].cast(DType::float64); },
             {[](const Vjp& v) { return v.input(0); }, Rule::locally_constant()});
  EXPECT_TRUE(back.tracked());
  EXPECT_EQ(list(grad(sum(back), {x})[0]), (List{0, 0}));
}

TEST(Discard, GradientsArePlainValues) {
  const Variable x = track(vec({1, 2}));
  EXPECT_EQ(grad(sum(square(x)), {x})[0].node(), nullptr);
  // Also where a rule answers with a tracked Variable that it happens to hold.
  const Variable held = track(vec({7, 8}));
  const Variable y = record({"holding"}, {x}, [](std::span<const Tensor> in) { return in[0]; },
                            {[held](const Vjp&) { return held; }});
  const Variable gradient = grad(sum(y), {x})[0];
  EXPECT_EQ(list(gradient), (List{7, 8}));
  EXPECT_EQ(gradient.node(), nullptr);
}

TEST(Keep, GradientsAreFunctionsOfX) {
  const Variable x = track(vec({1, 2, -3}));
  // x^4 and its derivatives, down to the fifth: exactly 4 x^3, 12 x^2, 24 x, 24, 0.
  Variable y = square(square(x));
  for (const List& expected :
       {List{4, 32, -108}, List{12, 48, 108}, List{24, 48, -72}, List{24, 24, 24}, List{0, 0, 0}}) {
    y = grad(sum(y), {x}, CreateGraph::yes)[0];
    EXPECT_EQ(list(y), expected);
  }
}

// The derivatives of exp at 0 are 1, of every order, though its rule reads nothing but its output; those of a
// square end after two, though its rule reads nothing but its input.
TEST(Keep, WhatARuleReadsIsDifferentiatedToo) {
  const Variable x = track(vec({0}));
  Variable of_output = exponential(x), of_input = square(x);
  for (const double expected : {0, 2, 0}) {
    of_output = grad(sum(of_output), {x}, CreateGraph::yes)[0];
    EXPECT_EQ(list(of_output), List{1}) << "Vjp::output gives a constant under CreateGraph::yes";
    of_input = grad(sum(of_input), {x}, CreateGraph::yes)[0];
    EXPECT_EQ(list(of_input), List{expected}) << "Vjp::input gives a constant under CreateGraph::yes";
  }
}

TEST(Keep, AMixedThirdDerivativeIsTheSameInEveryOrder) {
  const Variable a = track(vec({2, 3})), b = track(vec({5, -7}));
  const Variable y = sum(times(square(a), square(b)));  // d3y / da da db = 4 b
  const auto third = [&](const Variable& first, const Variable& second, const Variable& last) {
    const Variable once = grad(y, {first}, CreateGraph::yes)[0];
    const Variable twice = grad(sum(once), {second}, CreateGraph::yes)[0];
    return list(grad(sum(twice), {last})[0]);
  };
  EXPECT_EQ(third(a, a, b), (List{20, -28}));
  EXPECT_EQ(third(a, b, a), (List{20, -28}));
  EXPECT_EQ(third(b, a, a), (List{20, -28}));
}

}  // namespace
}  // namespace trous
