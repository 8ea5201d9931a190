// The fast batch normalisation, for every instruction set that this processor has, on images of several
// chunks of memory: against loops in long double from the definitions in ops/kernels/batch_norm.h, within
// the roundings that the kernels may make. u is one rounding of the dtype.
#include <algorithm>
#include <core/with_threads.h>
#include <limits>
#include <ops/support.h>
#include <ops/with_kernels.h>
#include <ops/within.h>

#include <gtest/gtest.h>

#include <trous/ops/batch_norm.h>
#include <trous/ops/kernels/batch_norm.h>

namespace trous {
namespace {

using Real = long double;
using Reals = std::vector<Real>;

constexpr std::int64_t chunk = 1 << 14;  // numbers whose sums are of the dtype itself
constexpr double fast_epsilon = 1e-3;

struct Sample {
  std::int64_t rows, channels;
  DType dtype;
  std::size_t count() const { return static_cast<std::size_t>(rows * channels); }
  std::size_t channel(std::size_t i) const { return i % static_cast<std::size_t>(channels); }
  std::string text() const { return trous::text(rows, " rows, ", channels, " channels, ", dtype); }
  Shape shape() const { return {rows, channels}; }

  // Additions to one number in a chunk: four sums for each vector, added up at the end.
  Real additions() const {
    const std::int64_t chunk_rows = chunk / channels;
    return static_cast<Real>(chunk_rows) / 4 + 6;
  }
  // Those of float64 behind: up to 16 lanes, then chunks.
  Real all_additions() const { return additions() + 16 + chunks(); }
  // Some are a little shorter than others.
  Real chunks() const {
    const std::int64_t whole = 2 * rows * channels / chunk;
    return static_cast<Real>(whole + 1);
  }
};

// Three whole chunks and a part whose last vector is not full, around the widths of vectors.
std::vector<Sample> samples() {
  std::vector<Sample> all;
  for (const DType dtype : {DType::float32, DType::float64})
    for (const std::int64_t channels : {1, 3, 5, 16, 17, 33})
      all.push_back({(3 * chunk + 5000) / channels + 7, channels, dtype});
  return all;
}

// Each channel has a mean and a width of its own, and drifts, so that chunks have different means.
Tensor drifting(const Sample& s, Real mean, Real width) {
  Reals x = exactly(uniform(s.shape(), DType::float64, Key{7}, -1, 1));
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Real c = static_cast<Real>(s.channel(i) + 1),
               place = static_cast<Real>(i) / static_cast<Real>(x.size());
    x[i] = mean * c + width / c * (x[i] + 4 * place * place);
  }
  return Tensor(s.shape(), std::vector<double>(x.begin(), x.end())).cast(s.dtype);
}

struct ExactMoments {
  Reals mean, variance, range, largest;
};

ExactMoments exact_moments(const Sample& s, const Reals& x) {
  const auto channels = static_cast<std::size_t>(s.channels);
  const Real rows = static_cast<Real>(s.rows);
  Reals low(channels, std::numeric_limits<Real>::infinity()), high = low;
  for (Real& h : high) h = -h;
  ExactMoments m{Reals(channels), Reals(channels), {}, {}};
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t c = s.channel(i);
    m.mean[c] += (x[i] - x[c]) / rows;
    low[c] = std::min(low[c], x[i]);
    high[c] = std::max(high[c], x[i]);
  }
  for (std::size_t c = 0; c < channels; ++c) m.mean[c] += x[c];
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Real apart = x[i] - m.mean[s.channel(i)];
    m.variance[s.channel(i)] += apart * apart / rows;
  }
  for (std::size_t c = 0; c < channels; ++c) {
    m.range.push_back(high[c] - low[c]);
    m.largest.push_back(std::max(std::abs(low[c]), std::abs(high[c])));
  }
  return m;
}

