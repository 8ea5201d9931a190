// Receptive fields against what happens: each input pixel is changed, and the output pixels that move with it
// are collected. No field may be smaller than what they show, whatever the network is made of.
#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

#include <trous/autograd/grad.h>
#include <trous/autograd/record.h>
#include <trous/autograd/recording.h>
#include <trous/core/map.h>
#include <trous/layers/conv.h>
#include <trous/layers/coverage.h>
#include <trous/layers/receptive_field.h>
#include <trous/layers/resample.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/broadcast.h>
#include <trous/ops/cast.h>
#include <trous/ops/compare.h>
#include <trous/ops/conv2d.h>
#include <trous/ops/gather.h>
#include <trous/ops/join.h>
#include <trous/ops/matmul.h>
#include <trous/ops/pointwise.h>
#include <trous/ops/pool.h>
#include <trous/ops/reduce.h>
#include <trous/ops/reshape.h>
#include <trous/ops/resize.h>
#include <trous/ops/slice.h>
#include <trous/ops/softmax.h>
#include <trous/ops/space_to_batch.h>

#include "layers/toys.h"

namespace trous {
namespace {

using Function = std::function<Variable(const Variable&)>;

// The first and last row and column of the input that an output pixel was seen to depend on.
struct Box {
  std::int64_t top = 1 << 20, left = 1 << 20, bottom = -1, right = -1;

