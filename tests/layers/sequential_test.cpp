// Sequential and the layer of hidden type: values like any other, in any nesting.
#include <gtest/gtest.h>

#include <trous/layers/conv.h>
#include <trous/layers/norm.h>
#include <trous/layers/sequential.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/pointwise.h>

#include "layers/toys.h"

namespace trous {
namespace {

using Paths = std::vector<std::string>;

Conv2d conv(std::int64_t in, std::int64_t out) { return Conv2d{{.in_channels = in, .out_channels = out}}; }
Variable twice(const Variable& x) { return x * 2.0; }

TEST(Sequential, RunsLayersLambdasAndFunctionsInOrder) {
  Sequential net{conv(2, 3), [](const Variable& x) { return relu(x); }, twice, conv(3, 1)};
  initialize(net, Key{1});
  const auto all = parameters(net);
  ASSERT_EQ(parameter_paths(net), (Paths{"0.filters", "0.bias", "3.filters", "3.bias"}));
  Conv2d first = conv(2, 3), last = conv(3, 1);
  first.filters.value = all[0].part->get();
  first.bias->value = all[1].part->get();
  last.filters.value = all[2].part->get();
  last.bias->value = all[3].part->get();
  const Variable x = numbers({1, 5, 4, 2}, 1);
  EXPECT_TRUE(same(net(x), last(twice(relu(first(x))))));
}

TEST(Sequential, AFunctionMayAskForThePass) {
  const Sequential net{[](const Variable& x, Pass& pass) { return pass.is_training() ? x * 2.0 : x; }};
  const Variable x = numbers({3}, 1);
  Pass training = Pass::training(Key{1});
  EXPECT_TRUE(same(net(x, training), x * 2.0));
  EXPECT_TRUE(same(net(x), x));
}

TEST(Sequential, MayHoldSequentials) {
  const Sequential inner{conv(2, 2), twice};
  Sequential net{inner, conv(2, 3), Sequential{conv(3, 3), Sequential{conv(3, 1), twice}}};
  EXPECT_EQ(parameter_paths(net), (Paths{"0.0.filters", "0.0.bias", "1.filters", "1.bias", "2.0.filters",
                                         "2.0.bias", "2.1.0.filters", "2.1.0.bias"}));
  initialize(net, Key{1});
  EXPECT_EQ(net(numbers({1, 4, 4, 2}, 1)).shape(), (Shape{1, 4, 4, 1}));
  Sequential pair{inner, inner};
  EXPECT_EQ(pair.layers.size(), 2u);
}

TEST(Sequential, OfOneSequentialIsACopyOfIt) {
  const Sequential s{conv(2, 2), twice};
  Sequential copied(s), braced{s}, moved{Sequential(s)};
  EXPECT_EQ(copied.layers.size(), 2u);
  EXPECT_EQ(braced.layers.size(), 2u);
  EXPECT_EQ(moved.layers.size(), 2u);
  EXPECT_EQ(parameter_paths(copied), (Paths{"0.filters", "0.bias"}));
  EXPECT_EQ(parameter_paths(braced), (Paths{"0.filters", "0.bias"}));
  // One level deeper has to be asked for.
  Sequential nested(std::vector<AnyLayer>{s});
  EXPECT_EQ(parameter_paths(nested), (Paths{"0.0.filters", "0.0.bias"}));
}

TEST(Sequential, ACopyIsIndependent) {
  Sequential net{conv(2, 2), Sequential{BatchNorm{{.channels = 2}}, twice}};
  initialize(net, Key{1});
  const Sequential before = net;
  Sequential s2(net);
  for (const auto& [path, p] : parameters(s2)) p->value = numbers(p->spec.shape, 1);
  for (const auto& [path, b] : buffers(s2)) b->value = numbers(b->spec.shape, 1);
  EXPECT_TRUE(same_network(net, before));
  EXPECT_FALSE(same_network(s2, before));
  net = s2;
  EXPECT_TRUE(same_network(net, s2));
  s2.layers.clear();
  EXPECT_EQ(parameters(net).size(), 4u);
}

TEST(Sequential, KeepsTheLayersOfAVector) {
  std::vector<AnyLayer> list;
  for (int i = 0; i < 3; ++i) list.emplace_back(conv(1, 1));
  Sequential net(list);
  EXPECT_EQ(parameters(net).size(), 6u);
  EXPECT_TRUE(same(Sequential(std::vector<AnyLayer>{})(numbers({2}, 1)), numbers({2}, 1)))
      << "none: identity";
}

TEST(AnyLayer, IsAValueWhateverItHides) {
  AnyLayer a = conv(2, 2);
  initialize(a, Key{1});
  AnyLayer b = a;
  for (const auto& [path, p] : parameters(b)) p->value = numbers(p->spec.shape, 1);
  EXPECT_FALSE(same_network(a, b));
  b = a;
  EXPECT_TRUE(same_network(a, b));
  const AnyLayer& self = b;
  b = self;
  EXPECT_TRUE(same_network(a, b));
  EXPECT_EQ(parameter_paths(a), (Paths{"filters", "bias"}));
  const AnyLayer wrapped = AnyLayer(AnyLayer(a));
  EXPECT_EQ(parameter_paths(wrapped), (Paths{"filters", "bias"})) << "no second wrapping";
}

}  // namespace
}  // namespace trous
