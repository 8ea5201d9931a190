// A convolution of a program's own, recorded with `record`: where it says how it maps pixels, its field and
// its cost are those of the op that it is; where it says nothing, neither is known, and the tables state so.
#include <gtest/gtest.h>

#include <trous/autograd/record.h>
#include <trous/autograd/recording.h>
#include <trous/layers/summary.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/conv2d.h>
#include <trous/ops/join.h>
#include <trous/ops/pointwise.h>

#include "core/thrown.h"
#include "layers/toys.h"

namespace trous {
namespace {

constexpr std::int64_t own_rate = 2;

Variable own_conv(const Variable& x, const Variable& w, Pixels pixels) {
  return record({.kind = "own_conv", .name = "own", .pixels = std::move(pixels)}, {x, w},
                [](std::span<const Tensor> in) { return conv2d(in[0], in[1], {.rate = own_rate}).value(); },
                {Rule::not_differentiable(), Rule::not_differentiable()});
}

Variable silent(const Variable& x, const Variable& w) { return own_conv(x, w, {}); }

Variable speaking(const Variable& x, const Variable& w) {
  return own_conv(x, w, conv2d_pixels(x.shape(), w.shape(), {.rate = own_rate}));
}

Variable built_in(const Variable& x, const Variable& w) { return conv2d(x, w, {.rate = own_rate}, "own"); }

// first, then the convolution, then first's result beside the convolution's, by `join`.
template <class Conv, class Join>
Summary summary_of(Conv conv, Join join) {
  const Recording scope(Recording::everything);
  const Variable x = track(numbers({1, 8, 8, 3}, 1), "input");
  const Variable first = conv2d(x, numbers({3, 3, 3, 4}, 2), {}, "first");
  return summarize_tape(Tape::of(join(first, conv(first, numbers({3, 3, 4, 4}, 3)))), x, {});
}

Variable alone(const Variable&, const Variable& b) { return b; }
Variable added(const Variable& a, const Variable& b) { return a + b; }
Variable side_by_side(const Variable& a, const Variable& b) { return concat({a, b}, 3); }

// 8x8 pixels, 9 taps, 3 -> 4 and 4 -> 4 channels: 64 * 108 and 64 * 144.
TEST(OwnOp, ThatSaysNothingIsTabulatedAsUnknown) {
  EXPECT_EQ(text(summary_of(silent, alone)),
            "  layer  kind      output              field  parameters            MACs\n"
            "  input            [1, 8, 8, 3]            -           -               -\n"
            "  first  conv2d    [1, 8, 8, 4]          3x3           0           6,912\n"
            "  own    own_conv  [1, 8, 8, 4]  whole image           0         unknown\n"
            "  total                          whole image           0  at least 6,912\n");
  EXPECT_EQ(summary_of(silent, alone).unknown_costs, 1);
  EXPECT_EQ(summary_of(built_in, alone).unknown_costs, 0);
}

TEST(OwnOp, ThatSaysItsPixelsIsWhatTheBuiltInOneIs) {
  for (const auto join : {alone, added, side_by_side}) {
    const Summary own = summary_of(speaking, join), expected = summary_of(built_in, join);
    EXPECT_EQ(own.receptive_field, (ReceptiveField{7, 7}));  // 5 rows and columns in steps of 2, on top of 3
    EXPECT_EQ(own.receptive_field, expected.receptive_field);
    EXPECT_EQ(own.multiply_adds, 64 * 108 + 64 * 144);
    EXPECT_EQ(own.multiply_adds, expected.multiply_adds);
    EXPECT_EQ(own.unknown_costs, 0);
    ASSERT_EQ(own.layers.size(), expected.layers.size());
    EXPECT_EQ(own.layers[1].multiply_adds, expected.layers[1].multiply_adds);
    EXPECT_EQ(own.layers[1].receptive_field, expected.layers[1].receptive_field);
    EXPECT_EQ(own.graph[2].ops[0], "own_conv rate 2x2");
  }
}

// Whichever branch is first: what is beside all of the image sees all of it.
TEST(OwnOp, ThatSaysNothingMakesASumSeeTheWholeImage) {
  for (const auto join : {alone, added, side_by_side})
    EXPECT_EQ(summary_of(silent, join).receptive_field, ReceptiveField::whole_image());
}

TEST(OwnOp, OfAnyShapeMaySayThatItWorksOnEachPixel) {
  const auto field_of = [](const Pixels& pixels) {
    const Variable x = track(numbers({1, 8, 8, 3}, 1), "input");
    const Variable y = conv2d(x, numbers({3, 3, 3, 4}, 2), {});
    const Variable z = record({.kind = "gain", .pixels = pixels}, {y},
                              [](std::span<const Tensor> in) { return in[0]; }, {Rule::locally_constant()});
    const Recording scope(Recording::everything);
    return receptive_fields(Tape::of(relu(z)), x).back();
  };
  EXPECT_EQ(field_of(Pixels::same()), (ReceptiveField{3, 3}));
  EXPECT_EQ(field_of({}), ReceptiveField::whole_image());
}

TEST(OwnOp, CannotSayPixelsOfOtherSizes) {
  const Tensor x = numbers({1, 8, 8, 3}, 1), w = numbers({3, 3, 3, 4}, 2);
  EXPECT_EQ(thrown<GraphError>([&] {
              own_conv(x, w, conv2d_pixels({1, 8, 9, 3}, w.shape(), {.rate = own_rate}));
            }),
            "own_conv: its pixels go from 8x9 to 8x9, the input is [1, 8, 8, 3], the result [1, 8, 8, 4]. "
            "Shapes are [batch, height, width, channels]. Derive the pixels from these shapes, as "
            "conv2d_pixels does.");
  EXPECT_EQ(thrown<GraphError>([&] { own_conv(x, w, conv2d_pixels(x.shape(), w.shape(), {.stride = 2})); }),
            "own_conv: its pixels go from 8x8 to 4x4, the input is [1, 8, 8, 3], the result [1, 8, 8, 4]. "
            "Shapes are [batch, height, width, channels]. Derive the pixels from these shapes, as "
            "conv2d_pixels does.");
}

}  // namespace
}  // namespace trous