// In a chunk a centre is found, then the mean of what is left (`apart`, no longer than `far`), whose error is
// below `lost`: a subtraction and k additions of numbers below the range. The squares: k additions, a square
// and a subtraction twice, relative to the sum of squares, which has `far` squared more than those around the
// mean; and minus apart squared. Merging adds up means in float64, chunk by chunk, and squares the distance
// of two (`astray`). Results are rounded once.
void expect_the_moments(const Sample& s, const Tensor& x) {
  const kernels::Moments got = kernels::fast::batch_norm.moments(x);
  const ExactMoments m = exact_moments(s, exactly(x));
  const Real u = rounding(s.dtype), k = s.all_additions() + 4;
  std::vector<Exact> mean, variance;
  for (std::size_t c = 0; c < m.mean.size(); ++c) {
    const Real lost = k * u * m.range[c], far = lost + u * m.largest[c];
    const Real astray = lost + s.chunks() * rounding(DType::float64) * m.largest[c];
    mean.push_back({m.mean[c], u * m.largest[c] + astray});
    const Real merged = 2 * astray * m.range[c] + astray * astray;
    variance.push_back(
        {m.variance[c], (k + 1) * u * (m.variance[c] + far * far) + 2 * far * lost + lost * lost + merged});
  }
  expect_within(got.mean, mean, "mean, " + s.text());
  expect_within(got.variance, variance, "variance, " + s.text());
}

// What the other kernels are given: moments, scale and offset that are not those of x.
struct Given {
  Given(const Sample& s, bool relu)
      : sample(s),
        x(drifting(s, 0.25L, 1.5L)),
        mean(uniform({s.channels}, s.dtype, Key{1}, 0, 1)),
        variance(uniform({s.channels}, s.dtype, Key{2}, 0.5, 2)),
        scale(uniform({s.channels}, s.dtype, Key{3}, -2, 2)),
        offset(uniform({s.channels}, s.dtype, Key{4}, -1, 1)),
        rectified(relu) {
    const Reals v = exactly(variance), w = exactly(scale);
    for (std::size_t c = 0; c < v.size(); ++c) {
      factor.push_back(1 / std::sqrt(v[c] + static_cast<Real>(fast_epsilon)));
      slope.push_back(w[c] * factor[c]);
    }
    const Reals at = exactly(x), m = exactly(mean), b = exactly(offset);
    for (std::size_t i = 0; i < at.size(); ++i) {
      const std::size_t c = s.channel(i);
      apart.push_back(at[i] - m[c]);
      const Real steep = apart[i] * slope[c], y = steep + b[c];
      // The slope takes 5 roundings of float64 and one, the rest a subtraction, a product and a sum.
      value.push_back({y, rounding(s.dtype) * (9 * std::abs(steep) + 2 * std::abs(y))});
    }
  }
  kernels::BatchNormCase batch() const {
    return {x, {mean, variance}, fast_epsilon, scale, offset, rectified};
  }
  std::vector<Exact> output() const {
    std::vector<Exact> y = value;
    if (rectified)
      for (Exact& e : y) e.value = std::max(e.value, Real(0));
    return y;
  }
  bool passes(std::size_t i) const { return !rectified || value[i].value > 0; }

  // No cotangent where round-off decides on which side of 0 the value lies.
  Tensor cotangent() const {
    std::vector<double> g = uniform(sample.shape(), DType::float64, Key{5}, -1, 2).to_vector<double>();
    std::int64_t unclear = 0;
    for (std::size_t i = 0; i < g.size(); ++i) {
      if (rectified && std::abs(value[i].value) <= value[i].error) {
        g[i] = 0;
        ++unclear;
      }
    }
    EXPECT_LE(unclear, sample.rows / 100) << "most elements must be judged";
    return Tensor(sample.shape(), g).cast(sample.dtype);
  }

  Sample sample;
  Tensor x, mean, variance, scale, offset;
  bool rectified;
  Reals factor, slope, apart;
  std::vector<Exact> value;
};

struct ExactSums {
  std::vector<Exact> plain, with_x;
};

// k additions each, of products that a subtraction and a multiplication rounded; then the factor's five and
// the result's.
ExactSums exact_sums(const Given& given, const Reals& g) {
  const Sample& s = given.sample;
  const auto channels = static_cast<std::size_t>(s.channels);
  ExactSums sums{std::vector<Exact>(channels), std::vector<Exact>(channels)};
  const Real plain = (s.all_additions() + 1) * rounding(s.dtype), with_x = plain + 8 * rounding(s.dtype);
  for (std::size_t i = 0; i < g.size(); ++i) {
    if (!given.passes(i)) continue;
    const std::size_t c = s.channel(i);
    const Real product = g[i] * given.apart[i] * given.factor[c];
    sums.plain[c].value += g[i];
    sums.plain[c].error += plain * std::abs(g[i]);
    sums.with_x[c].value += product;
    sums.with_x[c].error += with_x * std::abs(product);
  }
  return sums;
}

