// How the tape is walked: rules run only where they are needed, in one order, and cotangents are added in
// that order, since floating-point sums depend on it and runs must repeat bit for bit.
#include <autograd/toy_ops.h>

#include <gtest/gtest.h>

#include <trous/autograd/node.h>

namespace trous {
namespace {

using namespace toy;
using List = std::vector<double>;
using Log = std::vector<std::string>;

Variable logged(const Variable& x, Log& log, const std::string& label) {
  return watched(x, [&log, label](const Vjp&) { log.push_back(label); });
}

TEST(Walk, RunsRulesYoungestFirst) {
  Log log;
  const Variable x = track(num(1));
  const Variable a = logged(x, log, "a"), b = logged(x, log, "b"), c = logged(x, log, "c");
  // The consumers are combined in another order than they were made in.
  (void)grad(add_same_shape(a, add_same_shape(c, b)), {x});
  EXPECT_EQ(log, (Log{"c", "b", "a"}));
}

// 1e16 + 1 is 1e16: from the youngest, (1e16 - 1e16) + 1 is 1; an order that adds the 1 sooner gives 0.
TEST(Walk, AddsCotangentsInDescendingSerialOfTheConsumer) {
  const Variable x = track(num(1));
  const Variable a = scale(x, 1), b = scale(x, -1e16), c = scale(x, 1e16);
  for (const Variable& y :
       {add_same_shape(a, add_same_shape(c, b)), add_same_shape(add_same_shape(b, a), c)}) {
    EXPECT_EQ(list(grad(y, {x})[0]), List{1});
    EXPECT_EQ(list(grad(y, {x}, CreateGraph::yes)[0]), List{1});
  }
}

TEST(Walk, AddsWithinOneConsumerInTheOrderOfItsSlots) {
  Log log;
  const auto rule = [&log](const std::string& label) {
    return Rule(Reads::nothing(), [&log, label](const Vjp& v) {
      log.push_back(label);
      return v.grad();
    });
  };
  const Variable x = track(num(1));
  const Variable y = record({"three"}, {x, x, x}, [](std::span<const Tensor> in) { return in[0]; },
                            {rule("0"), rule("1"), rule("2")});
  EXPECT_EQ(list(grad(y, {x})[0]), List{3});
  EXPECT_EQ(log, (Log{"0", "1", "2"}));
}

struct Counts {
  int left = 0, right = 0;
};

Variable counted(const Variable& a, const Variable& b, Counts& counts) {
  return record(
      {"counted"}, {a, b},
      [](std::span<const Tensor> in) { return zip(in[0], in[1], [](auto u, auto v) { return u + v; }); },
      {Rule(Reads::nothing(),
            [&counts](const Vjp& v) {
              ++counts.left;
              return v.grad();
            }),
       Rule(Reads::nothing(), [&counts](const Vjp& v) {
         ++counts.right;
         return v.grad();
       })});
}

TEST(Walk, RunsOnlyTheRulesOnAPathToAnAskedX) {
  Counts top, side, unused;
  const Variable a = track(num(1)), b = track(num(2)), c = track(num(3));
  const Variable beside = counted(b, c, side);
  const Variable y = counted(a, beside, top);
  (void)counted(a, b, unused);  // a consumer of a that y does not depend on
  (void)grad(y, {a});
  EXPECT_EQ(top.left, 1);
  EXPECT_EQ(top.right, 0);
  EXPECT_EQ(side.left + side.right, 0);
  (void)grad(y, {c});
  EXPECT_EQ(top.left, 1);
  EXPECT_EQ(top.right, 1);
  EXPECT_EQ(side.left, 0);
  EXPECT_EQ(side.right, 1);
  EXPECT_EQ(unused.left + unused.right, 0);
}

// autodiff#332: time grew with the number of paths, not of nodes. Here are 2^20 paths through 22 nodes.
TEST(Walk, autodiff_332_RunsARuleOnceHoweverManyConsumersTheNodeHas) {
  Counts counts;
  const Variable a = track(num(1)), b = track(num(2));
  Variable y = counted(a, b, counts);
  for (int i = 0; i < 20; ++i) y = add_same_shape(y, y);  // 2^20 paths
  EXPECT_EQ(list(grad(y, {a})[0]), List{1 << 20});
  EXPECT_EQ(counts.left, 1);
  EXPECT_EQ(counts.right, 0);
}

TEST(Walk, EndsAtTheOldestX) {
  Counts older;
  const Variable leaf = track(num(1));
  const Variable h = counted(leaf, leaf, older);
  EXPECT_EQ(list(grad(square(h), {h})[0]), List{4});
  EXPECT_EQ(older.left + older.right, 0);
}

TEST(Walk, AnswersForEachXInTheOrderAsked) {
  const Variable leaf = track(num(3)), other = track(num(5));
  const Variable h = square(leaf);
  const std::vector<Variable> found = grad(square(h), {h, leaf, other, h});
  EXPECT_EQ(list(found[0]), List{18}) << "an x on the way to another";
  EXPECT_EQ(list(found[1]), List{108});
  EXPECT_EQ(list(found[2]), List{0}) << "younger than the oldest x, and not under y";
  EXPECT_EQ(list(found[3]), List{18}) << "asked twice";
}

TEST(Walk, PassesNoLocallyConstantRuleAndNoNodeBelowIt) {
  Counts below;
  const Variable x = track(vec({1, 2}));
  (void)grad(sum(step(counted(x, x, below))), {x});
  EXPECT_EQ(below.left + below.right, 0);
}

TEST(NodesUnder, AreInOrderOfCreationAndNotOlderThanAsked) {
  const Variable a = track(num(1)), b = track(num(2));
  const Variable h = times(a, b);
  const Variable stranger = times(a, a);
  const Variable y = add_same_shape(h, b);
  const auto nodes = nodes_under({y});
  ASSERT_EQ(nodes.size(), 4U);
  EXPECT_EQ(nodes[0], a.node());
  EXPECT_EQ(nodes[1], b.node());
  EXPECT_EQ(nodes[2], h.node());
  EXPECT_EQ(nodes[3], y.node());
  EXPECT_LT(h.node()->serial, stranger.node()->serial);
  const auto younger = nodes_under({y}, h.node()->serial);
  ASSERT_EQ(younger.size(), 2U);
  EXPECT_EQ(younger[0], h.node());
}

// The consumers of a node are found far from one another, and roots more than once.
TEST(NodesUnder, AreFoundOnce) {
  const Variable a = track(num(1));
  std::vector<Variable> all{a};
  for (int i = 0; i < 30; ++i) all.push_back(times(all[all.size() / 2], times(all.back(), a)));
  std::vector<Variable> roots = all;
  roots.insert(roots.end(), all.rbegin(), all.rend());
  const auto nodes = nodes_under(roots);
  ASSERT_EQ(nodes.size(), 61U);
  for (std::size_t i = 1; i < nodes.size(); ++i) EXPECT_LT(nodes[i - 1]->serial, nodes[i]->serial);
}

}  // namespace
}  // namespace trous