  void include(std::int64_t row, std::int64_t column) {
    top = std::min(top, row);
    left = std::min(left, column);
    bottom = std::max(bottom, row);
    right = std::max(right, column);
  }
};

// `image` with one pixel, in all channels of all images, raised by more than any two numbers are apart, or
// lowered: a winner loses and a loser wins.
Tensor changed(const Tensor& image, std::int64_t row, std::int64_t column, double by) {
  std::vector<double> values = image.to_vector<double>();
  const Shape& s = image.shape();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto pixel = static_cast<std::int64_t>(i) / s[3] % (s[1] * s[2]);
    if (pixel == row * s[2] + column) values[i] += by;
  }
  return Tensor(s, values);
}

// The largest height and width of the boxes of all output pixels [n, h, w, c], or rows of channels.
HeightWidth observed(const Function& f, const Shape& shape) {
  const Recording scope(Recording::nothing);
  const Tensor image = uniform(shape, DType::float64, Key{3}, 0.5, 1.5);
  const std::vector<double> before = f(image).value().to_vector<double>();
  const Shape output = f(image).shape();
  const std::int64_t channels = output.rank() == 0 ? 1 : output[output.rank() - 1];
  std::vector<Box> boxes(before.size() / static_cast<std::size_t>(channels));
  for (std::int64_t row = 0; row < shape[1]; ++row) {
    for (std::int64_t column = 0; column < shape[2]; ++column) {
      for (const double by : {4.0, -3.0}) {
        const std::vector<double> after = f(changed(image, row, column, by)).value().to_vector<double>();
        for (std::size_t i = 0; i < after.size(); ++i) {
          if (after[i] != before[i]) boxes[i / static_cast<std::size_t>(channels)].include(row, column);
        }
      }
    }
  }
  HeightWidth largest{0, 0};
  for (const Box& box : boxes) {
    if (box.bottom < 0) continue;
    largest.height = std::max(largest.height, box.bottom - box.top + 1);
    largest.width = std::max(largest.width, box.right - box.left + 1);
  }
  return largest;
}

ReceptiveField derived(const Function& f, const Shape& shape) {
  const Recording scope(Recording::everything);
  const Variable x = track(uniform(shape, DType::float64, Key{3}, 0.5, 1.5), "input");
  return receptive_fields(Tape::of(f(x)), x).back();
}

bool holds(const ReceptiveField& field, HeightWidth seen) {
  return field.height.value_or(seen.height) >= seen.height && field.width.value_or(seen.width) >= seen.width;
}

Variable weights(const Shape& shape) { return uniform(shape, DType::float64, Key{7}, 0.1, 1); }

// A convolution of `taps` rows and columns and all pairs of channels, at `rate`.
Function atrous(std::int64_t taps, std::int64_t rate, std::int64_t channels) {
  return [=](const Variable& x) {
    return conv2d(x, weights({taps, taps, channels, channels}), {.rate = rate});
  };
}

Variable global(const Variable& x) { return mean(x, {1, 2}, true); }

// An op that nobody here knows: each pixel takes over the one half the image away.
Variable turned(const Variable& x) {
  return record({"turned"}, {x},
                [](std::span<const Tensor> in) {
                  std::vector<double> values = in[0].to_vector<double>();
                  std::rotate(values.begin(), values.begin() + std::ssize(values) / 2, values.end());
                  return Tensor(in[0].shape(), values);
                },
                {Rule::not_differentiable()});
}

// The branch that sees less must not decide: 81x81 is more than this image has, and less than all of any
// image.
TEST(ReceptiveFieldOracle, ALocalBranchBesideTheWholeImageSeesTheWholeImage) {
  const Shape image{1, 24, 20, 2};
  const Function local = atrous(3, 40, 2);
  ASSERT_EQ(derived(local, image), (ReceptiveField{81, 81}));
  const ReceptiveField whole = ReceptiveField::whole_image();
  const auto spread = [](const Variable& pooled, const Variable& like) {
    return resize_bilinear(pooled, like.shape()[1], like.shape()[2]);
  };
  const std::vector<Function> pooled{
      [](const Variable& x) { return broadcast_to(global(x), x.shape()); },
      [&](const Variable& x) { return spread(global(x), x); },
      [](const Variable& x) { return resize_nearest(global(x), x.shape()[1], x.shape()[2]); },
      [](const Variable& x) { return sigmoid(global(x)) * x; },
      [](const Variable& x) { return max(max(x, 1, true), 2, true) + x * 0.0; }};
  for (std::size_t i = 0; i < pooled.size(); ++i) {
    for (const Shape& size : {image, Shape{1, 100, 90, 2}}) {
      EXPECT_EQ(derived(
                    [&](const Variable& x) {
                      return concat({local(x), pooled[i](x)}, 3);
                    },
                    size),
                whole)
          << i;
      EXPECT_EQ(derived(
                    [&](const Variable& x) {
                      return concat({pooled[i](x), local(x)}, 3);
                    },
                    size),
                whole)
          << i;
      EXPECT_EQ(derived([&](const Variable& x) { return local(x) + pooled[i](x); }, size), whole) << i;
      EXPECT_EQ(derived([&](const Variable& x) { return local(pooled[i](x)) + x; }, size), whole) << i;
    }
    EXPECT_EQ(observed([&](const Variable& x) { return local(x) + pooled[i](x); }, image),
              (HeightWidth{24, 20}))
        << i;
  }
}

struct Case {
  const char* name;
  Function f;
  ReceptiveField field;
};

// Every way to mix pixels that this library has, and some that mix channels alone.
std::vector<Case> cases() {
  const ReceptiveField whole = ReceptiveField::whole_image(), one{1, 1};
  const auto indices = [](const Shape& shape) {
    std::vector<std::int32_t> places(static_cast<std::size_t>(shape.elements()));
    for (std::size_t i = 0; i < places.size(); ++i) places[i] = static_cast<std::int32_t>(i * 3 % 5);
    return Tensor(shape, places);
  };
  return {
      {"log_softmax of channels", [](const Variable& x) { return log_softmax(x, 3); }, one},
      {"log_softmax of rows", [](const Variable& x) { return log_softmax(x, 1); }, whole},
      {"log_softmax of columns", [](const Variable& x) { return log_softmax(x, -2); }, whole},
      {"softmax of channels", [](const Variable& x) { return softmax(x); }, one},
      {"argmax of channels", [](const Variable& x) { return cast(argmax(x, 3, true), DType::float64); }, one},
      {"argmax of rows", [](const Variable& x) { return cast(argmax(x, 1, true), DType::float64); }, whole},
      {"max of columns", [](const Variable& x) { return max(x, 2, true) + x * 0.0; }, whole},
      {"mean of channels", [](const Variable& x) { return mean(x, {3}, true); }, one},
      {"mean of rows", [](const Variable& x) { return mean(x, {1}, true); }, whole},
      {"sum of everything", [](const Variable& x) { return sum(x); }, whole},
      {"concat of channels",
       [](const Variable& x) {
         return concat({x, x * 2.0}, 3);
       },
       one},
      {"concat of rows",
       [](const Variable& x) {
         return slice(concat({x, x}, 1), {0, 3, 0, 0}, {1, 6, 5, 2});
       },
       whole},
      {"stack",
       [](const Variable& x) {
         return stack({x, x}, 0);
       },
       whole},
      {"permute",
       [](const Variable& x) {
         return permute(permute(x, {0, 2, 1, 3}), {0, 3, 2, 1});
       },
       whole},
      {"reshape",
       [](const Variable& x) {
         return reshape(reshape(x, {1, 5, 6, 2}) * 2.0, {1, 6, 5, 2});
       },
       whole},
      {"reshape to rows and back",
       [](const Variable& x) {
         return reshape(relu(reshape(x, {30, 2})), {1, 6, 5, 2});
       },
       one},
      {"matmul of pixels",
       [](const Variable& x) {
         return reshape(matmul(reshape(x, {30, 2}), weights({2, 3})), {1, 6, 5, 3});
       },
       one},
      {"matmul of the flattened image",
       [](const Variable& x) {
         return reshape(matmul(reshape(x, {1, 60}), weights({60, 60})), {1, 6, 5, 2});
       },
       whole},
      {"matmul by the image",
       [](const Variable& x) {
         return matmul(weights({30, 30}), reshape(x, {30, 2}));
       },
       whole},
      {"filters made of the image",
       [](const Variable& x) {
         return conv2d(weights({1, 6, 5, 2}), reshape(slice(x, {0, 0, 0, 0}, {1, 3, 3, 2}), {3, 3, 1, 2}) +
                                                  Tensor::zeros({3, 3, 2, 2}, DType::float64));
       },
       whole},
      {"gather of rows",
       [=](const Variable& x) {
         return gather(x, Variable(indices({1, 6, 5, 2})), 1);
       },
       whole},
      {"scatter_add to rows",
       [=](const Variable& x) {
         return scatter_add(x, Variable(indices({1, 6, 5, 2})), 1, 6);
       },
       whole},
      {"space_to_batch and back",
       [](const Variable& x) {
         return batch_to_space(relu(space_to_batch(x, {2, 1})), {2, 1});
       },
       whole},
      {"an op of the program's own", [](const Variable& x) { return turned(x) + x; }, whole},
      {"the same on a row of pixels",
       [](const Variable& x) {
         return turned(reshape(x, {30, 2}));
       },
       whole},
      {"a mask from the pixel", [](const Variable& x) { return where(greater(x, 1.0), x, x * 2.0); }, one},
      {"a mask from all pixels", [](const Variable& x) { return where(greater(x, global(x)), x, x * 2.0); },
       whole},
      {"max pool",
       [](const Variable& x) {
         return max_pool2d(x, {.window = {2, 3}, .stride = 1});
       },
       {2, 3}},
      {"the transpose of an average pool",
       [](const Variable& x) {
         const Recording scope(Recording::needed);
         const Variable large = track(Tensor::zeros({1, 12, 15, 2}, DType::float64));
         return vjp(average_pool2d(large, {.window = 3, .stride = {2, 3}, .padding = Padding::same}), {large},
                    x, CreateGraph::yes)[0];
       },
       {2, 1}},
      {"the transpose of a slice",
       [](const Variable& x) {
         const Recording scope(Recording::needed);
         const Variable large = track(Tensor::zeros({1, 13, 6, 2}, DType::float64));
         return vjp(slice(large, {0, 1, 1, 0}, {1, 6, 5, 2}, {1, 2, 1, 1}), {large}, x, CreateGraph::yes)[0];
       },
       one},
      {"two crops moved apart",
       [](const Variable& x) {
         return slice(x, {0, 0, 1, 0}, {1, 4, 4, 2}) + slice(x, {0, 2, 0, 0}, {1, 4, 4, 2});
       },
       {3, 2}},
  };
}

TEST(ReceptiveFieldOracle, NoOpSeesMoreThanItsField) {
  const Shape image{1, 6, 5, 2};
  for (const Case& one : cases()) {
    const ReceptiveField field = derived(one.f, image);
    EXPECT_EQ(field, one.field) << one.name;
    const HeightWidth seen = observed(one.f, image);
    EXPECT_TRUE(holds(field, seen)) << one.name << ": " << field << ", but " << seen.height << 'x'
                                    << seen.width;
  }
}

// Random networks with branches: each step reads one or two of the values so far.
Variable random_network(const Variable& x, std::uint64_t seed) {
  Random random(fold_in(Key{seed}, 1));
  std::vector<Variable> values{x};
  for (int step = 0; step < 6; ++step) {
    const auto pick = [&] { return values[static_cast<std::size_t>(random.below(std::ssize(values)))]; };
    const Variable a = pick(), b = pick();
    const auto kinds = std::vector<Function>{
        atrous(3, 1, 2),
        atrous(2, 3, 2),
        [](const Variable& v) { return relu(v * 0.5); },
        [](const Variable& v) {
          return average_pool2d(v, {.window = {1, 3}, .stride = 1, .padding = Padding::same});
        },
        [](const Variable& v) {
          return resize_nearest(max_pool2d(v, {.window = 2, .stride = 2}), v.shape()[1], v.shape()[2]);
        },
        [&](const Variable& v) { return v + b; },
        [&](const Variable& v) {
          return conv2d(concat({v, b}, 3), weights({1, 1, 4, 2}));
        },
        [&](const Variable& v) { return v * tanh(b); },
        [](const Variable& v) { return log_softmax(v * 0.1, 3); }};
    const auto rare =
        std::vector<Function>{[](const Variable& v) { return v + global(v); },
                              [](const Variable& v) { return log_softmax(v * 0.1, 2); }, turned,
                              [](const Variable& v) {
                                return pad(slice(v, {0, 2, 0, 0}, {1, 8, 9, 2}), {0, 1, 0, 0}, {0, 1, 0, 0});
                              }};
    const std::int64_t which = random.below(std::ssize(kinds) + 1);
    values.push_back(which < std::ssize(kinds)
                         ? kinds[static_cast<std::size_t>(which)](a)
                         : rare[static_cast<std::size_t>(random.below(std::ssize(rare)))](a));
  }
  return values.back();
}

TEST(ReceptiveFieldOracle, NoRandomNetworkSeesMoreThanItsField_slow) {
  const Shape image{1, 10, 9, 2};
  std::size_t local = 0, whole = 0;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    const Function f = [seed](const Variable& x) { return random_network(x, seed); };
    const ReceptiveField field = derived(f, image);
    const HeightWidth seen = observed(f, image);
    ASSERT_TRUE(holds(field, seen)) << "network " << seed << ": " << field << ", but " << seen.height << 'x'
                                    << seen.width;
    if (field == ReceptiveField::whole_image()) ++whole;
    if (field.height && *field.height <= 10 && field.width && *field.width <= 9) ++local;
  }
  EXPECT_GT(local, 20U) << "networks whose field says something of this image";
  EXPECT_GT(whole, 20U);
}

