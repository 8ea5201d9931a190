// What the middle pixel sees, against loops over the taps of chains of convolutions.
#include <set>

#include <gtest/gtest.h>

#include <trous/layers/conv.h>
#include <trous/layers/coverage.h>
#include <trous/layers/networks.h>
#include <trous/layers/norm.h>
#include <trous/layers/resample.h>
#include <trous/layers/summary.h>
#include <trous/ops/pointwise.h>

#include "core/thrown.h"
#include "layers/toys.h"

namespace trous {
namespace {

Sequential atrous_chain(const std::vector<std::int64_t>& rates, PerAxis kernel = 3) {
  std::vector<AnyLayer> layers;
  for (const std::int64_t rate : rates) {
    layers.emplace_back(AtrousConv2d{{.in_channels = 2, .out_channels = 2, .kernel = kernel, .rate = rate}});
    layers.emplace_back(BatchNorm{{.channels = 2}});
    layers.emplace_back([](const Variable& x) { return relu(x); });
  }
  return Sequential(layers);
}

// The offsets that sums of one tap of every layer reach.
std::set<std::int64_t> offsets(const std::vector<std::int64_t>& rates, std::int64_t taps) {
  std::set<std::int64_t> reached{0};
  for (const std::int64_t rate : rates) {
    std::set<std::int64_t> next;
    for (const std::int64_t offset : reached) {
      for (std::int64_t p = 0; p < taps; ++p) next.insert(offset + (p - taps / 2) * rate);
    }
    reached = next;
  }
  return reached;
}

TEST(Coverage, OfDilatedChainsIsWhatTheirTapsReach) {
  for (const auto& rates : std::vector<std::vector<std::int64_t>>{
           {1}, {2, 2, 2}, {1, 2, 5}, {4, 2}, {3, 3, 1}, {2, 4, 8}, {1, 2, 4, 8}, {5, 3}}) {
    SCOPED_TRACE(text("rates ", Attributes{{"", rates}}));
    const std::set<std::int64_t> rows = offsets(rates, 3), columns = offsets(rates, 5);
    const Coverage seen = coverage(atrous_chain(rates, {3, 5}), {1, 41, 81, 2});
    EXPECT_EQ(seen.row, 20);
    EXPECT_EQ(seen.column, 40);
    const auto map = seen.map.values<std::uint8_t>();
    for (std::int64_t i = 0; i < 41; ++i) {
      for (std::int64_t j = 0; j < 81; ++j) {
        ASSERT_EQ(map[static_cast<std::size_t>(i * 81 + j)], rows.count(i - 20) * columns.count(j - 40))
            << i << ' ' << j;
      }
    }
    EXPECT_EQ(seen.top, 20 + *rows.begin());
    EXPECT_EQ(seen.left, 40 + *columns.begin());
    EXPECT_EQ(seen.height, *rows.rbegin() - *rows.begin() + 1);
    EXPECT_EQ(seen.width, *columns.rbegin() - *columns.begin() + 1);
    EXPECT_DOUBLE_EQ(seen.share, static_cast<double>(rows.size() * columns.size()) /
                                     static_cast<double>(seen.height * seen.width));
  }
}

// Equal rates leave a grid: 7 of 13 rows and of 13 columns. Rates without a common factor leave no hole.
TEST(Coverage, ShowsTheGridOfEqualRates) {
  const Coverage grid = coverage(atrous_chain({2, 2, 2}), {1, 33, 33, 2});
  EXPECT_EQ(grid.height, 13);
  EXPECT_EQ(grid.width, 13);
  EXPECT_DOUBLE_EQ(grid.share, 49.0 / 169.0);
  const Coverage full = coverage(atrous_chain({1, 2, 5}), {1, 33, 33, 2});
  EXPECT_EQ(full.height, 17);
  EXPECT_EQ(full.share, 1.0);
  EXPECT_EQ(text(coverage(atrous_chain({2}), {1, 9, 9, 2})),
            "#.#.#\n"
            ".....\n"
            "#.#.#\n"
            ".....\n"
            "#.#.#\n");
}

TEST(Coverage, BoxIsTheReceptiveFieldWhereTheImageIsLargeEnough) {
  for (const bool mirror : {false, true}) {
    const SegmentationOptions options{.in_channels = 1, .classes = 2, .width = 2};
    AnyLayer net = mirror ? AnyLayer(MirrorContext(options)) : AnyLayer(SmallDilated(options));
    initialize(net, Key{1});
    const Summary summary = summarize(net, {1, 128, 144, 1});
    const Coverage seen = coverage(net, {1, 128, 144, 1});
    EXPECT_EQ((ReceptiveField{seen.height, seen.width}), summary.receptive_field);
    EXPECT_EQ(summary.receptive_field, summary.layers.back().receptive_field);
    EXPECT_EQ(seen.share, 1.0);
  }
}

TEST(Coverage, IsClippedToTheImage) {
  const Coverage seen = coverage(SmallDilated({.in_channels = 1, .width = 1}), {1, 32, 40, 1});
  EXPECT_EQ(seen.height, 32);
  EXPECT_EQ(seen.width, 40);
}

TEST(Coverage, OfMaximumPoolsIsTheirWindows) {
  const Coverage seen = coverage(Sequential{MaxPool2d(), MaxPool2d({.window = {2, 3}})}, {2, 24, 24, 2});
  EXPECT_EQ(seen.height, 4);
  EXPECT_EQ(seen.width, 6);
  EXPECT_EQ(seen.share, 1.0);
}

// A strided filter of one tap sees one pixel of four.
TEST(Coverage, FollowsStrides) {
  const Sequential net{Conv2d{{.in_channels = 1, .out_channels = 1, .kernel = 1, .stride = 2}},
                       Conv2d{{.in_channels = 1, .out_channels = 1}}};
  EXPECT_EQ(text(coverage(net, {1, 16, 16, 1})), text(coverage(atrous_chain({2}), {1, 9, 9, 2})));
}

// Whatever the weights, the image is positive, so no ReLU closes.
TEST(Coverage, MeetsNoClosedRelu) {
  const Sequential net{[](const Variable& x) { return relu(x); }, AveragePool2d({.window = 5, .stride = 1})};
  EXPECT_EQ(coverage(net, {1, 9, 9, 1}).share, 1.0);
}

TEST(Coverage, NeedsNoValuesAndLeavesThemAlone) {
  AnyLayer net = atrous_chain({2, 2});
  const Coverage before = coverage(net, {1, 17, 17, 2});
  initialize(net, Key{1});
  const AnyLayer copy = net;
  EXPECT_TRUE(same(coverage(net, {1, 17, 17, 2}).map, before.map));
  EXPECT_TRUE(same_network(net, copy));
}

TEST(Coverage, OfAConstantIsNothing) {
  const Coverage seen =
      coverage([](const Variable& x) { return Variable(Tensor::zeros(x.shape(), x.dtype())); }, {1, 2, 2, 1});
  EXPECT_EQ(seen.height, 0);
  EXPECT_EQ(seen.share, 0);
  EXPECT_EQ(text(seen), "");
}

TEST(Coverage, HasAPicture) {
  const Coverage seen = coverage(atrous_chain({2}), {1, 7, 5, 2});
  const Tensor picture = coverage_picture(seen);
  EXPECT_EQ(picture.shape(), (Shape{7, 5, 1}));
  EXPECT_EQ(picture.to_vector<std::uint8_t>(), (std::vector<std::uint8_t>{0,   0,  0,   0,  0,    //
                                                                          255, 96, 255, 96, 255,  //
                                                                          96,  96, 96,  96, 96,   //
                                                                          255, 96, 255, 96, 255,  //
                                                                          96,  96, 96,  96, 96,   //
                                                                          255, 96, 255, 96, 255,  //
                                                                          0,   0,  0,   0,  0}));
}

TEST(Coverage, IsOfImages) {
  EXPECT_EQ(thrown<ShapeError>([] {
              coverage(atrous_chain({2}), {7, 5, 2});
            }),
            "coverage: input [7, 5, 2] is no batch of images. It must be [batch, height, width, channels].");
  EXPECT_EQ(thrown<ShapeError>([] {
              coverage(
                  [](const Variable&) {
                    return Variable(Tensor::zeros({1, 3}, DType::float64));
                  },
                  {1, 5, 5, 2});
            }),
            "coverage: the network's output [1, 3] is no batch of images. It must be [batch, height, width, "
            "channels].");
}

}  // namespace
}  // namespace trous