Tensor rounded(const Sample& s, const std::vector<Exact>& values) {
  std::vector<double> numbers;
  for (const Exact& e : values) numbers.push_back(static_cast<double>(e.value));
  return Tensor({s.channels}, numbers).cast(s.dtype);
}

// Three terms, none of which sees more than 12 roundings: the slope's, six of what stands before a sum, and
// the last three operations.
std::vector<Exact> exact_gradient(const Given& given, const Reals& g, const kernels::BatchNormSums& sums) {
  const Sample& s = given.sample;
  const Reals plain = exactly(sums.grad), with_x = exactly(sums.grad_normalized);
  std::vector<Exact> result;
  for (std::size_t i = 0; i < g.size(); ++i) {
    const std::size_t c = s.channel(i);
    const Real own = given.passes(i) ? given.slope[c] * g[i] : 0;
    const Real by_mean = given.slope[c] * plain[c] / static_cast<Real>(s.rows);
    const Real by_variance =
        given.slope[c] * given.apart[i] * given.factor[c] * with_x[c] / static_cast<Real>(s.rows);
    result.push_back({own - by_mean - by_variance,
                      12 * rounding(s.dtype) * (std::abs(own) + std::abs(by_mean) + std::abs(by_variance))});
  }
  return result;
}

class FastBatchNorm : public testing::TestWithParam<std::string> {};

TEST_P(FastBatchNorm, MomentsAreTheirDefinition) {
  const WithKernels fast(GetParam());
  for (const Sample& s : samples()) expect_the_moments(s, drifting(s, 0.25L, 1.5L));
}

// Where a mean is a million times its deviation: a sum of such numbers has lost the deviation.
TEST_P(FastBatchNorm, LargeMeansKeepTheirVariance) {
  const WithKernels fast(GetParam());
  for (const Sample& s : samples()) expect_the_moments(s, drifting(s, 1e4L, 1e-2L));
}

TEST_P(FastBatchNorm, AConstantChannelHasNoVariance) {
  const WithKernels fast(GetParam());
  for (const Sample& s : samples()) {
    for (const double value : {0.1, 1e4 + 0.1, -182301.7, 1e6 + 0.5, 4.187e7, 1e30}) {
      const Tensor x = map(ones(s.shape(), s.dtype), [value](auto v) { return v * value; });
      const kernels::Moments got = kernels::fast::batch_norm.moments(x);
      const Real constant = exactly(x)[0];
      // Chunks are merged in float64, where mean * rows / rows need not be the mean.
      const bool exact = s.dtype == DType::float32;
      for (const Real v : exactly(got.mean))
        ASSERT_LE(std::abs(v - constant), exact ? 0 : 8 * 0x1p-53L * std::abs(constant)) << s.text();
      for (const Real v : exactly(got.variance)) {
        ASSERT_GE(v, 0) << s.text() << ' ' << value;
        ASSERT_LE(v, exact ? 0 : 100 * 0x1p-106L * constant * constant) << s.text() << ' ' << value;
      }
    }
  }
}

TEST_P(FastBatchNorm, ValuesAreTheirDefinition) {
  const WithKernels fast(GetParam());
  for (const Sample& s : samples()) {
    for (const bool relu : {false, true}) {
      const Given given(s, relu);
      expect_within(kernels::fast::batch_norm.value(given.batch()), given.output(), s.text());
    }
  }
}

TEST_P(FastBatchNorm, SumsAndGradientsAreTheirDefinition) {
  const WithKernels fast(GetParam());
  for (const Sample& s : samples()) {
    for (const bool relu : {false, true}) {
      const Given given(s, relu);
      const Tensor cotangent = given.cotangent();
      const Reals g = exactly(cotangent);
      const ExactSums sums = exact_sums(given, g);
      const kernels::BatchNormSums got = kernels::fast::batch_norm.sums(given.batch(), cotangent);
      expect_within(got.grad, sums.plain, "sum, " + s.text());
      expect_within(got.grad_normalized, sums.with_x, "sum with x, " + s.text());
      const kernels::BatchNormSums exact{rounded(s, sums.plain), rounded(s, sums.with_x)};
      expect_within(kernels::fast::batch_norm.grad(given.batch(), cotangent, exact),
                    exact_gradient(given, g, exact), "gradient, " + s.text());
      if (HasFailure()) return;
    }
  }
}

