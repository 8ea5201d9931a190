// What stays alive, counted buffer by buffer: a node keeps what its live rules read and nothing else, a
// walk releases what it has passed, and a training loop is flat.
#include <autograd/toy_ops.h>

#include <gtest/gtest.h>

#include <trous/autograd/node.h>
#include <trous/autograd/recording.h>

namespace trous {
namespace {

using namespace toy;

// Buffers made since `Live` was.
class Live {
 public:
  std::int64_t buffers() const { return live_storage().buffers - start_; }

 private:
  std::int64_t start_ = live_storage().buffers;
};

TEST(Kept, AValueThatNoRuleReadsDiesWithItsHandle) {
  const Live live;
  const Variable x = track(vec({1, 2}));
  Variable y = scale(x, 2);
  EXPECT_EQ(live.buffers(), 2);
  for (int i = 0; i < 5; ++i) {
    y = scale(y, 2);
    EXPECT_EQ(live.buffers(), 2) << "x and y: linear maps read nothing";
  }
}

TEST(Kept, AValueThatARuleReadsStays) {
  const Live live;
  const Variable x = track(vec({1, 2}));
  Variable y = sine(scale(x, 2));
  EXPECT_EQ(live.buffers(), 3) << "x, what sine reads, y";
  y = sine(y);
  EXPECT_EQ(live.buffers(), 4);
  y = sum(y);
  EXPECT_EQ(live.buffers(), 4) << "nobody reads what was summed";
  y = vec({0});
  EXPECT_EQ(live.buffers(), 2) << "x and the new y";
}

TEST(Kept, AnOutputThatARuleReadsStays) {
  const Live live;
  const Variable x = track(vec({1, 2}));
  Variable y = exponential(scale(x, 2));
  EXPECT_EQ(live.buffers(), 2) << "exponential reads its output and not its input";
  y = sum(y);
  EXPECT_EQ(live.buffers(), 3);
}

// The rule of a constant never runs, so what only it reads is not kept.
TEST(Kept, OnlyLiveRulesCount) {
  const Live live;
  const Variable x = track(vec({1, 2}));
  Variable y = times(scale(x, 2), Variable(vec({3, 4})));
  EXPECT_EQ(live.buffers(), 3) << "x, the constant that x's rule reads, y; not scale(x)";
  y = times(scale(x, 2), scale(x, 3));
  EXPECT_EQ(live.buffers(), 4) << "x, both factors, y";
}

TEST(Kept, ByProductsStayOnlyWhereTheyAreRead) {
  const auto with = [](Reads reads, const Variable& x) {
    return record({"toy"}, {x},
                  [](std::span<const Tensor> in) {
                    return Computed(map(in[0], [](auto v) { return v; }), {Tensor::ones({7}, DType::int32)});
                  },
                  {Rule(reads, [](const Vjp& v) { return v.grad(); })});
  };
  const Live live;
  const Variable x = track(vec({1, 2}));
  const Variable forgotten = with(Reads::nothing(), x);
  EXPECT_EQ(live.buffers(), 2);
  const Variable kept = with(Reads::the_kept(), x);
  EXPECT_EQ(live.buffers(), 4);
}

TEST(Kept, AnIntegerResultKeepsNothingSinceNoCotangentReachesIt) {
  const Live live;
  const Variable x = track(vec({1, 2}));
  const Variable index = truncated(scale(x, 2));
  EXPECT_EQ(live.buffers(), 2) << "x and the index";
}

TEST(Kept, LocallyConstantRulesReadNothing) {
  const Live live;
  const Variable x = track(vec({1, 2}));
  const Variable y = step(scale(x, 2));
  EXPECT_EQ(live.buffers(), 2);
}

TEST(Kept, AConstantResultKeepsNothing) {
  const Live live;
  const Variable x = vec({1, 2});
  const Variable y = sine(sine(x));
  EXPECT_EQ(live.buffers(), 2);
}

// x -> probe -> `links` sines -> sum; returns what is alive when the probe's rule runs, the last but one.
template <class Call>
std::int64_t alive_at_the_end_of_the_walk(int links, Call call) {
  const Live live;
  std::int64_t seen = -1;
  const Variable x = track(Tensor::ones({1000}, DType::float64));
  Variable y = watched(scale(x, 1), [&](const Vjp&) { seen = live.buffers(); });
  for (int i = 0; i < links; ++i) y = sine(y);
  y = sum(y);
  call(y, x);
  return seen;
}

TEST(Release, GradOfAMovedYReleasesNodesAsItWalks) {
  constexpr int links = 20;
  const auto keeps = [&](int n) {
    return alive_at_the_end_of_the_walk(n, [](Variable& y, const Variable& x) { (void)grad(y, {x}); });
  };
  const auto releases = [&](int n) {
    return alive_at_the_end_of_the_walk(
        n, [](Variable& y, const Variable& x) { (void)grad(std::move(y), {x}); });
  };
  // Per link one value that its sine reads, and y itself.
  EXPECT_EQ(keeps(links) - releases(links), links + 1);
  // x and the cotangent: as many however long the chain.
  EXPECT_EQ(releases(links), 2);
  EXPECT_EQ(releases(5 * links), 2);
}

TEST(Release, VjpOfAMovedYReleasesToo) {
  const auto moved = alive_at_the_end_of_the_walk(
      20, [](Variable& y, const Variable& x) { (void)vjp(std::move(y), {x}, Variable(num(1))); });
  EXPECT_EQ(moved, 3) << "x, the cotangent, and the caller's seed";
}

TEST(Release, AMovedYGivesTheSameGradient) {
  const Variable x = track(vec({1, 2}));
  const auto build = [&] { return sum(sine(square(sine(x)))); };
  const Variable y = build();
  const Variable expected = grad(y, {x})[0];
  EXPECT_TRUE(same_bits(grad(build(), {x})[0].value(), expected.value()));
  // Kept graphs need the nodes they were made from, moved or not.
  const Variable first = grad(build(), {x}, CreateGraph::yes)[0];
  EXPECT_TRUE(same_bits(first.value(), expected.value()));
  const Variable from_lvalue = grad(sum(grad(y, {x}, CreateGraph::yes)[0]), {x})[0];
  EXPECT_TRUE(same_bits(grad(sum(first), {x})[0].value(), from_lvalue.value()));
}

TEST(Release, AGraphDiesWithItsLastHandle) {
  const Live live;
  {
    const Variable x = track(vec({1, 2}));
    const Variable y = sum(sine(square(x)));
    const Variable first = grad(y, {x}, CreateGraph::yes)[0];
    const Variable second = grad(sum(first), {x}, CreateGraph::yes)[0];
    EXPECT_GT(live.buffers(), 6);
  }
  EXPECT_EQ(live.buffers(), 0);
}

TEST(Leaks, ATrainingLoopIsFlat) {
  const Live live;
  const std::int64_t bytes = live_storage().bytes;
  {
    Tensor weights = vec({0.1, -0.2, 0.3});
    const Tensor data = vec({1, 2, 3});
    std::int64_t after_first = 0;
    for (int step_number = 0; step_number < 1000; ++step_number) {
      const Variable w = track(weights);
      Variable loss = sum(square(add_same_shape(sine(times(w, data)), Variable(vec({-0.5, 0.5, 0.1})))));
      const Variable gradient = grad(std::move(loss), {w})[0];
      weights = zip(weights, gradient.value(), [](auto a, auto g) { return a - 0.01 * g; });
      if (step_number == 0) after_first = live.buffers();
      ASSERT_EQ(live.buffers(), after_first) << "step " << step_number;
    }
  }
  EXPECT_EQ(live.buffers(), 0);
  EXPECT_EQ(live_storage().bytes, bytes);
}

// pytorch#7343, #4661, #78622: a gradient kept beside its variable, with a graph of its own, led back to the
// variable and neither was ever freed. Here gradients and their graphs live beside their weights for a while.
TEST(Leaks, pytorch_7343_GradientsWithGraphsHeldBesideTheirWeightsAreFreed) {
  struct Weight {
    Variable value;
    std::vector<Variable> gradients;
  };
  const Live live;
  const std::int64_t bytes = live_storage().bytes;
  for (int step_number = 0; step_number < 100; ++step_number) {
    Weight w{track(vec({0.1, -0.2})), {}};
    const Variable y = sum(exponential(square(w.value)));
    w.gradients.push_back(grad(y, {w.value}, CreateGraph::yes)[0]);
    w.gradients.push_back(grad(sum(square(w.gradients[0])), {w.value}, CreateGraph::yes)[0]);
    ASSERT_TRUE(w.gradients[1].tracked());
    ASSERT_GT(live.buffers(), 4) << "the graphs are alive";
    w.value = track(vec({0.3, 0.4}));  // the optimizer's next weights, beside the old gradients
  }
  EXPECT_EQ(live.buffers(), 0);
  EXPECT_EQ(live_storage().bytes, bytes);
}

TEST(Leaks, SecondOrderInALoopIsFlatToo) {
  const Live live;
  for (int step_number = 0; step_number < 1000; ++step_number) {
    const Variable w = track(vec({0.1, -0.2}));
    const Variable loss = sum(exponential(square(w)));
    (void)hvp(loss, {w}, {vec({1, 0})});
    (void)jvp(square(w), {w}, {vec({1, 0})});
  }
  EXPECT_EQ(live.buffers(), 0);
}

TEST(Leaks, MovedFromVariablesMayBeAssigned) {
  Variable x = track(vec({1, 2}));
  Variable y = square(x);
  (void)vjp(std::move(y), {x}, Variable(vec({1, 1})));
  y = square(x);
  EXPECT_EQ(list(y), (std::vector<double>{1, 4}));
}

}  // namespace
}  // namespace trous
