// Convolutions whose channels are divided into groups: both sets of kernels against the loops of the oracle,
// for every instruction set that this processor has; values of PyTorch; costs; what is refused.
#include <ops/conv_compare.h>
#include <ops/conv_oracle.h>
#include <ops/support.h>
#include <ops/with_kernels.h>

#include <trous/autograd/tape.h>
#include <trous/ops/atrous_conv2d.h>
#include <trous/ops/conv2d.h>
#include <trous/ops/depthwise_conv2d.h>

namespace trous {
namespace {

using oracle::Array;
using oracle::Int;

struct GroupedCase {
  Int groups, in, out;  // channels of a group
  Int taps, stride, rate;
  Int rows, columns;

  Conv2dOptions options() const {
    return {.stride = Stride(stride), .rate = Rate(rate), .padding = Padding::same, .groups = groups};
  }
  oracle::Axis axis(Int extent) const {
    oracle::Axis a{taps, stride, rate};
    a.begin = oracle::same_begin(extent, a);
    return a;
  }
};

void expect_the_grouped_oracle(const GroupedCase& c, DType dtype) {
  const Tensor x = integers({2, c.rows, c.columns, c.groups * c.in}, dtype, 1);
  const Tensor w = integers({c.taps, c.taps, c.in, c.groups * c.out}, dtype, 2);
  const std::string what =
      text(x.shape(), w.shape(), ", ", c.groups, " groups, stride ", c.stride, ", rate ", c.rate);
  const oracle::Window window{c.axis(c.rows), c.axis(c.columns)};
  const Array dense = oracle::dense_filters(Array(w), c.groups);
  const Variable y = conv2d(x, w, c.options());
  expect_exactly(y.value(), oracle::conv(Array(x), dense, window, y.shape()[1], y.shape()[2]),
                 "conv2d, " + what);
  const Tensor g = integers(y.shape(), dtype, 3);
  expect_exactly(conv2d_transpose(g, w, x.shape(), c.options()).value(),
                 oracle::transposed(Array(g), dense, window, c.rows, c.columns), "conv2d_transpose, " + what);
  expect_exactly(conv2d_filter_grad(x, g, w.shape(), c.options()).value(),
                 oracle::grouped_filters(oracle::filter_grad(Array(x), Array(g), window), c.groups),
                 "conv2d_filter_grad, " + what);
}

// Channels of a group around the widths of vectors, one tap and several, rates beyond the image; enough work
// for several tasks at the end.
std::vector<GroupedCase> grouped_cases() {
  std::vector<GroupedCase> all;
  for (const Int groups : {2, 3, 8}) {
    for (const Int in : {1, 2, 4, 5, 17}) {
      for (const Int out : {1, 3, 4, 16, 33})
        all.push_back({groups, in, out, 3, 1 + in % 2, 1 + out % 2, 5, 21});
    }
  }
  // Groups that have together as many channels as a vector has lanes, of 4, 8 and 16.
  for (const Int groups : {2, 4, 8}) {
    for (const Int each : {1, 2, 4, 8}) all.push_back({groups, each, each, 1, 1, 1, 4, 7});
  }
  all.push_back({2, 5, 17, 1, 1, 1, 4, 7});
  all.push_back({3, 4, 4, 1, 2, 1, 5, 8});
  all.push_back({2, 3, 20, 3, 1, 30, 9, 21});
  all.push_back({4, 32, 32, 3, 1, 1, 13, 33});
  all.push_back({16, 4, 4, 3, 1, 2, 40, 33});
  return all;
}

class FastGroups : public testing::TestWithParam<std::string> {};

TEST_P(FastGroups, AreTheOracle) {
  const WithKernels fast(GetParam());
  for (const GroupedCase& c : grouped_cases()) {
    expect_the_grouped_oracle(c, DType::float32);
    if (c.groups < 4) expect_the_grouped_oracle(c, DType::float64);
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, FastGroups, testing::ValuesIn(simd_targets()),
                         [](const auto& one) { return one.param; });

TEST(ReferenceGroups, AreTheOracle) {
  const WithKernels reference(KernelSet::reference);
  for (const GroupedCase& c : grouped_cases()) expect_the_grouped_oracle(c, DType::float64);
}

// PyTorch 1.13.0a0: conv2d(stride=2, padding=1, groups=2).
TEST(GroupedConv2d, HasTheValuesAndGradientsOfPyTorch) {
  const auto sevens = [](const Shape& shape, int first) {
    std::vector<double> values;
    for (int i = 0; i < shape.elements(); ++i) values.push_back((7 * i + first) % 11 - 5);
    return f64(shape, values);
  };
  using Numbers = std::vector<double>;
  const Variable x = track(sevens({1, 3, 3, 4}, 1)), w = track(sevens({2, 2, 2, 4}, 3));
  const Variable y = conv2d(x, w, {.stride = 2, .padding = ExplicitPadding{1, 1, 1, 1}, .groups = 2});
  EXPECT_EQ(numbers(y), (Numbers{-16, 21, 1, 25, -9, 9, 17, 20, 11, -28, -6, 28, 31, -60, -8, 36}));
  const std::vector<Variable> g = vjp(y, {x, w}, sevens({1, 2, 2, 4}, 2));
  EXPECT_EQ(numbers(g[0]),
            (Numbers{-15, 24, 0,  20, 4,   -17, -17, 20, 6, -15, -20, -5,  -23, -5, 8, -15, -8,  16,
                     -13, 25, -4, 20, -14, 24,  -17, 23, 4, 14,  0,   -20, -15, 23, 4, -16, -16, -11}));
  EXPECT_EQ(numbers(g[1]), (Numbers{-8, 0,  -4,  3, 20, 0, 12,  -9, 10, 15,  11,  3, 2,  -5,  -10, 3,
                                    26, -2, -13, 1, -2, 2, -21, 14, 5,  -18, -10, 7, -3, -17, 22,  15}));
  EXPECT_NE(text(Tape::of({y})).find("1:1x1:1 groups 2"), std::string::npos) << Tape::of({y});

  // conv_transpose2d(dilation=2, groups=2)
  const Variable v = track(sevens({1, 2, 2, 4}, 1)), f = track(sevens({2, 2, 1, 4}, 3));
  const Variable z = atrous_conv2d_transpose(v, f, {.rate = 2, .padding = Padding::valid, .groups = 2});
  EXPECT_EQ(numbers(z), (Numbers{23,  14, -14, 2, -16, -11, 8, -17, 26,  12, -11, -11, -12, -12, 12, 26,
                                 -11, 8,  8,   8, -17, -17, 8, -11, -17, 8,  2,   -14, -11, -16, 14, 23}));
  const std::vector<Variable> h = vjp(z, {v, f}, sevens({1, 4, 4, 2}, 2));
  EXPECT_EQ(numbers(h[0]), (Numbers{44, -5, -5, -1, -37, -13, -28, 38, -5, -15, -9, 1, -31, -12, -32, 40}));
  EXPECT_EQ(numbers(h[1]), (Numbers{21, -18, -9, -50, -46, 39, -4, 13, 17, -10, 0, 37, -17, 3, -6, 1}));
}

TEST(GroupedConv2d, TakesItsShareOfTheMultiplyAdds) {
  const auto cost = [](std::int64_t groups) {
    const Conv2dOptions options{.stride = 2, .rate = 3, .groups = groups};
    return *conv2d_pixels({2, 9, 8, 12}, {3, 2, 12 / groups, 24}, options).multiply_adds(Taps::inside_image);
  };
  EXPECT_EQ(cost(3) * 3, cost(1)) << "conv2d in 3 groups";
  EXPECT_EQ(cost(12) * 12, cost(1)) << "conv2d in 12 groups";
}

std::string grouped(std::int64_t groups, const Shape& value, const Shape& filters) {
  const Tensor v = zeros(value), f = zeros(filters);
  return refused<Error>([&] { conv2d(v, f, {.stride = 0, .groups = groups}); });
}

TEST(GroupedConv2dErrors, Texts) {
  EXPECT_EQ(grouped(0, {1, 6, 5, 4}, {3, 3, 2, 6}),
            "conv2d: groups is 0. Groups of channels count from 1, which is a dense convolution.");
  EXPECT_EQ(grouped(4, {1, 6, 5, 8}, {3, 3, 2, 6}),
            "conv2d: 6 output channels are not a multiple of 4 groups. filters [3, 3, 2, 6] is [height, "
            "width, in / "
            "groups, out]; every group has as many channels.");
  EXPECT_EQ(grouped(2, {1, 6, 5, 6}, {3, 3, 2, 6}),
            "conv2d: input has 6 channels, filters expect 2 in each of 2 groups. value [1, 6, 5, 6] is NHWC, "
            "filters "
            "[3, 3, 2, 6] is [height, width, in / groups, out].");
  EXPECT_EQ(grouped(2, {1, 6, 5, 5}, {3, 3, 2, 6}),
            "conv2d: input has 5 channels, filters expect 2 in each of 2 groups. value [1, 6, 5, 5] is NHWC, "
            "filters "
            "[3, 3, 2, 6] is [height, width, in / groups, out].");
  EXPECT_EQ(grouped(2, {1, 6, 5, 4}, {3, 3, 2, 6}),
            "conv2d: stride 0 on the height axis is below 1. A stride of 1 visits every pixel.");
  EXPECT_EQ(
      grouped(huge, {1, 6, 5, 4}, {3, 3, 2, 6}),
      "conv2d: 6 output channels are not a multiple of 4611686018427387904 groups. filters [3, 3, 2, 6] is "
      "[height, width, in / groups, out]; every group has as many channels.");
  const Tensor v = zeros({1, 3, 3, 4}), f = zeros({3, 3, 2, 5}), four = zeros({3, 3, 2, 4});
  EXPECT_EQ(
      refused<ShapeError>([&] { atrous_conv2d_transpose(v, f, {.groups = 2}); }),
      "atrous_conv2d_transpose: 5 input channels are not a multiple of 2 groups. filters [3, 3, 2, 5] is "
      "[height, width, out / groups, in]; every group has as many channels.");
  EXPECT_EQ(
      refused<ShapeError>([&] {
        conv2d_transpose(v, four, {1, 3, 3, 2}, {.groups = 2});
      }),
      "conv2d_transpose: output_shape [1, 3, 3, 2] does not fit. value [1, 3, 3, 4], filters [3, 3, 2, 4], "
      "stride 1, rate 1, SAME, groups 2 give [1, 3, 3, 4].");
  EXPECT_EQ(refused<ShapeError>([&] {
              atrous_conv2d_filter_grad(v, v, {3, 3, 3, 4}, {.groups = 2});
            }),
            "atrous_conv2d_filter_grad: input has 4 channels, filters expect 3 in each of 2 groups. value "
            "[1, 3, 3, 4] "
            "is NHWC, filter_shape [3, 3, 3, 4] is [height, width, in / groups, out].");
  const Tensor own = zeros({3, 3, 4, 2});
  EXPECT_EQ(refused<ArgumentError>([&] { depthwise_conv2d(v, own, {.groups = 4}); }),
            "depthwise_conv2d: groups is 4. Every channel is a group of its own here. Leave groups at 1, or "
            "use conv2d.");
}

}  // namespace
}  // namespace trous
