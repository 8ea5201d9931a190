// The one ambient switch: what ops leave on the tape, scope by scope and thread by thread.
#include <autograd/toy_ops.h>
#include <thread>

#include <gtest/gtest.h>

#include <trous/autograd/node.h>
#include <trous/autograd/recording.h>

namespace trous {
namespace {

using namespace toy;
using List = std::vector<double>;

TEST(Recording, NeedsATrackedInputByDefault) {
  EXPECT_EQ(Recording::mode(), Recording::needed);
  const Variable constant = vec({1, 2});
  EXPECT_EQ(square(constant).node(), nullptr);
  const Variable mixed = times(constant, track(vec({3, 4})));
  EXPECT_TRUE(mixed.tracked());
}

TEST(Recording, NothingLeavesConstants) {
  const Variable x = track(vec({1, 2}));
  const Recording evaluation(Recording::nothing);
  const Variable y = square(x);
  EXPECT_EQ(list(y), (List{1, 4}));
  EXPECT_EQ(y.node(), nullptr);
  EXPECT_TRUE(x.tracked());
}

TEST(Recording, NothingKeepsNoIntermediateAlive) {
  const StorageCount start = live_storage();
  const Variable x = track(Tensor::ones({1000}, DType::float64));
  const Recording evaluation(Recording::nothing);
  Variable y = x;
  for (int i = 0; i < 10; ++i) {
    y = sine(y);
    EXPECT_EQ(live_storage().buffers, start.buffers + 2) << "x and y alone";
  }
}

TEST(Recording, EverythingRecordsConstantsAndKeepsTheirValues) {
  const Variable constant = vec({1, 2});
  const Recording all(Recording::everything);
  const Variable y = exponential(scale(constant, 2));
  ASSERT_NE(y.node(), nullptr);
  EXPECT_FALSE(y.tracked());
  const Node& node = *y.node();
  ASSERT_TRUE(node.output && node.inputs[0].value);
  EXPECT_TRUE(node.output->same_storage(y.value()));
  EXPECT_EQ(node.inputs[0].value->to_vector<double>(), (List{2, 4}));
  ASSERT_NE(node.inputs[0].node, nullptr);
  EXPECT_EQ(node.inputs[0].node->op.kind, "scale");
}

TEST(Recording, EverythingGivesTheSameGradients) {
  const Variable x = track(vec({1, 2}));
  const Recording all(Recording::everything);
  const Variable y = sum(times(square(x), vec({5, 7})));
  const Variable first = grad(y, {x}, CreateGraph::yes)[0];
  EXPECT_EQ(list(first), (List{10, 28}));
  EXPECT_EQ(list(grad(sum(first), {x})[0]), (List{10, 14}));
}

TEST(Recording, NestedScopesRestoreTheOuterMode) {
  const Recording all(Recording::everything);
  {
    const Recording evaluation(Recording::nothing);
    EXPECT_EQ(Recording::mode(), Recording::nothing);
    {
      const Recording training(Recording::needed);
      EXPECT_EQ(Recording::mode(), Recording::needed);
    }
    EXPECT_EQ(Recording::mode(), Recording::nothing);
  }
  EXPECT_EQ(Recording::mode(), Recording::everything);
  try {
    const Recording evaluation(Recording::nothing);
    throw 1;
  } catch (int) {
  }
  EXPECT_EQ(Recording::mode(), Recording::everything);
}

TEST(Recording, IsPerThread) {
  const Recording evaluation(Recording::nothing);
  Recording::Mode other = Recording::everything;
  std::thread([&] { other = Recording::mode(); }).join();
  EXPECT_EQ(other, Recording::needed);
}

TEST(Recording, GradOfARecordedGraphWorksInAnyScope) {
  const Variable x = track(vec({1, 2}));
  const Variable y = sum(square(square(x)));
  const Recording evaluation(Recording::nothing);
  EXPECT_EQ(list(grad(y, {x})[0]), (List{4, 32}));
  // To keep the graph is asked for by name, and outweighs the scope.
  const Variable first = grad(y, {x}, CreateGraph::yes)[0];
  EXPECT_TRUE(first.tracked());
  EXPECT_EQ(Recording::mode(), Recording::nothing);
}

TEST(Recording, DiscardRecordsNoRule) {
  const Variable x = track(vec({1, 2}));
  Recording::Mode seen = Recording::everything;
  const Variable y = sum(watched(x, [&](const Vjp& v) {
    seen = Recording::mode();
    EXPECT_EQ(v.grad().node(), nullptr);
  }));
  (void)grad(y, {x});
  EXPECT_EQ(seen, Recording::nothing);
}

}  // namespace
}  // namespace trous
