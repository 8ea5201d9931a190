// The fast resampling, for every instruction set that this processor has, on images of several tasks: against
// loops in long double, whose coordinates are exact fractions, within the roundings that the kernels may
// make. u is one rounding of the dtype.
#include <core/with_threads.h>
#include <limits>
#include <ops/support.h>
#include <ops/with_kernels.h>
#include <ops/within.h>

#include <gtest/gtest.h>

#include <trous/ops/resize.h>

namespace trous {
namespace {

using Int = std::int64_t;
using Real = long double;

// Output i lies at (i + 1/2) in / out - 1/2 = ((2 i + 1) in - out) / (2 out), clamped.
struct Place {
  Int low, high;
  Real upper;

  Place(Int i, Int in, Int out) {
    const Int numerator = std::min(std::max<Int>((2 * i + 1) * in - out, 0), 2 * out * (in - 1));
    low = numerator / (2 * out);
    high = std::min(low + 1, in - 1);
    upper = static_cast<Real>(numerator % (2 * out)) / static_cast<Real>(2 * out);
  }
};

Int nearest(Int i, Int in, Int out) { return (2 * i + 1) * in / (2 * out); }

struct ResizeCase {
  Int images, height, width, channels, new_height, new_width;
  DType dtype;

  Shape small() const { return {images, height, width, channels}; }
  Shape large() const { return {images, new_height, new_width, channels}; }
  std::string text() const { return trous::text(small(), " to ", new_height, 'x', new_width, ", ", dtype); }
  std::size_t in(Int n, Int row, Int column, Int c) const {
    return static_cast<std::size_t>(((n * height + row) * width + column) * channels + c);
  }
  // Coordinates are float64: a product, a quotient, a difference twice, of numbers up to the extent.
  Real astray() const { return 4 * rounding(DType::float64) * static_cast<Real>(height + width); }

