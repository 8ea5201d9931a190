// Boxes derived from the tape, against loops that carry sets of pixels through the definitions.
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include <trous/autograd/record.h>
#include <trous/autograd/recording.h>
#include <trous/layers/conv.h>
#include <trous/layers/dense.h>
#include <trous/layers/networks.h>
#include <trous/layers/receptive_field.h>
#include <trous/layers/resample.h>
#include <trous/layers/sequential.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/join.h>
#include <trous/ops/pointwise.h>
#include <trous/ops/reduce.h>
#include <trous/ops/reshape.h>
#include <trous/ops/resize.h>
#include <trous/ops/slice.h>

#include "core/thrown.h"
#include "layers/toys.h"

namespace trous {
namespace {

// The field of the last op of `net`.
ReceptiveField field_of(AnyLayer net, const Shape& image) {
  initialize(net, Key{1});
  const Recording scope(Recording::everything);
  Pass pass = Pass::training(Key{1});
  const Variable x = track(numbers(image, 1), "input");
  return receptive_fields(Tape::of(net(x, pass)), x).back();
}

ReceptiveField field_of(AnyLayer net) { return field_of(std::move(net), {1, 64, 96, 1}); }

Conv2dLayerOptions plain(PerAxis kernel, Stride stride = 1, Rate rate = 1) {
  return {.in_channels = 1, .out_channels = 1, .kernel = kernel, .stride = stride, .rate = rate};
}
Conv2d conv(PerAxis kernel, Stride stride = 1, Rate rate = 1) { return Conv2d(plain(kernel, stride, rate)); }
Conv2dTranspose up(PerAxis kernel, Stride stride, Rate rate = 1) {
  return Conv2dTranspose(plain(kernel, stride, rate));
}

// r + (k - 1) rate jump, by hand.
TEST(ReceptiveField, torch_scan_27_GrowsByTheFormula) {
  EXPECT_EQ(field_of(conv({3, 5})), (ReceptiveField{3, 5}));
  EXPECT_EQ(field_of(conv({3, 5}, 1, {4, 2})), (ReceptiveField{9, 9}));
  EXPECT_EQ(field_of(Sequential{conv(3), conv(3), conv(3)}), (ReceptiveField{7, 7}));
  EXPECT_EQ(field_of(Sequential{conv(3, 2), conv(3, 1, 2), conv(3, 2), conv(3)}),
            (ReceptiveField{3 + 4 * 2 + 2 * 2 + 2 * 4, 23}));
  EXPECT_EQ(field_of(Sequential{conv(3, {2, 1}), MaxPool2d(), AveragePool2d({.window = {3, 1}})}),
            (ReceptiveField{3 + 1 * 2 + 2 * 4, 3 + 1}));
  EXPECT_EQ(field_of(Sequential{conv(3, 2), up(4, 2), conv(3)}), (ReceptiveField{3 + 1 * 2 + 2, 7}));
}

TEST(ReceptiveField, OfTheBuiltInNetworks) {
  // stem 3, down + 2, rates 2 4 8 4 2 at stride 2 + 80, up + 2.
  EXPECT_EQ(field_of(SmallDilated({.in_channels = 1, .width = 1})), (ReceptiveField{87, 87}));
  // stem 3, down + 2, deep + 4, the rates at stride 4 + 160, and both ups reach over 3 pixels there: + 8.
  EXPECT_EQ(field_of(DeepDilated({.in_channels = 1, .width = 1}), {1, 260, 260, 1}),
            (ReceptiveField{177, 177}));
  // 2 (1 + 1 + 2 + 4 + 8) in the encoder, the same again in the decoder.
  EXPECT_EQ(field_of(MirrorContext({.in_channels = 1, .width = 1})), (ReceptiveField{65, 65}));
  EXPECT_EQ(field_of(SmallDilated({.in_channels = 1, .width = 1, .kernel = 1})), (ReceptiveField{1, 1}));
}

TEST(ReceptiveField, DoesNotDependOnTheImage) {
  for (const Shape& image : {Shape{2, 8, 6, 1}, Shape{1, 33, 47, 1}, Shape{2, 1, 1, 1}}) {
    EXPECT_EQ(field_of(SmallDilated({.in_channels = 1, .width = 1}), image), (ReceptiveField{87, 87}))
        << image;
  }
}

// One axis of a chain: what every pixel sees, carried through the definitions of the ops over a long line.
using Seen = std::vector<std::set<std::int64_t>>;

struct Step {
  enum Kind { convolution, transpose, bilinear } kind;
  std::int64_t taps, stride, rate;  // bilinear: `taps` is the scale
};

Seen through(const Step& step, const Seen& in) {
  const auto [kind, taps, stride, rate] = step;
  const auto extent = static_cast<std::int64_t>(in.size());
  if (kind == Step::bilinear) {
    Seen out(in.size() * static_cast<std::size_t>(taps));
    for (std::size_t i = 0; i < out.size(); ++i) {
      const double centre = (static_cast<double>(i) + 0.5) / static_cast<double>(taps) - 0.5;
      for (std::int64_t j = 0; j < extent; ++j) {
        if (std::abs(static_cast<double>(j) - centre) < 1 - 1e-9)
          out[i].merge(std::set(in[static_cast<std::size_t>(j)]));
      }
    }
    return out;
  }
  const std::int64_t large = kind == Step::transpose ? extent * stride : extent;
  const std::int64_t small = (large + stride - 1) / stride;
  const std::int64_t before =
      std::max<std::int64_t>(0, (small - 1) * stride + (taps - 1) * rate + 1 - large) / 2;
  Seen out(static_cast<std::size_t>(kind == Step::transpose ? large : small));
  for (std::int64_t i = 0; i < small; ++i) {
    for (std::int64_t p = 0; p < taps; ++p) {
      const std::int64_t place = i * stride + p * rate - before;
      if (place < 0 || place >= large) continue;
      const std::int64_t to = kind == Step::transpose ? place : i, from = kind == Step::transpose ? i : place;
      out[static_cast<std::size_t>(to)].merge(std::set(in[static_cast<std::size_t>(from)]));
    }
  }
  return out;
}

// The widest box of the pixels in the middle third, which no border reaches.
std::int64_t widest_box(const Seen& seen) {
  std::int64_t widest = 0;
  for (std::size_t i = seen.size() / 3; i < seen.size() - seen.size() / 3; ++i) {
    if (!seen[i].empty()) widest = std::max(widest, *seen[i].rbegin() - *seen[i].begin() + 1);
  }
  return widest;
}

TEST(ReceptiveField, OfRandomChainsIsWhatSetsOfPixelsSay) {
  constexpr std::int64_t extent = 192;
  for (std::uint64_t chain = 0; chain < 60; ++chain) {
    const Tensor draws = uniform({4, 4}, DType::float64, fold_in(Key{5}, chain), 0, 1);
    Seen seen(extent);
    for (std::size_t i = 0; i < seen.size(); ++i) seen[i] = {static_cast<std::int64_t>(i)};
    std::vector<AnyLayer> layers;
    std::string described;
    for (std::size_t l = 0; l < 4; ++l) {
      const auto draw = [&](std::size_t k, int count) {
        return static_cast<std::int64_t>(draws.values<double>()[4 * l + k] * count);
      };
      const std::int64_t what = draw(0, 5);
      const Step step{what < 3   ? Step::convolution
                      : what < 4 ? Step::transpose
                                 : Step::bilinear,
                      1 + draw(1, 4), what < 4 ? 1 + draw(2, 3) : 1, what < 4 ? 1 + draw(3, 3) : 1};
      described +=
          text(" kind ", step.kind, " taps ", step.taps, " stride ", step.stride, " rate ", step.rate, ';');
      seen = through(step, seen);
      const PerAxis kernel{std::int64_t{1}, step.taps};
      const Stride stride{std::int64_t{1}, step.stride};
      const Rate rate{std::int64_t{1}, step.rate};
      if (step.kind == Step::convolution) layers.emplace_back(conv(kernel, stride, rate));
      if (step.kind == Step::transpose) layers.emplace_back(up(kernel, stride, rate));
      if (step.kind == Step::bilinear) layers.emplace_back(ResizeBilinear{{.scale = kernel}});
    }
    EXPECT_EQ(field_of(Sequential(layers), {1, 1, extent, 1}), (ReceptiveField{1, widest_box(seen)}))
        << described;
  }
}

TEST(ReceptiveField, OfASumIsTheBoxAroundBoth) {
  const Conv2d near = conv(3), far = conv(3, 1, 4);
  const auto both = [](const Conv2d& a, const Conv2d& b, auto join) {
    return Sequential{Sequential{a}, [b, join](const Variable& x, Pass& pass) {
                        Conv2d second = b;
                        initialize(second, Key{2});
                        return join(x, second(x, pass));
                      }};
  };
  const auto sum = [](const Variable& a, const Variable& b) { return a + b; };
  EXPECT_EQ(field_of(both(near, far, sum)), (ReceptiveField{11, 11}));
  EXPECT_EQ(field_of(both(far, near,
                          [](const Variable& a, const Variable& b) {
                            return concat({a, b}, 3);
                          })),
            (ReceptiveField{11, 11}));
  // Two crops of one image, moved against each other by 5 rows.
  EXPECT_EQ(field_of([](const Variable& x) {
              return slice(x, {0, 0, 0, 0}, {1, 59, 96, 1}) + slice(x, {0, 5, 0, 0}, {1, 59, 96, 1});
            }),
            (ReceptiveField{6, 1}));
  EXPECT_EQ(field_of([](const Variable& x) {
              return crop(pad(x, {0, 3, 0, 0}, {0, 0, 2, 0}), {0, 0, 2, 0}, {0, 3, 0, 0}) + x;
            }),
            (ReceptiveField{4, 3}));
  EXPECT_EQ(field_of(Sequential{conv(3),
                                [](const Variable& x) {
                                  return slice(x, {0, 1, 0, 0}, {1, 21, 96, 1}, {1, 3, 1, 1});
                                },
                                conv(3)}),
            (ReceptiveField{3 + 2 * 3, 5}));
}

TEST(ReceptiveField, ExplicitPaddingCountsWhereItMovesPixels) {
  Conv2dLayerOptions late = plain(3), early = plain(3);
  late.padding = ExplicitPadding{0, 2, 1, 1};
  early.padding = ExplicitPadding{2, 0, 1, 1};
  Sequential a{Conv2d(late)}, b{Conv2d(early)};
  initialize(a, Key{1});
  initialize(b, Key{1});
  EXPECT_EQ(field_of([a, b](const Variable& x) { return a(x) + b(x); }), (ReceptiveField{5, 3}));
}

TEST(ReceptiveField, OfWhatMixesAllPixelsIsTheWholeImage) {
  const Shape image{1, 6, 8, 3};
  const ReceptiveField whole = ReceptiveField::whole_image();
  EXPECT_EQ(field_of([](const Variable& x) { return mean(x, {1, 2}, true); }, image), whole);
  EXPECT_EQ(field_of([](const Variable& x) { return x + mean(x, {1, 2}, true); }, image), whole);
  EXPECT_EQ(field_of([](const Variable& x) { return permute(x, {0, 2, 1, 3}); }, image), whole);
  EXPECT_EQ(field_of([](const Variable& x) { return relu(reshape(x, {1, 6 * 8 * 3})); }, image), whole);
  EXPECT_EQ(field_of([](const Variable& x) { return reshape(x, {1, 8, 6, 3}); }, image), whole);
}

// An op of a program's own may share a kind with one of the library, and its attributes: it says nothing by
// that.
TEST(ReceptiveField, OfAnOwnOpOfAKnownKindIsTheWholeImage) {
  for (const char* kind :
       {"pad", "crop", "slice", "gather", "relu", "add", "conv2d", "average_pool2d", "reshape"}) {
    const Variable x = track(Tensor::zeros({1, 4, 4, 1}, DType::float32));
    const Variable y = record({kind, {{"window", HeightWidth{1, 1}}}}, {x},
                              [](std::span<const Tensor> in) { return in[0]; }, {Rule::locally_constant()});
    EXPECT_EQ(receptive_fields(Tape::of(y), x).back(), ReceptiveField::whole_image()) << kind;
  }
}

TEST(ReceptiveField, RowsOfPixelsStayPixels) {
  const Conv2d first{{.in_channels = 1, .out_channels = 4}};
  EXPECT_EQ(field_of(Sequential{first, Dense{{.in_features = 4, .out_features = 2}},
                                Conv2d{{.in_channels = 2, .out_channels = 1}}}),
            (ReceptiveField{5, 5}));
}

TEST(ReceptiveField, OfHugeStridesIsTheWholeImage) {
  const std::int64_t huge = std::int64_t{1} << 40;
  EXPECT_EQ(field_of(Sequential{conv(1, huge), conv(1, huge)}, {1, 3, 4, 1}), ReceptiveField::whole_image());
}

TEST(ReceptiveField, IsNothingForWhatDoesNotSeeTheImage) {
  const Recording scope(Recording::everything);
  const Variable x = track(numbers({1, 2, 2, 1}, 1)), other = track(numbers({1, 2, 2, 1}, 2));
  const Variable y = relu(other) + x;
  const Tape tape = Tape::of(y);
  const std::vector<ReceptiveField> fields = receptive_fields(tape, x);
  ASSERT_EQ(fields.size(), tape.size());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const bool sees = tape.find(x.node().get()) == i || i + 1 == tape.size();
    EXPECT_EQ(fields[i], sees ? (ReceptiveField{1, 1}) : (ReceptiveField{0, 0})) << i;
  }
  EXPECT_EQ(thrown<ShapeError>([&] { receptive_fields(tape, numbers({4}, 1)); }),
            "receptive_fields: x [4] has rank 1, needs 4: [batch, height, width, channels].");
}

}  // namespace
}  // namespace trous
