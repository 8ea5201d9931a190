// The fast depthwise convolutions and pooling, for every instruction set that this processor has, against
// plain loops: on whole numbers they are equal, so no tap, border, tail of channels or phase may be off by
// anything.
#include <cmath>
#include <core/with_threads.h>
#include <limits>
#include <ops/conv_case.h>
#include <ops/conv_compare.h>
#include <ops/with_kernels.h>

#include <gtest/gtest.h>

#include <trous/ops/depthwise_conv2d.h>
#include <trous/ops/pool.h>

namespace trous {
namespace {

using oracle::Array;
using oracle::Int;

// Channels around the widths of vectors; columns from one to several tiles.
ConvCase random_case(Key key, bool pool) {
  Random random(key);
  ConvCase c{};
  c.batch = one_of(random, {1, 1, 2, 3});
  c.in_channels = one_of(random, {1, 2, 3, 4, 5, 6, 7, 8, 12, 15, 16, 17, 20, 31, 32, 33});
  c.out_channels = pool ? 1 : one_of(random, {1, 1, 1, 2, 3, 4, 5});
  for (oracle::Axis* axis : {&c.height, &c.width}) {
    *axis = {.taps = one_of(random, {1, 2, 2, 3, 3, 3, 4, 5}),
             .stride = one_of(random, {1, 1, 1, 2, 2, 3}),
             .rate = pool ? 1 : one_of(random, {1, 1, 2, 3, 7})};
  }
  place(
      c, random, [&](const oracle::Axis& a) { return pool ? a.taps - 1 : a.span(); }, 7);
  return c;
}

// Of a dense filter gradient, what stands between channel c and channel c M + m.
Array depthwise_part(const Array& dense, const Shape& filters) {
  Array w(filters);
  for (Int a = 0; a < filters[0]; ++a)
    for (Int b = 0; b < filters[1]; ++b)
      for (Int c = 0; c < filters[2]; ++c)
        for (Int m = 0; m < filters[3]; ++m) w.at(a, b, c, m) = dense.at(a, b, c, c * filters[3] + m);
  return w;
}

void expect_the_dense_convolution(const ConvCase& c, DType dtype, std::uint64_t seed) {
  const Tensor x = integers(c.image(), dtype, seed), w = integers(c.filters(), dtype, seed + 1);
  const TrilinearForm form = depthwise_conv2d_form(x.shape(), w.shape(), c.options(), dtype);
  const Tensor y = form.contract[2](x, w);
  const oracle::Window window{c.height, c.width};
  const Array dense = oracle::dense_filters(Array(w));
  expect_exactly(y, oracle::conv(Array(x), dense, window, y.shape()[1], y.shape()[2]),
                 "depthwise_conv2d, " + c.text());
  const Tensor g = integers(y.shape(), dtype, seed + 2);
  expect_exactly(form.contract[0](g, w), oracle::transposed(Array(g), dense, window, c.rows, c.columns),
                 "depthwise_conv2d_transpose, " + c.text());
  expect_exactly(form.contract[1](x, g),
                 depthwise_part(oracle::filter_grad(Array(x), Array(g), window), c.filters()),
                 "depthwise_conv2d_filter_grad, " + c.text());
}

// Calls f(n, i, j, row, column, whether it is the window's first) for the pixels of every window, in order.
template <class F>
void each_pixel(const ConvCase& c, Int out_height, Int out_width, F&& f) {
  for (Int n = 0; n < c.batch; ++n)
    for (Int i = 0; i < out_height; ++i)
      for (Int j = 0; j < out_width; ++j) {
        bool first = true;
        for (Int a = 0; a < c.height.taps; ++a)
          for (Int b = 0; b < c.width.taps; ++b) {
            const Int row = i * c.height.stride + a - c.height.begin,
                      column = j * c.width.stride + b - c.width.begin;
            if (row < 0 || row >= c.rows || column < 0 || column >= c.columns) continue;
            f(n, i, j, row, column, std::exchange(first, false));
          }
      }
}

// Few numbers, so that there are ties; where the test asks, one in eight is NaN.
Tensor with_ties(const Shape& shape, DType dtype, std::uint64_t seed, bool nan) {
  std::vector<double> values;
  for (const double v : numbers(integers(shape, DType::float64, seed)))
    values.push_back(nan && v == 3 ? std::numeric_limits<double>::quiet_NaN() : std::fmod(v, 3));
  return Tensor(shape, values).cast(dtype);
}

// The winner's value, and the gradient where it stood.
void expect_the_largest(const ConvCase& c, DType dtype, std::uint64_t seed, bool nan) {
  const Tensor x = with_ties(c.image(), dtype, seed, nan);
  const Array in(x);
  const Variable tracked = track(x), y = max_pool2d(tracked, c.pool());
  const Tensor g = integers(y.shape(), dtype, seed + 1);
  const Array up(g);
  Array value(y.shape()), place(y.shape()), grad(c.image());
  each_pixel(c, y.shape()[1], y.shape()[2], [&](Int n, Int i, Int j, Int row, Int column, bool first) {
    for (Int k = 0; k < c.in_channels; ++k) {
      const double v = in.at(n, row, column, k), held = value.at(n, i, j, k);
      if (!first && !(v > held) && !(std::isnan(v) && !std::isnan(held))) continue;
      value.at(n, i, j, k) = v;
      place.at(n, i, j, k) = static_cast<double>(row * c.columns + column);
    }
  });
  for (Int n = 0; n < c.batch; ++n)
    for (Int i = 0; i < y.shape()[1]; ++i)
      for (Int j = 0; j < y.shape()[2]; ++j)
        for (Int k = 0; k < c.in_channels; ++k) {
          const Int at = static_cast<Int>(place.at(n, i, j, k));
          grad.at(n, at / c.columns, at % c.columns, k) += up.at(n, i, j, k);
        }
  const std::vector<double> got = numbers(y);
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_TRUE(got[i] == value.values[i] || (std::isnan(got[i]) && std::isnan(value.values[i])))
        << "max_pool2d, " << c.text() << ", " << dtype << ", element " << i << ": " << got[i] << " for "
        << value.values[i];
  }
  expect_exactly(vjp(y, {tracked}, g)[0].value(), grad, "gradient of max_pool2d, " + c.text());
}

// Sums times 1 / size, in the order of the loops, so that all but the rounding of a product is equal.
void expect_the_means(const ConvCase& c, DType dtype, std::uint64_t seed) {
  const Tensor x = integers(c.image(), dtype, seed);
  const Array in(x);
  const Variable tracked = track(x), y = average_pool2d(tracked, c.pool());
  const Tensor g = integers(y.shape(), dtype, seed + 1);
  const Array up(g);
  Array value(y.shape()), size(y.shape()), grad(c.image());
  each_pixel(c, y.shape()[1], y.shape()[2], [&](Int n, Int i, Int j, Int row, Int column, bool) {
    for (Int k = 0; k < c.in_channels; ++k) {
      value.at(n, i, j, k) += in.at(n, row, column, k);
      size.at(n, i, j, k) += 1;
    }
  });
  each_pixel(c, y.shape()[1], y.shape()[2], [&](Int n, Int i, Int j, Int row, Int column, bool) {
    for (Int k = 0; k < c.in_channels; ++k)
      grad.at(n, row, column, k) += up.at(n, i, j, k) / size.at(n, i, j, k);
  });
  const double unit = 40 * 10 * (dtype == DType::float32 ? 0x1p-24 : 0x1p-53);
  const std::vector<double> got = numbers(y), got_grad = numbers(vjp(y, {tracked}, g)[0]);
  for (std::size_t i = 0; i < got.size(); ++i)
    ASSERT_NEAR(got[i], value.values[i] / size.values[i], unit)
        << "average_pool2d, " << c.text() << ", " << dtype << ", element " << i;
  for (std::size_t i = 0; i < got_grad.size(); ++i)
    ASSERT_NEAR(got_grad[i], grad.values[i], unit)
        << "gradient of average_pool2d, " << c.text() << ", " << dtype << ", element " << i;
}

class FastWindows : public testing::TestWithParam<std::string> {};

TEST_P(FastWindows, DepthwiseIsTheDenseConvolutionAtRandomGeometries) {
  const WithKernels fast(GetParam());
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    expect_the_dense_convolution(random_case(Key{seed}, false),
                                 seed % 3 == 2 ? DType::float64 : DType::float32, 10 * seed);
    if (HasFailure()) return;
  }
}