  // f(place in the result, n, row, column, channel of the result)
  template <class F>
  void for_each(F&& f) const {
    std::size_t at = 0;
    for (Int n = 0; n < images; ++n)
      for (Int i = 0; i < new_height; ++i)
        for (Int j = 0; j < new_width; ++j)
          for (Int c = 0; c < channels; ++c) f(at++, n, i, j, c);
  }
  // f(place in x, weight) for the four inputs of an output; some weigh 0, some are one.
  template <class F>
  void for_each_term(Int n, Int i, Int j, Int c, F&& f) const {
    const Place row(i, height, new_height), column(j, width, new_width);
    f(in(n, row.low, column.low, c), (1 - row.upper) * (1 - column.upper));
    f(in(n, row.low, column.high, c), (1 - row.upper) * column.upper);
    f(in(n, row.high, column.low, c), row.upper * (1 - column.upper));
    f(in(n, row.high, column.high, c), row.upper * column.upper);
  }
};

// Larger, smaller, larger along one axis only, by whole numbers and not.
std::vector<ResizeCase> resize_cases() {
  std::vector<ResizeCase> all;
  for (const DType dtype : {DType::float32, DType::float64}) {
    for (const Int channels : {1, 3, 5, 16, 17, 33}) {
      all.push_back({2, 20, 19, channels, 67, 76, dtype});
      all.push_back({1, 23, 150 / channels + 5, channels, 92, 600 / channels + 20, dtype});
      all.push_back({2, 61, 50, channels, 13, 21, dtype});
      all.push_back({1, 7, 90, channels, 130, 31, dtype});
    }
    all.push_back({3, 1, 1, 5, 60, 47, dtype});
    all.push_back({1, 90, 70, 3, 1, 1, dtype});
    all.push_back({1, 40, 30, 1, 300, 260, dtype});
  }
  return all;
}

// Each axis rounds both weights, a product and a sum: 4 u of what is at most the largest input, 1; and
// weights move as coordinates do, by which a value moves at most twice 1.
std::vector<Exact> resized(const ResizeCase& s, const std::vector<Real>& x) {
  std::vector<Exact> y(static_cast<std::size_t>(s.large().elements()));
  s.for_each([&](std::size_t at, Int n, Int i, Int j, Int c) {
    y[at].error = 8.01L * rounding(s.dtype) + 2 * s.astray();
    s.for_each_term(n, i, j, c, [&](std::size_t from, Real weight) { y[at].value += weight * x[from]; });
  });
  return y;
}

// The outputs that an axis of an input is part of are at most 2 out / in + 2, added one by one; beyond them a
// weight's rounding and a product's for each axis. Every output moves its weights by what coordinates do.
std::vector<Exact> transposed(const ResizeCase& s, const std::vector<Real>& g) {
  std::vector<Exact> x(static_cast<std::size_t>(s.small().elements()));
  const std::int64_t rows_of_one = 2 * s.new_height / s.height, columns_of_one = 2 * s.new_width / s.width;
  const Real terms = static_cast<Real>(rows_of_one + columns_of_one + 4);
  s.for_each([&](std::size_t at, Int n, Int i, Int j, Int c) {
    s.for_each_term(n, i, j, c, [&](std::size_t to, Real weight) {
      x[to].value += weight * g[at];
      x[to].error += ((terms + 4) * 1.01L * rounding(s.dtype) * weight + s.astray()) * std::abs(g[at]);
    });
  });
  return x;
}

Tensor resize_gradient(const ResizeCase& s, const Tensor& g, Variable (*resize)(const Variable&, Int, Int)) {
  const Variable x = track(zeros(s.small(), s.dtype));
  return vjp(resize(x, s.new_height, s.new_width), {x}, g)[0].value();
}

class FastResize : public testing::TestWithParam<std::string> {};

TEST_P(FastResize, BilinearIsItsDefinition) {
  const WithKernels fast(GetParam());
  for (const ResizeCase& s : resize_cases()) {
    const Tensor x = uniform(s.small(), s.dtype, Key{1}, -1, 1);
    expect_within(resize_bilinear(x, s.new_height, s.new_width).value(), resized(s, exactly(x)), s.text());
  }
}

TEST_P(FastResize, TheTransposeOfBilinearIsItsDefinition) {
  const WithKernels fast(GetParam());
  for (const ResizeCase& s : resize_cases()) {
    const Tensor g = uniform(s.large(), s.dtype, Key{2}, -1, 1);
    expect_within(resize_gradient(s, g, resize_bilinear), transposed(s, exactly(g)), s.text());
  }
}

TEST_P(FastResize, NearestAndItsTransposeAreExact) {
  const WithKernels fast(GetParam());
  for (const ResizeCase& s : resize_cases()) {
    const Tensor x = integers(s.small(), s.dtype, 1), g = integers(s.large(), s.dtype, 2);
    const std::vector<double> from = numbers(x), cotangent = numbers(g);
    std::vector<double> y(cotangent.size()), sum(from.size());
    s.for_each([&](std::size_t at, Int n, Int i, Int j, Int c) {
      const std::size_t place =
          s.in(n, nearest(i, s.height, s.new_height), nearest(j, s.width, s.new_width), c);
      y[at] = from[place];
      sum[place] += cotangent[at];
    });
    EXPECT_EQ(numbers(resize_nearest(x, s.new_height, s.new_width)), y) << s.text();
    EXPECT_EQ(numbers(resize_gradient(s, g, resize_nearest)), sum) << s.text();
  }
}

// Three times larger, the middle one of three pixels is the input itself. Only what blends an input that is
// not finite is not finite.
TEST_P(FastResize, WhatWeighsNothingIsNotRead) {
  const WithKernels fast(GetParam());
  constexpr double inf = std::numeric_limits<double>::infinity();
  for (const DType dtype : {DType::float32, DType::float64}) {
    for (const Int channels : {1, 3, 17}) {
      const ResizeCase s{1, 30, 40, channels, 90, 120, dtype};
      std::vector<double> values = numbers(integers(s.small(), dtype, 1));
      for (std::size_t i = 0; i < values.size(); i += 7)
        values[i] = i % 3 == 0 ? std::nan("") : i % 3 == 1 ? inf : -inf;
      const Tensor x = Tensor(s.small(), values).cast(dtype);
      const std::vector<double> y = numbers(resize_bilinear(x, 90, 120));
      s.for_each([&](std::size_t at, Int n, Int i, Int j, Int c) {
        bool finite = true;
        s.for_each_term(n, i, j, c, [&](std::size_t from, Real weight) {
          finite = finite && (weight == 0 || std::isfinite(values[from]));
        });
        ASSERT_EQ(std::isfinite(y[at]), finite) << i << ' ' << j << ' ' << c;
        if (finite && i % 3 == 1 && j % 3 == 1) {
          ASSERT_EQ(y[at], values[s.in(n, i / 3, j / 3, c)]);
        }
      });
      EXPECT_TRUE(same_bits(resize_bilinear(x, 30, 40).value(), x)) << "at its own size";
    }
  }
}

TEST_P(FastResize, ThreadsDoNotChangeABit) {
  const WithKernels fast(GetParam());
  for (const ResizeCase& s : resize_cases()) {
    const auto both = [&](int count) {
      const WithThreads some(count);
      wake_threads();
      const Tensor x = uniform(s.small(), s.dtype, Key{1}, -1, 1),
                   g = uniform(s.large(), s.dtype, Key{2}, -1, 1);
      return std::pair(resize_bilinear(x, s.new_height, s.new_width).value(),
                       resize_gradient(s, g, resize_bilinear));
    };
    const auto [value, gradient] = both(1);
    for (const int count : {2, 3}) {
      const auto together = both(count);
      EXPECT_TRUE(same_bits(together.first, value)) << s.text() << ", " << count << " threads";
      EXPECT_TRUE(same_bits(together.second, gradient)) << s.text() << ", " << count << " threads";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, FastResize, testing::ValuesIn(simd_targets()),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace trous
