// The layers with filters: each is its op plus a bias, whatever the size of the image.
#include <gtest/gtest.h>

#include <trous/autograd/grad.h>
#include <trous/autograd/node.h>
#include <trous/layers/conv.h>
#include <trous/layers/dense.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/atrous_conv2d.h>
#include <trous/ops/conv2d.h>
#include <trous/ops/matmul.h>
#include <trous/ops/reshape.h>

#include "core/thrown.h"
#include "core/with_threads.h"
#include "layers/toys.h"

namespace trous {
namespace {

// Initialised, with a bias that is not zero.
template <class Layer>
Layer made(Layer layer) {
  initialize(layer, Key{1});
  if (layer.bias) layer.bias->value = numbers(layer.bias->spec.shape, 99);
  return layer;
}

TEST(ConvLayers, EachIsItsOpAndABias) {
  const Variable x = numbers({2, 6, 5, 2}, 1);
  const auto conv = made(Conv2d{{.in_channels = 2,
                                 .out_channels = 3,
                                 .kernel = {2, 3},
                                 .stride = {2, 1},
                                 .rate = {1, 2},
                                 .padding = "VALID"}});
  EXPECT_EQ(conv.filters.spec.shape, (Shape{2, 3, 2, 3}));
  EXPECT_TRUE(
      same(conv(x), conv2d(x, conv.filters.get(), {.stride = {2, 1}, .rate = {1, 2}, .padding = "VALID"}) +
                        conv.bias->get()))
      << "Conv2d";
  const auto up = made(Conv2dTranspose{{.in_channels = 2, .out_channels = 3, .kernel = 4, .stride = 2}});
  EXPECT_EQ(up.filters.spec.shape, (Shape{4, 4, 3, 2}));
  EXPECT_EQ(up(x).shape(), (Shape{2, 12, 10, 3}));
  EXPECT_TRUE(same(up(x), conv2d_transpose(x, up.filters.get(), {.stride = 2}) + up.bias->get()))
      << "Conv2dTranspose";
  const auto atrous = made(AtrousConv2d{{.in_channels = 2, .out_channels = 3, .rate = {3, 1}}});
  EXPECT_TRUE(
      same(atrous(x), atrous_conv2d(x, atrous.filters.get(), {3, 1}, Padding::same) + atrous.bias->get()))
      << "AtrousConv2d";
  const auto mirror = made(
      AtrousConv2dTranspose{{.in_channels = 2, .out_channels = 3, .rate = 2, .padding = Padding::valid}});
  EXPECT_EQ(mirror.filters.spec.shape, (Shape{3, 3, 3, 2}));
  EXPECT_TRUE(same(mirror(x),
                   atrous_conv2d_transpose(x, mirror.filters.get(), 2, Padding::valid) + mirror.bias->get()))
      << "AtrousConv2dTranspose";
}

TEST(ConvLayers, OfGroupsAreTheirOpsAndABias) {
  const Variable x = numbers({2, 6, 5, 4}, 1);
  const auto conv = made(Conv2d{{.in_channels = 4, .out_channels = 6, .groups = 2}});
  EXPECT_EQ(conv.filters.spec.shape, (Shape{3, 3, 2, 6}));
  EXPECT_TRUE(same(conv(x), conv2d(x, conv.filters.get(), {.groups = 2}) + conv.bias->get())) << "Conv2d";
  const auto up = made(Conv2dTranspose{{.in_channels = 4, .out_channels = 6, .stride = 2, .groups = 2}});
  EXPECT_EQ(up.filters.spec.shape, (Shape{3, 3, 3, 4}));
  EXPECT_TRUE(same(up(x), conv2d_transpose(x, up.filters.get(), {.stride = 2, .groups = 2}) + up.bias->get()))
      << "Conv2dTranspose";
  const auto atrous = made(AtrousConv2d{{.in_channels = 4, .out_channels = 2, .rate = 2, .groups = 2}});
  EXPECT_EQ(atrous.filters.spec.shape, (Shape{3, 3, 2, 2}));
  EXPECT_TRUE(
      same(atrous(x), atrous_conv2d(x, atrous.filters.get(), {.rate = 2, .groups = 2}) + atrous.bias->get()))
      << "AtrousConv2d";
  const auto mirror =
      made(AtrousConv2dTranspose{{.in_channels = 4, .out_channels = 2, .rate = 2, .groups = 2}});
  EXPECT_EQ(mirror.filters.spec.shape, (Shape{3, 3, 1, 4}));
  EXPECT_TRUE(same(mirror(x), atrous_conv2d_transpose(x, mirror.filters.get(), {.rate = 2, .groups = 2}) +
                                  mirror.bias->get()))
      << "AtrousConv2dTranspose";
  const SeparableConv2d separable{{.in_channels = 4, .out_channels = 6, .groups = 2}};
  EXPECT_EQ(separable.pointwise.filters.spec.shape, (Shape{1, 1, 2, 6})) << "SeparableConv2d";
  EXPECT_EQ(
      thrown<ArgumentError>([] { Conv2d{{.in_channels = 4, .out_channels = 6, .groups = 4}}; }),
      "Conv2d: in_channels 4, out_channels 6, groups 4. Groups count from 1, and both channel counts must be "
      "multiples of them.");
  EXPECT_EQ(thrown<ArgumentError>([] { AtrousConv2d{{.in_channels = 4, .out_channels = 6, .groups = 0}}; }),
            "AtrousConv2d: in_channels 4, out_channels 6, groups 0. Groups count from 1, and both channel "
            "counts must "
            "be multiples of them.");
}

TEST(ConvLayers, WithoutABiasTheyAreTheOpAlone) {
  const Variable x = numbers({1, 6, 5, 2}, 1);
  const auto conv = made(Conv2d{{.in_channels = 2, .out_channels = 3, .bias = false}});
  EXPECT_FALSE(conv.bias);
  EXPECT_TRUE(same(conv(x), conv2d(x, conv.filters.get())));
}

// tensorflow#28788, #30167: padding was cached from the first image, and the second size failed.
TEST(ConvLayers, tensorflow_28788_GeometryIsNeverCached) {
  const std::vector<Shape> sizes{{1, 9, 7, 2}, {2, 5, 12, 2}, {1, 16, 3, 2}};
  const auto check = [&](const auto& layer, const auto& op) {
    std::vector<Variable> first;
    for (const Shape& size : sizes) first.push_back(layer(numbers(size, 1)));
    for (std::size_t i = sizes.size(); i-- > 0;) {  // and in the other order
      EXPECT_TRUE(same(layer(numbers(sizes[i], 1)), first[i]));
      EXPECT_TRUE(same(op(numbers(sizes[i], 1)) + layer.bias->get(), first[i]));
    }
  };
  const auto conv = made(Conv2d{{.in_channels = 2, .out_channels = 3, .stride = 2}});
  check(conv, [&](const Variable& x) { return conv2d(x, conv.filters.get(), {.stride = 2}); });
  const auto up = made(Conv2dTranspose{{.in_channels = 2, .out_channels = 3, .stride = 2}});
  check(up, [&](const Variable& x) { return conv2d_transpose(x, up.filters.get(), {.stride = 2}); });
  const auto atrous = made(AtrousConv2d{{.in_channels = 2, .out_channels = 3, .rate = 2}});
  check(atrous, [&](const Variable& x) { return atrous_conv2d(x, atrous.filters.get(), 2, "SAME"); });
  const auto inside = made(AtrousConv2d{
      {.in_channels = 2, .out_channels = 3, .kernel = {3, 2}, .rate = 2, .padding = Padding::valid}});
  check(inside, [&](const Variable& x) { return atrous_conv2d(x, inside.filters.get(), 2, "VALID"); });
  const auto mirror = made(AtrousConv2dTranspose{{.in_channels = 2, .out_channels = 3, .rate = 2}});
  check(mirror,
        [&](const Variable& x) { return atrous_conv2d_transpose(x, mirror.filters.get(), 2, "SAME"); });
  Pass pass;
  for (const Shape& size : sizes) {
    const Variable image = numbers(size, 1),
                   half = numbers({size[0], (size[1] + 1) / 2, (size[2] + 1) / 2, 2}, 2);
    EXPECT_NO_THROW(up(half, image, pass)) << "Conv2dTranspose onto " << size;
    EXPECT_NO_THROW(mirror(image, image, pass)) << "AtrousConv2dTranspose onto " << size;
  }
}

TEST(ConvLayers, TheAtrousTransposeGoesBackOntoTheMirroredTensor) {
  const auto down = made(AtrousConv2d{
      {.in_channels = 2, .out_channels = 4, .kernel = {3, 2}, .rate = {2, 3}, .padding = Padding::valid}});
  const auto back = made(AtrousConv2dTranspose{
      {.in_channels = 4, .out_channels = 5, .kernel = {3, 2}, .rate = {2, 3}, .padding = Padding::valid}});
  Pass pass;
  for (const Shape& size : {Shape{1, 9, 7, 2}, Shape{3, 5, 12, 2}}) {
    const Variable image = numbers(size, 1), small = down(image);
    EXPECT_EQ(small.shape(), (Shape{size[0], size[1] - 4, size[2] - 3, 4}));
    EXPECT_EQ(back(small, image, pass).shape(), (Shape{size[0], size[1], size[2], 5}));
    EXPECT_TRUE(same(back(small, image, pass), back(small)));
  }
  EXPECT_EQ(thrown<ShapeError>([&] {
              back(numbers({1, 5, 4, 4}, 1), numbers({1, 10, 7, 2}, 1), pass);
            }),
            "atrous_conv2d_transpose: output_shape [1, 10, 7, 5] does not fit. value [1, 5, 4, 4], filters "
            "[3, 2, 5, 4], rate 2x3, VALID give [1, 9, 7, 5].");
}

// A stride of 2 makes 4 x 5 of 8 x 10 and of 7 x 9: only the mirrored tensor says which to go back to.
TEST(ConvLayers, AStridedTransposeGoesBackOntoTheMirroredTensor) {
  const auto up = made(Conv2dTranspose{{.in_channels = 2, .out_channels = 3, .stride = 2}});
  const Variable x = numbers({1, 4, 5, 2}, 1);
  Pass pass;
  for (const Shape& shape : {Shape{1, 8, 10, 3}, Shape{1, 7, 9, 3}, Shape{1, 7, 10, 3}}) {
    const Variable mirrored = numbers({shape[0], shape[1], shape[2], 7}, 1);
    EXPECT_TRUE(same(up(x, mirrored, pass),
                     conv2d_transpose(x, up.filters.get(), shape, {.stride = 2}) + up.bias->get()));
  }
  EXPECT_THROW(up(x, numbers({1, 9, 10, 3}, 1), pass), ShapeError);
  EXPECT_THROW(up(x, numbers({2, 8, 10, 3}, 1), pass), ShapeError);
}

struct Outer {
  AtrousConv2d inner;
  static void parts(auto& self, auto&& f) { f("inner", self.inner); }
};

TEST(ConvLayers, ATapeShowsThePathOfALayer) {
  const auto conv = made(AtrousConv2d{{.in_channels = 2, .out_channels = 3, .bias = false}});
  const Outer net{conv};
  const Outer bound = bind(net, tracked_weights(net));
  Pass pass;
  pass.name_layers(bound);
  EXPECT_EQ(bound.inner(numbers({1, 5, 5, 2}, 1), pass).node()->op.name, "inner");
  Pass silent;
  EXPECT_EQ(bound.inner(numbers({1, 5, 5, 2}, 1), silent).node()->op.name, "");
}

TEST(ConvLayers, RefuseOptionsThatMakeNoFilter) {
  EXPECT_EQ(thrown<ArgumentError>([] { Conv2d({.in_channels = 0, .out_channels = 3}); }),
            "Conv2d: in_channels 0, out_channels 3, kernel 3x3. Each must be 1 or more.");
  EXPECT_EQ(thrown<ArgumentError>([] { Conv2dTranspose({.in_channels = 2, .out_channels = -3}); }),
            "Conv2dTranspose: in_channels 2, out_channels -3, kernel 3x3. Each must be 1 or more.");
  EXPECT_EQ(thrown<ArgumentError>([] {
              AtrousConv2d({.in_channels = 2, .out_channels = 3, .kernel = {3, 0}});
            }),
            "AtrousConv2d: in_channels 2, out_channels 3, kernel 3x0. Each must be 1 or more.");
  EXPECT_EQ(thrown<ArgumentError>(
                [] { AtrousConv2dTranspose({.in_channels = 2, .out_channels = 3, .kernel = 0}); }),
            "AtrousConv2dTranspose: in_channels 2, out_channels 3, kernel 0x0. Each must be 1 or more.");
  EXPECT_EQ(thrown<ArgumentError>([] { Dense({.in_features = 0, .out_features = 2}); }),
            "Dense: in_features 0, out_features 2. Each must be 1 or more.");
}

TEST(Dense, WorksOverTheLastAxisOfAnyRank) {
  const auto dense = made(Dense{{.in_features = 3, .out_features = 4}});
  const Variable rows = numbers({30, 3}, 1);
  const Variable y = matmul(rows, dense.weights.get()) + dense.bias->get();
  EXPECT_TRUE(same(dense(rows), y));
  for (const Shape& front : {Shape{5, 6}, Shape{2, 3, 5}, Shape{1, 2, 3, 5}}) {
    std::vector<std::int64_t> in(front.begin(), front.end()), out = in;
    in.push_back(3);
    out.push_back(4);
    EXPECT_TRUE(same(dense(reshape(rows, in)), reshape(y, out)));
  }
  EXPECT_EQ(dense(Tensor::zeros({0, 7, 3}, DType::float32)).shape(), (Shape{0, 7, 4}));
  EXPECT_EQ(made(Dense{{.in_features = 3, .out_features = 4, .bias = false}}).bias, std::nullopt);
}

// pytorch#88718: a dense layer of 56 -> 444 gave one row other bits on other numbers of threads. Beside the
// thread's own, a layer with work for several threads.
TEST(Dense, pytorch_88718_OneRowHasTheBitsOfAnyNumberOfThreads) {
  for (const Shape& size : {Shape{56, 444}, Shape{1999, 2001}}) {
    const auto dense = made(Dense{{.in_features = size[0], .out_features = size[1]}});
    const Variable x = track(numbers({1, size[0]}, 1));
    const std::vector<Variable> weights = tracked_weights(dense);
    const auto on = [&](int count) {
      const WithThreads scope(count);
      const Variable y = bind(dense, weights)(x);
      std::vector<Variable> all = vjp(y, {x, weights[0], weights[1]}, numbers({1, size[1]}, 2));
      all.push_back(y);
      return all;
    };
    const std::vector<Variable> alone = on(1);
    for (const int count : {2, 3}) {
      const std::vector<Variable> together = on(count);
      for (std::size_t i = 0; i < alone.size(); ++i)
        EXPECT_TRUE(same_bits(together[i].value(), alone[i].value())) << count << " threads, " << i;
    }
  }
}

TEST(Dense, SaysWhatItNeeds) {
  const auto dense = made(Dense{{.in_features = 3, .out_features = 4}});
  EXPECT_EQ(thrown<ShapeError>([&] {
              dense(numbers({2, 4}, 1));
            }),
            "Dense: x [2, 4] does not end in 3 features. x must be [..., 3] with rank 2 or more.");
  EXPECT_EQ(thrown<ShapeError>([&] { dense(numbers({3}, 1)); }),
            "Dense: x [3] does not end in 3 features. x must be [..., 3] with rank 2 or more.");
}

TEST(Flatten, KeepsTheNumbersOfEachImageInTheirOrder) {
  const Flatten flatten;
  const Tensor x = numbers({2, 3, 4, 5}, 1);
  const Variable y = flatten(x);
  EXPECT_EQ(y.shape(), (Shape{2, 60}));
  EXPECT_EQ(y.value().to_vector<float>(), x.to_vector<float>());
  EXPECT_EQ(flatten(numbers({6, 1, 1, 7}, 1)).shape(), (Shape{6, 7}));
  EXPECT_EQ(flatten(numbers({6, 7}, 1)).shape(), (Shape{6, 7}));
  EXPECT_EQ(flatten(numbers({2, 3, 5}, 1)).shape(), (Shape{2, 15}));
  EXPECT_EQ(flatten(Tensor::zeros({0, 3, 4, 5}, DType::float32)).shape(), (Shape{0, 60}));
  EXPECT_EQ(thrown<ShapeError>([&] { flatten(numbers({3}, 1)); }),
            "Flatten: x is [3]. It must be [n, ...] with rank 2 or more.");
}

// Everything a layer can refuse it refuses when it is made, by its own name.
TEST(ConvLayers, RefuseBadOptionsWhenMade) {
  EXPECT_EQ(thrown<ArgumentError>([] {
              Conv2d({.in_channels = 1, .out_channels = 1, .stride = {1, 0}});
            }),
            "Conv2d: stride 1x0, rate 1. Each must be 1 or more.");
  EXPECT_EQ(thrown<ArgumentError>([] { AtrousConv2d({.in_channels = 1, .out_channels = 1, .rate = 0}); }),
            "AtrousConv2d: stride 1, rate 0. Each must be 1 or more.");
  EXPECT_EQ(
      thrown<ArgumentError>([] { AtrousConv2d({.in_channels = 1, .out_channels = 1, .padding = "FULL"}); }),
      "AtrousConv2d: padding \"FULL\" is neither \"SAME\" nor \"VALID\". SAME pads with zeros to keep height "
      "and "
      "width, VALID takes windows inside the image.");
  EXPECT_EQ(
      thrown<ArgumentError>([] {
        AtrousConv2dTranspose({.in_channels = 1, .out_channels = 1, .padding = ExplicitPadding{1, 1, 1, 1}});
      }),
      "AtrousConv2dTranspose: padding by counts is not for atrous layers. Give SAME or VALID, or use Conv2d "
      "with "
      "a rate.");
}

TEST(ConvLayers, AtrousTakesItsPaddingAsText) {
  AtrousConv2d layer({.in_channels = 2, .out_channels = 3, .rate = 2, .padding = "VALID"});
  initialize(layer, Key{1});
  EXPECT_EQ(layer(Tensor::zeros({1, 9, 9, 2}, DType::float32)).shape(), (Shape{1, 5, 5, 3}));
}

}  // namespace
}  // namespace trous