TEST_P(FastWindows, PoolingIsItsLoopsAtRandomGeometries) {
  const WithKernels fast(GetParam());
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    const ConvCase c = random_case(Key{seed}, true);
    const DType dtype = seed % 3 == 2 ? DType::float64 : DType::float32;
    expect_the_largest(c, dtype, 10 * seed, seed % 2 == 1);
    expect_the_means(c, dtype, 10 * seed);
    if (HasFailure()) return;
  }
}

// Rows and columns that no tap reaches are zeros; strides beyond the image; a filter of more taps than
// registers.
TEST_P(FastWindows, DepthwiseIsTheDenseConvolutionWhereTapsReachLittle) {
  const WithKernels fast(GetParam());
  const ConvCase beyond{1, 5, 1, {3, 1, 30, 30}, {3, 1, 30, 30}, {30, 30, 30, 30}, 9, 21};
  const ConvCase gaps{2, 17, 1, {1, 3, 1, 0}, {2, 4, 1, 1}, {0, 0, 1, 0}, 13, 30};
  const ConvCase small_gaps{2, 3, 2, {1, 3, 1, 0}, {2, 4, 1, 1}, {0, 0, 1, 0}, 13, 30};
  const ConvCase far{1, 3, 1, {1, 50, 1, 0}, {1, 50, 1, 0}, {0, 0, 0, 0}, 4, 5};
  const ConvCase many{1, 20, 1, {7, 1, 1, 3}, {9, 1, 1, 4}, {3, 3, 4, 4}, 11, 19};
  for (const ConvCase& c : {beyond, gaps, small_gaps, far, many})
    expect_the_dense_convolution(c, DType::float32, 5);
}

