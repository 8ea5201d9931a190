// Composites: a fused value and fused first-order rules, held to a definition that gives every other order.
// Most numbers are small integers, so fused and definition must be equal and not merely close.
#include <autograd/toy_ops.h>
#include <core/thrown.h>

#include <gtest/gtest.h>

#include <trous/autograd/composite.h>
#include <trous/autograd/recording.h>
#include <trous/autograd/tape.h>
#include <trous/check/check_grad.h>
#include <trous/core/error.h>
#include <trous/core/random.h>

namespace trous {
namespace {

using namespace toy;
using List = std::vector<double>;

template <class... Ts>
Tensor product(const Tensor& first, const Ts&... rest) {
  Tensor out = first;
  ((out = zip(out, rest, [](auto a, auto b) { return a * b; })), ...);
  return out;
}

// y = x^2 w. The fused value leaves x^2 behind, which the fused rule of w reads; `factor` is 2 in a right
// rule of x.
Variable weighted_square(const Variable& x, const Variable& w, double factor = 2, bool fused = true) {
  const Definition definition = [](const std::vector<Variable>& in) { return times(square(in[0]), in[1]); };
  if (!fused) return definition({x, w});
  return composite({"weighted_square", {{"power", std::int64_t{2}}}}, {x, w},
                   [](std::span<const Tensor> in) {
                     const Tensor squared = product(in[0], in[0]);
                     return Computed(product(squared, in[1]), {squared});
                   },
                   definition,
                   {{.fused_rule =
                         [factor](const FirstOrder& at) {
                           const Tensor slope = product(at.inputs[0], at.inputs[1], at.grad);
                           return map(slope, [factor](auto v) { return factor * v; });
                         }},
                    {.fused_rule = [](const FirstOrder& at) { return product(at.kept[0], at.grad); }}});
}

// Every derivative of sum(c f(x, w)) to order 3, along a path of slots.
std::vector<List> derivatives(bool fused, const std::vector<std::size_t>& path) {
  const std::vector<Variable> xs{track(vec({2, -3})), track(vec({5, 7}))};
  Variable y = sum(times(weighted_square(xs[0], xs[1], 2, fused), Variable(vec({1, 10}))));
  std::vector<List> found{list(y)};
  for (const std::size_t slot : path) {
    y = grad(y, {xs[slot]}, CreateGraph::yes)[0];
    found.push_back(list(y));
    y = sum(times(y, Variable(vec({3, -1}))));
  }
  return found;
}

TEST(Composite, EqualsItsDefinitionToOrderThree) {
  for (const std::size_t a : {0U, 1U}) {
    for (const std::size_t b : {0U, 1U}) {
      for (const std::size_t c : {0U, 1U})
        EXPECT_EQ(derivatives(true, {a, b, c}), derivatives(false, {a, b, c})) << "slots " << a << b << c;
    }
  }
  EXPECT_EQ(derivatives(true, {0, 0, 1})[2], (List{2 * 5 * 3, 20 * 7 * -1}));
}

TEST(Composite, PassesCheckGradToOrderThree) {
  const auto f = [](const std::vector<Variable>& in) { return sine(weighted_square(sine(in[0]), in[1])); };
  const GradReport report =
      check_grad("weighted_square", f,
                 {uniform({3}, DType::float64, Key{1}, 0.5, 1), uniform({3}, DType::float64, Key{2}, 0.5, 1)},
                 {.order = 3});
  EXPECT_TRUE(report.passed()) << report;
}

TEST(Composite, AWrongFusedRuleIsCaughtAtOrderOne) {
  const auto f = [](const std::vector<Variable>& in) { return weighted_square(in[0], in[1], 3); };
  const GradReport report = check_grad("weighted_square", f, {vec({1, 2}), vec({3, 4})});
  ASSERT_EQ(report.rows.size(), 2U);
  EXPECT_FALSE(report.rows[0].passed());
  EXPECT_TRUE(report.rows[1].passed());
}

TEST(Composite, IsOneNodeAndItsGradientAnother) {
  const Variable x = track(vec({1, 2}));
  const Variable y = weighted_square(x, Variable(vec({3, 4})));
  EXPECT_EQ(Tape::of(y).size(), 2U);
  const Variable g = grad(sum(y), {x}, CreateGraph::yes)[0];
  EXPECT_EQ(g.node()->op.kind, "weighted_square_grad");
  EXPECT_EQ(text(g.node()->op.attributes), "power 2");
  EXPECT_EQ(Tape::of(g).count("square"), 0U) << "the definition is not on the tape until order 2 asks for it";
}

// One Variable in both slots: each rule is still a partial derivative, x^3 -> 3 x^2 -> 6 x -> 6.
TEST(Composite, BothSlotsMayBeOneVariable) {
  const Variable x = track(vec({2, -3}));
  Variable y = weighted_square(x, x);
  for (const List& expected : {List{12, 27}, List{12, -18}, List{6, 6}, List{0, 0}}) {
    y = grad(sum(y), {x}, CreateGraph::yes)[0];
    EXPECT_EQ(list(y), expected);
  }
}

TEST(Composite, ASlotMayDependOnTheOther) {
  const Variable x = track(vec({2, -3}));
  Variable y = weighted_square(x, square(x));  // x^4
  for (const List& expected : {List{32, -108}, List{48, 108}, List{48, -72}}) {
    y = grad(sum(y), {x}, CreateGraph::yes)[0];
    EXPECT_EQ(list(y), expected);
  }
}

// sum of x^2 w with class weights: without a derivative, and without a fused rule for x.
Variable class_weighted(const Variable& x, const Variable& w) {
  return composite(
      {"class_weighted"}, {x, w}, [](std::span<const Tensor> in) { return product(in[0], in[0], in[1]); },
      [](const std::vector<Variable>& in) { return times(square(in[0]), in[1]); },
      {{}, {.differentiable = false}});
}

TEST(Composite, ASlotWithoutAFusedRuleTakesTheDefinition) {
  const Variable x = track(vec({2, -3}));
  Variable y = class_weighted(x, Variable(vec({5, 7})));
  for (const List& expected : {List{20, -42}, List{10, 14}, List{0, 0}}) {
    const Variable plain = grad(sum(y), {x})[0];
    EXPECT_EQ(list(plain), expected);
    EXPECT_FALSE(plain.tracked());
    y = grad(sum(y), {x}, CreateGraph::yes)[0];
    EXPECT_EQ(list(y), expected);
  }
}

TEST(Composite, ASlotMayHaveNoDerivative) {
  const Variable x = track(vec({2, -3})), w = track(vec({5, 7}));
  const Variable y = sum(class_weighted(x, w));
  EXPECT_EQ(list(grad(y, {x})[0]), (List{20, -42}));
  EXPECT_EQ(thrown<GraphError>([&] { grad(y, {w}); }),
            "class_weighted: input 1 has no derivative, but a gradient was asked through it. Detach it: "
            "detach(x).");
}

// That a slot has no derivative holds for the gradient's dependence on it too.
TEST(Composite, ASlotWithoutADerivativeHasNoneAtOrderTwo) {
  const auto fused = [](const Variable& x, const Variable& w) {
    return composite(
        {"class_weighted"}, {x, w}, [](std::span<const Tensor> in) { return product(in[0], in[0], in[1]); },
        [](const std::vector<Variable>& in) { return times(square(in[0]), in[1]); },
        {{.fused_rule =
              [](const FirstOrder& at) {
                const Tensor slope = product(at.inputs[0], at.inputs[1], at.grad);
                return map(slope, [](auto v) { return 2 * v; });
              }},
         {.differentiable = false}});
  };
  const Variable x = track(vec({2, -3})), w = track(vec({5, 7}));
  const Variable first = grad(sum(fused(x, w)), {x}, CreateGraph::yes)[0];
  EXPECT_EQ(list(grad(sum(first), {x})[0]), (List{10, 14}));
  EXPECT_EQ(thrown<GraphError>([&] { grad(sum(first), {w}); }),
            "class_weighted_grad: input 1 has no derivative, but a gradient was asked through it. Detach it: "
            "detach(x).");
  // The slot without a fused rule answers alike.
  const Variable unfused = grad(sum(class_weighted(x, w)), {x}, CreateGraph::yes)[0];
  EXPECT_EQ(list(grad(sum(unfused), {x})[0]), (List{10, 14}));
  EXPECT_EQ(
      thrown<GraphError>([&] { grad(sum(unfused), {w}); }),
      "class_weighted slot 1: input 0 has no derivative, but a gradient was asked through it. Detach it: "
      "detach(x).");
}

TEST(Composite, ADefinitionThatIgnoresASlotGivesItZeros) {
  const auto ignoring = [](const Variable& x, const Variable& w) {
    return composite(
        {"ignoring"}, {x, w}, [](std::span<const Tensor> in) { return product(in[0], in[0]); },
        [](const std::vector<Variable>& in) { return square(in[0]); }, {{}, {}});
  };
  const Variable x = track(vec({2, -3})), w = track(vec({5, 7}));
  const Variable constant = vec({1, 1});
  EXPECT_EQ(list(grad(sum(ignoring(x, w)), {w})[0]), (List{0, 0}));
  EXPECT_FALSE(grad(sum(ignoring(constant, w)), {w})[0].tracked());
  EXPECT_EQ(list(grad(sum(ignoring(constant, w)), {w}, CreateGraph::yes)[0]), (List{0, 0}));
}

// The by-products of the forward pass belong to its inputs; a replay at others must compute its own.
TEST(Composite, ReplayOfAGradientAtOtherInputsIsNotStale) {
  const Variable x = track(vec({2, -3})), w = track(vec({5, 7}));
  const std::vector<Variable> g = grad(sum(weighted_square(x, w)), {x, w}, CreateGraph::yes);
  const List at_x{4, 6}, at_w{-1, 8}, seed{3, -2};
  const std::vector<Tensor> elsewhere{vec(at_x), vec(at_w), vec(seed)};
  for (std::size_t slot = 0; slot < 2; ++slot) {
    const Tape tape = Tape::of(g[slot]);
    const std::size_t node = *tape.find(g[slot].node().get());
    ASSERT_EQ(tape[node].op.kind, "weighted_square_grad");
    const Variable tx = track(elsewhere[0]), tw = track(elsewhere[1]);
    const Variable expected = vjp(times(square(tx), tw), {slot == 0 ? tx : tw}, Variable(elsewhere[2]))[0];
    EXPECT_TRUE(same_bits(tape.replay(node, elsewhere).value, expected.value())) << "slot " << slot;
    // And at the recorded inputs it is the recorded value.
    const std::vector<Tensor> here{x.value(), w.value(), vec({1, 1})};
    EXPECT_TRUE(same_bits(tape.replay(node, here).value, g[slot].value())) << "slot " << slot;
  }
}

// What the rules of several slots share belongs to its cotangent; a replay with another must compute its own.
TEST(Composite, ReplayOfAGradientWithAnotherCotangentIsNotStale) {
  const auto rule = [](std::size_t other) {
    return CompositeSlot{[other](const FirstOrder& at) { return product(at.inputs[other], at.shared[0]); }};
  };
  const Variable a = track(vec({2, -3})), b = track(vec({5, 7}));
  const Variable y = composite(
      {"sharing"}, {a, b}, [](std::span<const Tensor> in) { return product(in[0], in[1]); },
      [](const std::vector<Variable>& in) { return times(in[0], in[1]); },
      {{rule(1), rule(0)}, [](const FirstOrder& at) { return std::vector{at.grad}; }});
  const Variable g = grad(sum(y), {a}, CreateGraph::yes)[0];
  EXPECT_EQ(list(g), (List{5, 7}));
  const Tape tape = Tape::of(g);
  const std::vector<Tensor> other_cotangent{a.value(), b.value(), vec({3, -2})};
  const Tensor again = tape.replay(*tape.find(g.node().get()), other_cotangent).value;
  EXPECT_EQ(again.to_vector<double>(), (List{15, -14}));
}

TEST(Composite, ReturnsItsByProducts) {
  const auto [y, kept] = composite_with_kept(
      {"toy"}, {vec({2, 3})},
      [](std::span<const Tensor> in) { return Computed(in[0], {product(in[0], in[0])}); },
      [](const std::vector<Variable>& in) { return in[0]; }, {{}});
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].to_vector<double>(), (List{4, 9}));
  EXPECT_FALSE(y.tracked());
}

TEST(Composite, NeedsOneSlotPerInput) {
  EXPECT_EQ(thrown<GraphError>([] {
              composite(
                  {"toy"}, {vec({2, 3})}, [](std::span<const Tensor> in) { return in[0]; },
                  [](const std::vector<Variable>& in) { return in[0]; }, {{}, {}});
            }),
            "toy: 1 inputs and 2 rules. Give one rule per input; Rule::not_differentiable() where there is "
            "none.");
}

TEST(Composite, LeavesNothingAlive) {
  const std::int64_t start = live_storage().buffers;
  for (int round = 0; round < 3; ++round) (void)derivatives(true, {0, 1, 0});
  EXPECT_EQ(live_storage().buffers, start);
}

}  // namespace
}  // namespace trous