// What coverage finds by the gradient, with a branch that pools the image.
TEST(ReceptiveFieldOracle, CoverageOfAPooledBranchIsTheWholeImage) {
  const AnyLayer net =
      Sequential{Conv2d{{.in_channels = 1, .out_channels = 2}},
                 Residual{Sequential{[](const Variable& x) { return resize_bilinear(global(x), 9, 13); }}}};
  const Coverage seen = coverage(net, {1, 9, 13, 1});
  EXPECT_EQ(seen.height, 9);
  EXPECT_EQ(seen.width, 13);
  EXPECT_EQ(seen.share, 1);
}

TEST(ReceptiveField, PrintsWhatItIs) {
  EXPECT_EQ(text(ReceptiveField{87, 5}), "87x5");
  EXPECT_EQ(text(ReceptiveField{}), "-");
  EXPECT_EQ(text(ReceptiveField::whole_image()), "whole image");
  EXPECT_EQ(text(ReceptiveField{std::nullopt, 5}), "all x 5");
  EXPECT_EQ(text(ReceptiveField{87, std::nullopt}), "87 x all");
}

// A stride along one axis that no period follows leaves the other axis as it is.
TEST(ReceptiveField, OneSideMayBeAllOfTheImage) {
  const std::int64_t huge = std::int64_t{1} << 40;
  EXPECT_EQ(derived(
                [&](const Variable& x) {
                  const Variable filters = weights({1, 3, 1, 1});
                  return conv2d(conv2d(x, filters, {.stride = {huge, 1}}), filters, {.stride = {huge, 1}});
                },
                {1, 3, 4, 1}),
            (ReceptiveField{std::nullopt, 5}));
}

}  // namespace
}  // namespace trous