// Enough work for several tasks, of one image and of several, and more rows than parts of a filter gradient.
TEST_P(FastWindows, AreTheirLoopsWhereWorkIsCutForThreads) {
  const WithKernels fast(GetParam());
  const WithThreads three(3);
  const ConvCase one{1, 24, 1, {3, 1, 1, 1}, {3, 1, 1, 1}, {1, 1, 1, 1}, 51, 50};
  const ConvCase several{5, 3, 1, {3, 2, 1, 1}, {3, 2, 1, 1}, {1, 1, 1, 1}, 79, 101};
  const ConvCase multiplied{3, 6, 3, {3, 1, 2, 2}, {3, 1, 2, 2}, {2, 2, 2, 2}, 37, 30};
  for (const ConvCase& c : {one, several, multiplied}) expect_the_dense_convolution(c, DType::float32, 5);
  for (const ConvCase& c : {one, several}) {
    expect_the_largest(c, DType::float32, 5, true);
    expect_the_means(c, DType::float32, 5);
  }
}

// A copied row has no room for what lies between pixels that never meet.
TEST_P(FastWindows, AStrideMayBeFarLongerThanTheImage) {
  const WithKernels fast(GetParam());
  constexpr Int far = Int{1} << 40;
  for (const Int channels : {1, 3, 17}) {
    const ConvCase c{2, channels, 2, {2, far, 1, 1}, {3, far, 1, 1}, {1, 0, 1, 0}, 5, 7};
    expect_the_largest(c, DType::float32, 3, false);
    expect_the_means(c, DType::float32, 4);
    expect_the_dense_convolution(c, DType::float32, 5);
  }
}