// Nothing passes where the value is 0, exactly.
TEST_P(FastBatchNorm, NoGradientPassesAtZero) {
  const WithKernels fast(GetParam());
  for (const Sample& s : samples()) {
    const Tensor x = ones(s.shape(), s.dtype), one = ones({s.channels}, s.dtype);
    const Tensor offset = zeros({s.channels}, s.dtype);
    const kernels::BatchNormCase batch{x, {one, one}, fast_epsilon, one, offset, true};
    const kernels::BatchNormSums sums = kernels::fast::batch_norm.sums(batch, x);
    EXPECT_TRUE(same_bits(sums.grad, offset)) << s.text();
    EXPECT_TRUE(same_bits(sums.grad_normalized, offset)) << s.text();
    for (const Real v : exactly(kernels::fast::batch_norm.grad(batch, x, sums))) ASSERT_EQ(v, 0) << s.text();
  }
}

// Through the op: the channel that holds it is NaN in value, statistics and gradients, the others are what
// they were without it.
TEST_P(FastBatchNorm, NotANumberStaysInItsChannel) {
  const WithKernels fast(GetParam());
  constexpr double inf = std::numeric_limits<double>::infinity();
  for (const double bad : {std::nan(""), inf, -inf}) {
    for (const Sample& s : samples()) {
      if (s.channels == 1) continue;
      const Tensor good = drifting(s, 0, 1), one = ones({s.channels}, s.dtype);
      std::vector<double> values = good.cast(DType::float64).to_vector<double>();
      values[values.size() - 2] = bad;  // in a vector that is not full
      const std::size_t hit = s.channel(values.size() - 2);
      const auto all = [&](const Tensor& at) {
        const Variable x = track(at);
        const BatchNormResult r = batch_norm_relu(x, one, zeros({s.channels}, s.dtype));
        const Tensor g = vjp(r.value, {x}, Variable(uniform(s.shape(), s.dtype, Key{9})))[0].value();
        return std::vector{r.value.value(), r.variance, g};
      };
      const std::vector<Tensor> got = all(Tensor(s.shape(), values).cast(s.dtype)), expected = all(good);
      for (std::size_t k = 0; k < got.size(); ++k) {
        const Reals a = exactly(got[k]), b = exactly(expected[k]);
        for (std::size_t i = 0; i < a.size(); ++i) {
          if (s.channel(i) == hit) {
            ASSERT_TRUE(std::isnan(a[i])) << s.text() << ' ' << bad << ", result " << k << ", element " << i;
          } else {
            ASSERT_EQ(a[i], b[i]) << s.text() << ' ' << bad << ", result " << k << ", element " << i;
          }
        }
      }
    }
  }
}

TEST_P(FastBatchNorm, ThreadsDoNotChangeABit) {
  const WithKernels fast(GetParam());
  for (const Sample& s : samples()) {
    const auto all = [&](int count) {
      const WithThreads some(count);
      wake_threads();
      const Variable x = track(drifting(s, 0.25L, 1.5L)), scale = track(ones({s.channels}, s.dtype)),
                     offset = track(zeros({s.channels}, s.dtype));
      const BatchNormResult r = batch_norm_relu(x, scale, offset);
      std::vector<Tensor> results{r.value.value(), r.mean, r.variance};
      for (const Variable& g :
           vjp(r.value, {x, scale, offset}, Variable(uniform(s.shape(), s.dtype, Key{9}))))
        results.push_back(g.value());
      return results;
    };
    const std::vector<Tensor> alone = all(1);
    for (const int count : {2, 3}) {
      const std::vector<Tensor> together = all(count);
      for (std::size_t k = 0; k < alone.size(); ++k)
        EXPECT_TRUE(same_bits(together[k], alone[k])) << s.text() << ", " << count << " threads, " << k;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, FastBatchNorm, testing::ValuesIn(simd_targets()),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace trous
