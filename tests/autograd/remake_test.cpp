// Values that are made again for the rules that read them: what lives, how often they are made, and that
// every order of derivative is that of a value that was kept.
#include <autograd/toy_ops.h>

#include <gtest/gtest.h>

#include <trous/autograd/node.h>
#include <trous/autograd/recording.h>
#include <trous/autograd/tape.h>

namespace trous {
namespace {

using namespace toy;

// sin(k x), made again from x and the by-product k unless it is to be kept.
Variable remade_sine(const Variable& x, double k, int* times_made = nullptr, bool remade = true) {
  const auto value = [](const Tensor& v, double factor) {
    return map(v, [factor](double e) { return std::sin(factor * e); });
  };
  return record({"remade_sine"}, {x},
                [=](std::span<const Tensor> in) {
                  const Remake again = [=](std::span<const Tensor> inputs, std::span<const Tensor> kept) {
                    if (times_made) ++*times_made;
                    return value(inputs[0], kept[0].to_double());
                  };
                  return Computed(value(in[0], k), {num(k)}, remade ? again : nullptr);
                },
                {Rule(Reads::input(0), [k](const Vjp& v) {
                  return times(v.grad(), scale(sine(scale(v.input(0), k), 1), k));
                })});
}

Variable kept_sine(const Variable& x, double k) { return remade_sine(x, k, nullptr, false); }

TEST(Remake, NobodyKeepsTheValue) {
  const std::int64_t before = live_storage().buffers;
  const Variable x = track(vec({1, 2}));
  const Variable y = square(remade_sine(x, 3));
  EXPECT_EQ(live_storage().buffers - before, 3) << "x, the by-product and y";
}

TEST(Remake, AWalkMakesItOnceForEachConsumer) {
  int made = 0;
  const Variable x = track(vec({1, 2}));
  const Variable s = remade_sine(x, 3, &made);
  const Variable y = sum(times(s, s));
  EXPECT_EQ(made, 0);
  grad(y, {x});
  EXPECT_EQ(made, 1) << "both rules of times read it";
  grad(y, {x});
  EXPECT_EQ(made, 2) << "a walk leaves nothing behind";
  const Variable z = add_same_shape(sum(square(s)), sum(square(s)));
  grad(z, {x});
  EXPECT_EQ(made, 4);
}

TEST(Remake, EveryOrderIsThatOfAValueThatWasKept) {
  const auto derivatives = [](auto op) {
    const Variable x = track(vec({0.3, -1.2, 2}));
    Variable y = sum(times(op(x, 3), square(op(x, 2))));
    std::vector<std::vector<double>> all;
    for (int order = 1; order <= 3; ++order) {
      const Variable g = grad(y, {x}, CreateGraph::yes)[0];
      all.push_back(list(g));
      y = sum(g);
    }
    return all;
  };
  const auto remade = derivatives([](const Variable& x, double k) { return remade_sine(x, k); });
  EXPECT_EQ(remade, derivatives(kept_sine));
  for (const auto& order : remade) EXPECT_NE(order[0], 0);
}

// The inner value stays, so that a chain of remakes is no recursion.
TEST(Remake, NeedsNoOther) {
  int made = 0;
  const Variable x = track(vec({1, 2}));
  Variable y = x;
  for (int i = 0; i < 4; ++i) y = remade_sine(y, 1, &made);
  const std::vector<double> last = list(y);
  y = sum(square(y));
  const std::vector<double> gradient = list(grad(y, {x})[0]);
  EXPECT_EQ(made, 1) << "for square";
  Variable z = x;
  for (int i = 0; i < 4; ++i) z = kept_sine(z, 1);
  EXPECT_EQ(last, list(z));
  EXPECT_EQ(gradient, list(grad(sum(square(z)), {x})[0]));
}

TEST(Remake, WhereEverythingIsRecordedValuesAreAtHand) {
  const Recording scope(Recording::everything);
  int made = 0;
  const Variable x = track(vec({1, 2}));
  const Variable y = sum(square(remade_sine(x, 3, &made)));
  for (const NodePtr& node : Tape::of(y)) {
    for (const Node::Input& input : node->inputs) EXPECT_TRUE(input.value);
  }
  grad(y, {x});
  EXPECT_EQ(made, 0);
}

TEST(Remake, AConstantKeepsNothing) {
  const std::int64_t before = live_storage().buffers;
  const Variable y = remade_sine(vec({1, 2}), 3);
  EXPECT_EQ(live_storage().buffers - before, 1);
  const Variable x = track(vec({1, 2}));
  EXPECT_EQ(list(grad(sum(times(x, y)), {x})[0]), list(y));
}

}  // namespace
}  // namespace trous
