// The fast convolutions, for every instruction set that this processor has, against the plain loops of the
// oracle: on integers they are equal, so no tap, border, tail of channels or phase may be off by anything.
#include <array>
#include <cmath>
#include <core/with_threads.h>
#include <limits>
#include <ops/conv_case.h>
#include <ops/conv_compare.h>
#include <ops/with_kernels.h>

#include <gtest/gtest.h>

#include <trous/ops/arithmetic.h>
#include <trous/ops/broadcast.h>
#include <trous/ops/conv2d.h>
#include <trous/ops/kernels/fast/column_segments.h>
#include <trous/ops/kernels/fast/filter_columns.h>
#include <trous/ops/kernels/matmul.h>
#include <trous/ops/matmul.h>
#include <trous/ops/reduce.h>
#include <trous/ops/reshape.h>

namespace trous {
namespace {

using oracle::Array;
using oracle::Int;

// Mostly small, with channels around the widths of vectors and tiles.
ConvCase random_case(Key key) {
  Random random(key);
  ConvCase c{};
  c.batch = one_of(random, {1, 1, 2, 3});
  c.in_channels = one_of(random, {1, 2, 3, 5, 8, 13, 16, 17, 33});
  c.out_channels = one_of(random, {1, 3, 4, 5, 8, 15, 16, 17, 24, 31, 32, 33, 49, 64});
  for (oracle::Axis* axis : {&c.height, &c.width}) {
    *axis = {.taps = one_of(random, {1, 1, 2, 3, 3, 3, 4, 5, 7}),
             .stride = one_of(random, {1, 1, 1, 2, 2, 3}),
             .rate = one_of(random, {1, 1, 2, 3, 5, 9})};
  }
  place(
      c, random, [](const oracle::Axis& a) { return a.span(); }, 9);
  return c;
}

// The same taps, stride, rate and padding along both axes, as much of it before the image as behind.
ConvCase square(Int batch, Int in_channels, Int out_channels, const oracle::Axis& axis, Int rows,
                Int columns) {
  const ExplicitPadding padding{axis.begin, axis.begin, axis.begin, axis.begin};
  return {batch, in_channels, out_channels, axis, axis, padding, rows, columns};
}

void expect_the_oracle(const ConvCase& c, DType dtype, std::uint64_t seed) {
  const Tensor x = integers(c.image(), dtype, seed), w = integers(c.filters(), dtype, seed + 1);
  const Variable y = conv2d(x, w, c.options());
  const oracle::Window window{c.height, c.width};
  expect_exactly(y.value(), oracle::conv(Array(x), Array(w), window, y.shape()[1], y.shape()[2]),
                 "conv2d, " + c.text());
  const Tensor g = integers(y.shape(), dtype, seed + 2);
  expect_exactly(conv2d_transpose(g, w, c.image(), c.options()).value(),
                 oracle::transposed(Array(g), Array(w), window, c.rows, c.columns),
                 "conv2d_transpose, " + c.text());
  expect_exactly(conv2d_filter_grad(x, g, c.filters(), c.options()).value(),
                 oracle::filter_grad(Array(x), Array(g), window), "conv2d_filter_grad, " + c.text());
}

class FastConv : public testing::TestWithParam<std::string> {};

TEST_P(FastConv, IsTheOracleAtRandomGeometries) {
  const WithKernels fast(GetParam());
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    expect_the_oracle(random_case(Key{seed}), seed % 3 == 2 ? DType::float64 : DType::float32, 10 * seed);
    if (HasFailure()) return;
  }
}

// Rows are cut where a tap begins to reach into the image, rows without a tap are written, phases have none.
TEST_P(FastConv, IsTheOracleWhereRatesAndStridesAreLarge) {
  const WithKernels fast(GetParam());
  const ConvCase wide = square(1, 3, 20, {3, 1, 16, 16}, 20, 41);
  const ConvCase beyond = square(1, 3, 20, {3, 1, 30, 30}, 9, 21);
  const ConvCase gaps{2, 5, 17, {1, 3, 1, 0}, {2, 4, 1, 1}, {0, 0, 1, 0}, 13, 30};
  const ConvCase even = square(1, 4, 6, {2, 2, 2, 1}, 12, 34);
  for (const ConvCase& c : {wide, beyond, gaps, even}) expect_the_oracle(c, DType::float32, 5);
}

// One tap is a matter of single pixels, in one row, unless padding makes more of them.
TEST_P(FastConv, IsTheOracleWhereOneTapIsPadded) {
  const WithKernels fast(GetParam());
  for (const ExplicitPadding& padding :
       {ExplicitPadding{0, 1, 0, 0}, {0, 0, 0, 2}, {1, 0, 0, 0}, {0, 0, 1, 1}}) {
    const oracle::Axis rows{1, 1, 1, padding.top}, columns{1, 1, 1, padding.left};
    expect_the_oracle({2, 5, 17, rows, columns, padding, 4, 7}, DType::float32, 5);
  }
}

// The oracle of the fast kernels, where it works in several blocks of rows and groups of images itself.
TEST(ReferenceConv, IsTheOracleOverBlocksAndGroups) {
  const WithKernels reference(KernelSet::reference);
  expect_the_oracle(square(1, 16, 5, {3, 1, 2, 2}, 40, 24), DType::float32, 5);
  expect_the_oracle(square(17, 3, 4, {3, 1, 1, 1}, 5, 6), DType::float32, 5);
}

// Enough work for several tasks: cut into groups of rows, of columns and of channels.
TEST_P(FastConv, IsTheOracleWhereWorkIsCutForThreads) {
  const WithKernels fast(GetParam());
  const WithThreads three(3);
  const ConvCase rows = square(2, 16, 40, {3, 1, 1, 1}, 20, 24);
  const ConvCase remainder = square(4, 3, 4, {3, 1, 1, 1}, 101, 50);
  const ConvCase columns = square(1, 24, 40, {1, 1, 1, 0}, 1, 4201);
  const ConvCase channels = square(1, 70, 200, {3, 1, 2, 2}, 4, 5);
  // Vectors of 16 numbers hold two thirds of these outputs, and two blocks of dots the rest.
  const ConvCase dots = square(1, 16, 24, {3, 1, 1, 1}, 9, 20);
  for (const ConvCase& c : {rows, remainder, columns, channels, dots})
    expect_the_oracle(c, DType::float32, 5);
}

// With many pixels and few channels a filter gradient sums the taps of three rows at once, if its outputs
// fill one vector at most: one of them on every instruction set, four on most.
TEST_P(FastConv, IsTheOracleWhereThreeRowsAreSummedAtOnce) {
  const WithKernels fast(GetParam());
  const WithThreads three(3);
  const ConvCase one = square(2, 1, 1, {3, 1, 1, 1}, 70, 60);
  const ConvCase four = square(2, 1, 4, {3, 1, 1, 1}, 70, 60);
  const ConvCase apart = square(2, 3, 4, {3, 2, 2, 2}, 140, 122);
  const ConvCase wide = square(2, 3, 16, {3, 1, 1, 1}, 66, 67);
  for (const ConvCase& c : {one, four, apart, wide}) expect_the_oracle(c, DType::float32, 5);
}

// The infinite cotangent of the first pixel meets two taps by two, whatever a tile sums: with 3 -> 1 channels
// its vectors run over those of x, with 8 -> 5 over three columns, with 1 -> 4 of a large image over three
// rows.
TEST_P(FastConv, AnInfiniteCotangentReachesItsOwnTapsAlone) {
  const WithKernels fast(GetParam());
  struct Channels {
    Int in, out, rows, columns;
  };
  for (const Channels& c : {Channels{3, 1, 6, 40}, {8, 5, 6, 40}, {1, 4, 100, 90}}) {
    for (const Int rate : {1, 2}) {
      const Tensor x = Tensor::ones({1, c.rows, c.columns, c.in}, DType::float32);
      std::vector<double> cotangent(static_cast<std::size_t>(c.rows * c.columns * c.out), 1);
      for (Int o = 0; o < c.out; ++o)
        cotangent[static_cast<std::size_t>(o)] = std::numeric_limits<double>::infinity();
      const Tensor g = Tensor({1, c.rows, c.columns, c.out}, cotangent).cast(DType::float32);
      const Variable w = conv2d_filter_grad(x, g, {3, 3, c.in, c.out}, {.rate = rate});
      const std::vector<float> got = w.value().to_vector<float>();
      for (std::size_t i = 0; i < got.size(); ++i) {
        const Int tap = static_cast<Int>(i) / (c.in * c.out);
        const bool met = tap / 3 > 0 && tap % 3 > 0;
        EXPECT_EQ(std::isinf(got[i]), met) << c.in << " -> " << c.out << ", tap " << tap;
        EXPECT_FALSE(std::isnan(got[i])) << c.in << " -> " << c.out << ", tap " << tap;
      }
    }
  }
}

// Lanes without an output, and those of channels that share a vector, never reach an output. (A window that
// lies inside the image, so that no padding meets the infinite number.)
TEST_P(FastConv, AnInfinitePixelReachesItsOwnWindowsAlone) {
  const WithKernels fast(GetParam());
  for (const auto& [in, out] : {std::array<Int, 2>{8, 3}, {5, 15}, {16, 24}, {16, 5}, {17, 33}}) {
    std::vector<double> pixels(static_cast<std::size_t>(9 * 30 * in), 1);
    pixels[static_cast<std::size_t>((4 * 30 + 15) * in)] = std::numeric_limits<double>::infinity();
    const Tensor x = Tensor({1, 9, 30, in}, pixels).cast(DType::float32);
    const Tensor w = Tensor::ones({3, 3, in, out}, DType::float32);
    const std::vector<float> y = conv2d(x, w, {.padding = "VALID"}).value().to_vector<float>();
    for (std::size_t i = 0; i < y.size(); ++i) {
      const Int pixel = static_cast<Int>(i) / out, row = pixel / 28, column = pixel % 28;
      const bool met = row >= 2 && row <= 4 && column >= 13 && column <= 15;
      EXPECT_EQ(std::isinf(y[i]), met) << in << " -> " << out << ", row " << row << ", column " << column;
      EXPECT_FALSE(std::isnan(y[i])) << in << " -> " << out << ", row " << row << ", column " << column;
    }
  }
}

TEST_P(FastConv, MatrixProductsAreLoops) {
  const WithKernels fast(GetParam());
  for (const auto& [m, k, n] :
       {std::array<Int, 3>{1, 1, 1}, {7, 5, 3}, {15, 40, 33}, {64, 384, 10}, {200, 97, 70}, {5000, 40, 33}}) {
    const Tensor a = integers({m, k}, DType::float32, 1), b = integers({k, n}, DType::float32, 2);
    const Variable tracked_a = track(a), tracked_b = track(b);
    const Tensor g = integers({m, n}, DType::float32, 3);
    const Variable y = matmul(tracked_a, tracked_b);
    const std::vector<Variable> gradients = vjp(y, {tracked_a, tracked_b}, g);
    // A product is a 1x1 convolution of a row of m pixels.
    const Array x(a.reshaped({1, 1, m, k})), w(b.reshaped({1, 1, k, n})), v(g.reshaped({1, 1, m, n}));
    const oracle::Window window{{1}, {1}};
    const std::string sizes = text(m, ' ', k, ' ', n);
    EXPECT_EQ(numbers(y), oracle::conv(x, w, window, 1, m).values) << "matmul " << sizes;
    EXPECT_EQ(numbers(gradients[0]), oracle::transposed(v, w, window, 1, m).values) << "matmul_nt " << sizes;
    EXPECT_EQ(numbers(gradients[1]), oracle::filter_grad(x, v, window).values) << "matmul_tn " << sizes;
  }
}

// Each operand as it is or transposed, which no op asks of both at once.
TEST_P(FastConv, MatrixProductsAreThoseOfTransposes) {
  const Tensor a = integers({7, 5}, DType::float32, 1), b = integers({5, 3}, DType::float32, 2);
  const Tensor a_t = permute(a, {1, 0}).value(), b_t = permute(b, {1, 0}).value();
  const Array x(a.reshaped({1, 1, 7, 5})), w(b.reshaped({1, 1, 5, 3}));
  const oracle::Window window{{1}, {1}};
  const std::vector<double> expected = oracle::conv(x, w, window, 1, 7).values;
  const auto expect_products = [&](const std::string& kernels_in_use) {
    for (const bool left : {false, true}) {
      for (const bool right : {false, true}) {
        EXPECT_EQ(numbers(kernels::matmul(left ? a_t : a, left, right ? b_t : b, right)), expected)
            << "kernels::matmul, " << kernels_in_use << ", transposed: " << left << ' ' << right;
      }
    }
  };
  {
    const WithKernels fast(GetParam());
    expect_products(GetParam());
  }
  const WithKernels reference(KernelSet::reference);
  expect_products("reference");
}

// Real numbers, whose sums depend on their order: it must not depend on the threads. Channels of full and of
// partial vectors, of dots, and of every way in which a filter gradient sums.
TEST_P(FastConv, ThreadsDoNotChangeABit) {
  const WithKernels fast(GetParam());
  struct Channels {
    Int in, out, rate;
  };
  for (const Channels& c : {Channels{20, 40, 2}, {16, 16, 1}, {8, 4, 1}, {4, 1, 3}, {1, 4, 1}, {5, 24, 1}}) {
    const Conv2dOptions options{.rate = c.rate, .padding = "SAME"};
    const auto triple = [&](int count) {
      const WithThreads some(count);
      const Tensor x = uniform({3, 60, 54, c.in}, DType::float32, Key{1}, -1, 1);
      const Tensor w = uniform({3, 3, c.in, c.out}, DType::float32, Key{2}, -1, 1);
      const Tensor y = conv2d(x, w, options).value();
      return std::vector{y, conv2d_transpose(y, w, x.shape(), options).value(),
                         conv2d_filter_grad(x, y, w.shape(), options).value()};
    };
    const std::vector<Tensor> alone = triple(1);
    for (const int count : {2, 3}) {
      const std::vector<Tensor> together = triple(count);
      for (std::size_t k = 0; k < alone.size(); ++k) {
        EXPECT_TRUE(same_bits(together[k], alone[k]))
            << c.in << " -> " << c.out << ", " << count << " threads, " << k;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, FastConv, testing::ValuesIn(simd_targets()),
                         [](const auto& one) { return one.param; });

// Of a convolution with stride 1 of rows that keep their width.
kernels::fast::ColumnSegments segments_of_rows(Int width, std::vector<kernels::fast::ColumnTap> taps) {
  kernels::fast::GatherPlan plan{};
  plan.in_width = plan.out_width = width;
  plan.phases = {{.first = 0, .step_out = 1, .count = width, .step_in = 1, .taps = std::move(taps)}};
  return kernels::fast::column_segments(plan);
}

// At rate 16 on 32 columns a tap reaches half of them: no zero is multiplied, and none is copied beside the
// image.
TEST(ColumnSegments, LargeRatesCutRowsWhereATapReachesIn) {
  const kernels::fast::ColumnSegments s = segments_of_rows(32, {{0, -16}, {1, 0}, {2, 16}});
  ASSERT_EQ(s.segments.size(), 2U);
  EXPECT_EQ(s.left, 0);
  EXPECT_EQ(s.right, 0);
  EXPECT_EQ(s.segments[0].count, 16);
  ASSERT_EQ(s.segments[0].runs.size(), 2U);
  EXPECT_EQ(s.segments[0].runs[0].shift, 0);
  EXPECT_EQ(s.segments[0].runs[1].shift, 16);
  EXPECT_EQ(s.segments[1].runs[0].shift, -16);
}

TEST(ColumnSegments, NarrowReachesAreCutOutToo) {
  const kernels::fast::ColumnSegments s = segments_of_rows(64, {{0, -60}, {1, 0}, {2, 60}});
  ASSERT_EQ(s.segments.size(), 3U);
  EXPECT_EQ(s.segments[1].count, 56);
  EXPECT_EQ(s.segments[1].runs.size(), 1U);
  EXPECT_EQ(s.left, 0);
  EXPECT_EQ(s.right, 0);
}

TEST(ColumnSegments, NeighbouringTapsAreOneRun) {
  const kernels::fast::ColumnSegments s = segments_of_rows(10, {{0, -1}, {1, 0}, {2, 1}});
  ASSERT_EQ(s.segments.size(), 1U);
  ASSERT_EQ(s.segments[0].runs.size(), 1U);
  EXPECT_EQ(s.segments[0].runs[0].taps, 3);
  EXPECT_EQ(s.left, 1);
  EXPECT_EQ(s.right, 1);
}

using kernels::fast::ColumnPart;

std::vector<std::array<Int, 4>> numbers_of(const std::vector<ColumnPart>& parts) {
  std::vector<std::array<Int, 4>> all;
  for (const ColumnPart& part : parts) all.push_back({part.first, part.count, part.b, part.taps});
  return all;
}

// pytorch#4500: double backward of a dilated transpose disagreed between two implementations, where filters
// were expanded from one number. Every sum here is of integers, so that reference and fast are equal.
TEST_P(FastConv, pytorch_4500_OrderTwoIsThatOfTheReference) {
  const std::vector<Conv2dOptions> all{
      {.rate = 2}, {.stride = 2, .rate = 2}, {{2, 1}, {1, 3}, ExplicitPadding{2, 1, 0, 3}}};
  for (const Conv2dOptions& options : all) {
    const auto second_order = [&](DType dtype, bool transposed) {
      const Variable x = track(integers({2, 9, 8, 3}, dtype, 1)),
                     one = track(integers({1, 1, 1, 3}, dtype, 2));
      const Variable f = broadcast_to(one, {3, 3, 3, 3});
      const Variable y = transposed ? conv2d_transpose(x, f, options) : conv2d(x, f, options);
      const Variable u = track(integers(y.shape(), dtype, 3));
      const std::vector<Variable> g = vjp(y, {x, one}, u, CreateGraph::yes);
      const Variable z =
          sum(g[0] * integers(x.shape(), dtype, 4)) + sum(g[1] * integers(one.shape(), dtype, 5));
      std::vector<std::vector<double>> numbers_of_all;
      for (const Variable& h : grad(z, {x, one, u})) numbers_of_all.push_back(numbers(h));
      return numbers_of_all;
    };
    for (const DType dtype : {DType::float32, DType::float64}) {
      for (const bool transposed : {false, true}) {
        const auto fast = second_order(dtype, transposed);
        const WithKernels reference(KernelSet::reference);
        EXPECT_EQ(fast, second_order(dtype, transposed)) << dtype << (transposed ? ", transposed" : "");
      }
    }
  }
}

// Rate 2 with two zeros before: input column q meets output column q + 2 - 2 b.
TEST(FilterColumns, InputColumnsMeetTheTapsThatFindAnOutput) {
  const WindowAxis axis{.in = 10, .out = 10, .taps = 3, .stride = 1, .rate = 2, .before = 2};
  EXPECT_EQ(numbers_of(kernels::fast::input_column_parts(axis, 3)),
            (std::vector<std::array<Int, 4>>{{0, 2, 0, 2}, {2, 6, 0, 3}, {8, 2, 1, 2}}));
}

TEST(FilterColumns, ManyTapsAreCutIntoEvenParts) {
  const WindowAxis axis{.in = 9, .out = 3, .taps = 7, .stride = 1, .rate = 1, .before = 0};
  for (const ColumnPart& part : kernels::fast::input_column_parts(axis, 3)) EXPECT_LE(part.taps, 3);
  std::array<Int, 7> met{};
  for (const ColumnPart& part : kernels::fast::input_column_parts(axis, 3)) {
    for (Int b = part.b; b < part.b + part.taps; ++b) met[static_cast<std::size_t>(b)] += part.count;
  }
  EXPECT_EQ(met, (std::array<Int, 7>{3, 3, 3, 3, 3, 3, 3})) << "each tap meets each output once";
}

TEST(FilterColumns, NeighbouringTapsOfOutputColumnsAreTogether) {
  WindowAxis axis{.in = 8, .out = 8, .taps = 3, .stride = 1, .rate = 1, .before = 1};
  EXPECT_EQ(numbers_of(kernels::fast::column_parts(axis)),
            (std::vector<std::array<Int, 4>>{{0, 1, 1, 2}, {1, 6, 0, 3}, {7, 1, 0, 2}}));
  axis.rate = axis.before = 3;
  EXPECT_EQ(numbers_of(kernels::fast::column_parts(axis)),
            (std::vector<std::array<Int, 4>>{{3, 5, 0, 1}, {0, 8, 1, 1}, {0, 5, 2, 1}}));
}

}  // namespace
}  // namespace trous
