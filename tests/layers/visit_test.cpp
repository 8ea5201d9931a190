// One `parts` per layer names everything: nested, optional, repeated and hidden parts, const and mutable.
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include <trous/layers/conv.h>
#include <trous/layers/norm.h>
#include <trous/layers/sequential.h>

#include "core/thrown.h"
#include "layers/toys.h"

namespace trous {
namespace {

using Paths = std::vector<std::string>;

struct Leaf {
  Parameter weight{{Shape{2}}, ones()};
  Buffer seen{{Shape{1}}, zeros()};
  static void parts(auto& self, auto&& f) {
    f("weight", self.weight);
    f("seen", self.seen);
  }
};

struct Tree {
  Leaf first;
  std::optional<Parameter> gate;
  std::optional<Leaf> side;
  std::vector<Leaf> row;
  std::vector<std::optional<Leaf>> gaps;
  Sequential hidden{std::vector<AnyLayer>{}};
  static void parts(auto& self, auto&& f) {
    f("first", self.first);
    f("gate", self.gate);
    f("side", self.side);
    f("row", self.row);
    f("gaps", self.gaps);
    f("hidden", self.hidden);
  }
};

TEST(Visit, NamesNestedRepeatedAndHiddenParts) {
  Tree tree;
  tree.gate = Parameter{{Shape{1}}, ones()};
  tree.row.resize(2);
  tree.gaps = {std::nullopt, Leaf{}};
  tree.hidden = Sequential{[](const Variable& x) { return x; }, BatchNorm{{.channels = 3}},
                           Conv2d{{.in_channels = 3, .out_channels = 1, .bias = false}}};
  EXPECT_EQ(parameter_paths(tree),
            (Paths{"first.weight", "gate", "row.0.weight", "row.1.weight", "gaps.1.weight", "hidden.1.scale",
                   "hidden.1.offset", "hidden.2.filters"}));
  EXPECT_EQ(buffer_paths(tree), (Paths{"first.seen", "row.0.seen", "row.1.seen", "gaps.1.seen",
                                       "hidden.1.running_mean", "hidden.1.running_variance"}));
}

TEST(Visit, AnAbsentOptionalHasNoPath) {
  Tree tree;
  EXPECT_EQ(parameter_paths(tree), (Paths{"first.weight"}));
  tree.side = Leaf{};
  EXPECT_EQ(parameter_paths(tree), (Paths{"first.weight", "side.weight"}));
}

TEST(Visit, ALayerAloneHasTheNamesOfItsPartsAlone) {
  Conv2d conv{{.in_channels = 1, .out_channels = 1}};
  EXPECT_EQ(parameter_paths(conv), (Paths{"filters", "bias"}));
}

TEST(Visit, ConstAndMutableWalksMeetTheSameParts) {
  Tree tree;
  tree.side = Leaf{};
  tree.row.resize(2);
  tree.hidden = Sequential{BatchNorm{{.channels = 3}}};
  const auto changing = parameters(tree);
  const auto reading = parameters(std::as_const(tree));
  static_assert(std::is_same_v<decltype(changing[0].part), Parameter*>);
  static_assert(std::is_same_v<decltype(reading[0].part), const Parameter*>);
  ASSERT_EQ(changing.size(), reading.size());
  for (std::size_t i = 0; i < changing.size(); ++i) {
    EXPECT_EQ(changing[i].path, reading[i].path);
    EXPECT_EQ(changing[i].part, reading[i].part);
  }
  const auto written = buffers(tree);
  const auto read = buffers(std::as_const(tree));
  ASSERT_EQ(written.size(), read.size());
  for (std::size_t i = 0; i < written.size(); ++i) EXPECT_EQ(written[i].part, read[i].part);
}

TEST(Visit, LayersAreMetBeforeTheirParts) {
  Tree tree;
  tree.row.resize(1);
  tree.hidden = Sequential{BatchNorm{{.channels = 1}}};
  Paths seen;
  visit_parts({}, std::as_const(tree), ConstVisitor{.layer = [&](const std::string& path, const void* layer) {
                EXPECT_NE(layer, nullptr);
                seen.push_back(path);
              }});
  // What hides a layer is met before it.
  EXPECT_EQ(seen, (Paths{"", "first", "row.0", "hidden", "hidden.0", "hidden.0"}));
}

TEST(Visit, ACopyHasItsOwnWeights) {
  Tree tree;
  tree.row.resize(1);
  tree.hidden = Sequential{Conv2d{{.in_channels = 1, .out_channels = 2}}};
  initialize(tree, Key{1});
  const Tree before = tree;
  Tree copy = tree;
  ASSERT_TRUE(same_network(copy, before));
  // Cheap: no number was copied.
  EXPECT_TRUE(parameters(copy)[0].part->get().value().same_storage(
      parameters(std::as_const(tree))[0].part->get().value()));
  for (const auto& [path, parameter] : parameters(copy)) parameter->value = numbers(parameter->spec.shape, 1);
  for (const auto& [path, buffer] : buffers(copy)) buffer->value = numbers(buffer->spec.shape, 2);
  EXPECT_TRUE(same_network(tree, before));
  EXPECT_FALSE(same_network(copy, before));
}

TEST(Visit, APartWithoutAValueSaysHowToGetOne) {
  const Leaf leaf;
  EXPECT_EQ(
      thrown<Error>([&] { leaf.weight.get(); }),
      "parameter: one of shape [2] has no value yet. Call initialize(net, key) or load(net, path); if that "
      "was done, the member is missing in its layer's parts().");
  EXPECT_EQ(
      thrown<Error>([&] { leaf.weight.get("leaf.weight"); }),
      "parameter: leaf.weight of shape [2] has no value yet. Call initialize(net, key) or load(net, path).");
  EXPECT_EQ(
      thrown<Error>([&] { leaf.seen.get(); }),
      "buffer: one of shape [1] has no value yet. Call initialize(net, key) or load(net, path); if that was "
      "done, the member is missing in its layer's parts().");
  const Conv2d conv{{.in_channels = 2, .out_channels = 4}};
  EXPECT_EQ(thrown<Error>([&] {
              conv(numbers({1, 5, 5, 2}, 0));
            }),
            "parameter: one of shape [3, 3, 2, 4] has no value yet. Call initialize(net, key) or load(net, "
            "path); if that was done, the member is missing in its layer's parts().");
}

}  // namespace
}  // namespace trous