// Means of whole numbers over four pixels.
TEST_P(FastWindows, MeansOfFourAreExact) {
  const WithKernels fast(GetParam());
  for (const Int channels : {1, 3, 17, 32}) {
    for (const DType dtype : {DType::float32, DType::float64}) {
      const Tensor x = integers({2, 6, 10, channels}, dtype, 1);
      const Array in(x);
      Array means({2, 3, 5, channels});
      for (Int n = 0; n < 2; ++n)
        for (Int i = 0; i < 6; ++i)
          for (Int j = 0; j < 10; ++j)
            for (Int k = 0; k < channels; ++k) means.at(n, i / 2, j / 2, k) += in.at(n, i, j, k) / 4;
      expect_exactly(average_pool2d(x).value(), means, text(channels, " channels"));
    }
  }
}

// Nothing beside an image is read, not even as a zero times an infinite weight.
TEST_P(FastWindows, InfiniteWeightsMeetNoPadding) {
  const WithKernels fast(GetParam());
  const double infinite = std::numeric_limits<double>::infinity();
  for (const Int channels : {3, 20}) {
    const Tensor x = Tensor::full({1, 4, 5, channels}, DType::float32, 1);
    const Tensor w = Tensor::full({3, 3, channels, 1}, DType::float32, infinite);
    for (const double v : numbers(depthwise_conv2d(x, w, {.rate = 2, .padding = "SAME"})))
      EXPECT_EQ(v, infinite);
    const TrilinearForm form =
        depthwise_conv2d_form(x.shape(), w.shape(), {.padding = "SAME"}, DType::float32);
    for (const double v : numbers(form.contract[0](x, w))) EXPECT_EQ(v, infinite);
  }
}

TEST_P(FastWindows, MeansOfTheLargestNumbersAreFinite) {
  const WithKernels fast(GetParam());
  const double largest = 0x1p127;
  for (const double v : numbers(average_pool2d(Tensor::full({1, 4, 4, 3}, DType::float32, largest))))
    EXPECT_EQ(v, largest);
}

// Real numbers, whose sums depend on their order: it must not depend on the threads.
TEST_P(FastWindows, ThreadsDoNotChangeABit) {
  const WithKernels fast(GetParam());
  const auto results = [&](int count, Int channels, Int multiplier) {
    const WithThreads some(count);
    const Tensor x = uniform({3, 50, 54, channels}, DType::float32, Key{1}, -1, 1);
    const Tensor w = uniform({3, 3, channels, multiplier}, DType::float32, Key{2}, -1, 1);
    const TrilinearForm form =
        depthwise_conv2d_form(x.shape(), w.shape(), {.rate = 2, .padding = "SAME"}, DType::float32);
    const Tensor y = form.contract[2](x, w);
    const Variable tracked = track(x);
    const Variable mean = average_pool2d(tracked, {.window = 3, .stride = 2, .padding = Padding::same});
    const Variable most = max_pool2d(tracked, {.window = 3, .stride = 1, .padding = Padding::same});
    return std::vector{y,
                       form.contract[0](y, w),
                       form.contract[1](x, y),
                       mean.value(),
                       most.value(),
                       vjp(mean, {tracked}, uniform(mean.shape(), DType::float32, Key{3}, -1, 1))[0].value(),
                       vjp(most, {tracked}, uniform(most.shape(), DType::float32, Key{4}, -1, 1))[0].value()};
  };
  for (const auto& [channels, multiplier] : {std::pair<Int, Int>{20, 1}, {5, 1}, {6, 3}}) {
    const std::vector<Tensor> alone = results(1, channels, multiplier);
    for (const int count : {2, 3}) {
      const std::vector<Tensor> together = results(count, channels, multiplier);
      for (std::size_t k = 0; k < alone.size(); ++k)
        EXPECT_TRUE(same_bits(together[k], alone[k])) << count << " threads, " << k;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, FastWindows, testing::ValuesIn(simd_targets()),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace trous
