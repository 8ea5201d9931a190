// The fast softmax cross-entropy, for every instruction set that this processor has, on several chunks of
// pixels: against loops in long double from the definition, within the roundings that the kernels may make.
// u is one rounding of the dtype.
#include <algorithm>
#include <core/with_threads.h>
#include <limits>
#include <ops/support.h>
#include <ops/with_kernels.h>
#include <ops/within.h>

#include <gtest/gtest.h>

#include <trous/ops/softmax_cross_entropy.h>

namespace trous {
namespace {

using Real = long double;

constexpr std::int32_t ignored = 255;
constexpr double infinite = std::numeric_limits<double>::infinity();
// Highway promises 1 and 4 units in the last place, two roundings each.
constexpr Real roundings_of_exp = 2, roundings_of_log = 8;

struct LossSample {
  std::int64_t pixels, classes;
  DType dtype;
  Tensor logits, labels, weights;

  std::string text() const { return trous::text(pixels, " pixels, ", classes, " classes, ", dtype); }
  CrossEntropyOptions options() const { return {.class_weights = weights, .ignore_index = ignored}; }
  LossSample with(std::vector<double> numbers) const {
    LossSample other = *this;
    other.logits = Tensor(logits.shape(), numbers).cast(dtype);
    return other;
  }
  std::vector<double> numbers() const { return logits.cast(DType::float64).to_vector<double>(); }
};

// The last chunk of pixels and its last vector are not full; one label of seven is ignored, class 0 weighs 0.
// Weights are eighths, whose sum is exact.
LossSample sample(std::int64_t classes, DType dtype, double widest, std::int64_t at_least = 2 * 1024 + 77) {
  const std::int64_t pixels = std::max<std::int64_t>(at_least, (1 << 15) / classes + 77);
  std::vector<std::int32_t> labels;
  Random random(Key{static_cast<std::uint64_t>(classes)});
  for (std::int64_t i = 0; i < pixels; ++i) {
    const auto drawn = static_cast<std::int32_t>(random.below(classes));
    labels.push_back(i % 7 == 3 ? ignored : drawn);
  }
  std::vector<double> weights{classes == 1 ? 1.0 : 0.0};
  while (static_cast<std::int64_t>(weights.size()) < classes)
    weights.push_back(static_cast<double>(1 + random.below(24)) / 8);
  return {pixels,
          classes,
          dtype,
          uniform({pixels, classes}, dtype, Key{3}, -widest, widest),
          i32({pixels}, labels),
          Tensor({classes}, weights).cast(dtype)};
}

std::vector<LossSample> loss_samples() {
  std::vector<LossSample> all;
  for (const DType dtype : {DType::float32, DType::float64})
    for (const std::int64_t classes :
         {1, 2, 3, 5, 16, 17, 33, 64, 65, 100})  // beyond 64 fewer pixels at once
      all.push_back(sample(classes, dtype, 6));
  return all;
}

struct Outcome {
  Exact loss;
  std::vector<Exact> gradient;
};

// Of a pixel: its terms exp(logit - largest), of which `wrong` is the error relative to their sum s, and that
// of log s.
struct Pixel {
  Real largest, sum = 0, logarithm, wrong = 0;

  // An exponential moves by what its argument was rounded by, less than u / e as e^-d d <= 1 / e; then there
  // is its own error, and every addition's.
  Pixel(const Real* logits, std::int64_t classes, Real u)
      : largest(*std::max_element(logits, logits + classes)) {
    for (std::int64_t c = 0; c < classes; ++c) sum += std::exp(logits[c] - largest);
    const auto count = static_cast<Real>(classes);
    logarithm = std::log(sum);
    const Real exponentials = count * u * 0.37L / sum + roundings_of_exp * u + (count - 1) * u;
    wrong = 1.01L * exponentials + roundings_of_log * u * logarithm;
  }
};

// The loss of a pixel, w ((largest - logit) + log s), makes three roundings more. In its gradient the
// exponent is logit - largest - log s, two subtractions; w / sum w takes four, the product and the
// subtraction at the label one each.
Outcome outcome(const LossSample& s, Real by) {
  const std::vector<Real> x = exactly(s.logits), weights = exactly(s.weights);
  const std::vector<std::int32_t> labels = s.labels.to_vector<std::int32_t>();
  const Real u = rounding(s.dtype);
  Real total = 0;
  for (const std::int32_t label : labels)
    total += label == ignored ? 0 : weights[static_cast<std::size_t>(label)];
  Outcome result{{}, std::vector<Exact>(x.size())};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == ignored || weights[static_cast<std::size_t>(labels[i])] == 0) continue;
    const auto label = static_cast<std::size_t>(labels[i]), classes = static_cast<std::size_t>(s.classes);
    const Real* const logits = &x[i * classes];
    const Pixel pixel(logits, s.classes, u);
    const Real w = weights[label], below = pixel.largest - logits[label], share = by * w / total;
    const Real size = below + pixel.logarithm;
    result.loss.value += w * size / total;
    result.loss.error += w * (pixel.wrong + 1.01L * u * (below + 2 * size)) / total;
    for (std::size_t c = 0; c < classes; ++c) {
      const Real d = pixel.largest - logits[c], p = std::exp(-d - pixel.logarithm);
      const Real moved = pixel.wrong + u * (2 * d + pixel.logarithm) + roundings_of_exp * u;
      Exact& g = result.gradient[i * classes + c];
      g.value = share * (p - (c == label ? 1 : 0));
      g.error = 1.01L * std::abs(share) * (p * (moved + 5 * u) + (c == label ? 5 * u : 0));
    }
  }
  // The division's two roundings, and float64 sums over the pixels of a chunk of 1024 and over chunks.
  const Real additions = 1024 + static_cast<Real>(s.pixels) / 1024 + 1;
  result.loss.error += (2 * u + additions * rounding(DType::float64)) * result.loss.value;
  // Numbers below the smallest normal one may be flushed to 0.
  const Real smallest =
      s.dtype == DType::float32 ? std::numeric_limits<float>::min() : std::numeric_limits<double>::min();
  for (Exact& g : result.gradient) g.error += g.value == 0 ? 0 : smallest;
  return result;
}

struct Got {
  Tensor loss, gradient;
};
Got run(const LossSample& s, double by = 1) {
  const Variable logits = track(s.logits);
  const Variable loss = softmax_cross_entropy(logits, s.labels, s.options());
  return {loss.value(), vjp(loss, {logits}, Variable(Tensor::scalar(by, s.dtype)))[0].value()};
}

class FastCrossEntropy : public testing::TestWithParam<std::string> {
 protected:
  void expect_the_definition(const LossSample& s, double by) {
    const Got got = run(s, by);
    const Outcome expected = outcome(s, by);
    expect_within(got.loss, {expected.loss}, "loss, " + s.text());
    expect_within(got.gradient, expected.gradient, "gradient, " + s.text());
  }
};

TEST_P(FastCrossEntropy, LossAndGradientAreTheirDefinition) {
  const WithKernels fast(GetParam());
  for (const LossSample& s : loss_samples()) expect_the_definition(s, 0.625);
}

TEST_P(FastCrossEntropy, LogitsMayBeFarApart) {
  const WithKernels fast(GetParam());
  for (const double widest : {60.0, 1e3, 1e30}) {
    for (const DType dtype : {DType::float32, DType::float64})
      for (const std::int64_t classes : {2, 5, 17, 65})
        expect_the_definition(sample(classes, dtype, widest), 1);
  }
}

// What does not count may hold anything.
TEST_P(FastCrossEntropy, PixelsThatDoNotCountAreNotSeen) {
  const WithKernels fast(GetParam());
  for (const LossSample& s : loss_samples()) {
    if (s.classes == 1) continue;
    const std::vector<std::int32_t> labels = s.labels.to_vector<std::int32_t>();
    std::vector<double> bad = s.numbers(), clean = bad;
    for (std::size_t i = 0; i < bad.size(); ++i) {
      const std::size_t pixel = i / static_cast<std::size_t>(s.classes);
      if (labels[pixel] != ignored && labels[pixel] != 0) continue;
      clean[i] = 0;
      bad[i] = i % 3 == 0 ? std::nan("") : i % 3 == 1 ? infinite : -infinite;
    }
    const Got got = run(s.with(bad)), expected = run(s.with(clean));
    EXPECT_TRUE(same_bits(got.loss, expected.loss)) << s.text();
    EXPECT_TRUE(same_bits(got.gradient, expected.gradient)) << s.text();
  }
}

// A loss that is finite would hide what went wrong in the network.
TEST_P(FastCrossEntropy, WhatIsNotANumberIsNotHidden) {
  const WithKernels fast(GetParam());
  for (const LossSample& s : loss_samples()) {
    const std::vector<std::int32_t> labels = s.labels.to_vector<std::int32_t>();
    std::size_t counts = labels.size() - 1;
    while (labels[counts] == ignored || (s.classes > 1 && labels[counts] == 0)) --counts;
    const auto classes = static_cast<std::size_t>(s.classes);
    for (const double bad : {std::nan(""), infinite}) {
      for (const std::size_t place : {std::size_t{0}, classes / 2, classes - 1}) {
        std::vector<double> numbers = s.numbers();
        numbers[counts * classes + place] = bad;
        const Got got = run(s.with(numbers)), expected = run(s);
        EXPECT_TRUE(std::isnan(got.loss.to_double())) << s.text() << ' ' << bad << " at " << place;
        const std::vector<Real> g = exactly(got.gradient), good = exactly(expected.gradient);
        for (std::size_t i = 0; i < g.size(); ++i) {
          if (i / classes == counts) {
            ASSERT_TRUE(std::isnan(g[i])) << s.text() << ' ' << bad << " at " << place;
          } else {
            ASSERT_EQ(g[i], good[i]) << s.text() << ' ' << bad << " at " << place;
          }
        }
      }
    }
  }
}

// A class that is impossible changes nothing, except where it is the label.
TEST_P(FastCrossEntropy, ALogitOfMinusInfinityIsAClassLess) {
  const WithKernels fast(GetParam());
  for (const DType dtype : {DType::float32, DType::float64}) {
    const auto loss = [&](const std::vector<double>& logits, std::int32_t label) {
      const Variable x = track(Tensor({1, std::ssize(logits)}, logits).cast(dtype));
      const Variable y = softmax_cross_entropy(x, i32({1}, {label}));
      return std::pair(y.value().to_double(), numbers(grad(y, {x})[0]));
    };
    const auto [with, gradient] = loss({1, 2, -infinite, 0.5}, 1);
    const auto [without, less] = loss({1, 2, 0.5}, 1);
    EXPECT_EQ(with, without);
    EXPECT_EQ(gradient, (std::vector{less[0], less[1], 0.0, less[2]}));
    EXPECT_EQ(loss({1, 2, -infinite, 0.5}, 2).first, infinite);
    EXPECT_TRUE(std::isnan(loss({-infinite, -infinite}, 0).first));
  }
}

TEST_P(FastCrossEntropy, ThreadsDoNotChangeABit) {
  const WithKernels fast(GetParam());
  std::vector<LossSample> all = loss_samples();
  all.push_back(sample(2, DType::float64, 6, 300000));  // enough that threads do meet
  for (const LossSample& s : all) {
    const auto with_threads = [&](int count) {
      const WithThreads some(count);
      wake_threads();
      return run(s);
    };
    const Got alone = with_threads(1);
    for (const int count : {2, 3}) {
      const Got together = with_threads(count);
      EXPECT_TRUE(same_bits(together.loss, alone.loss)) << s.text() << ", " << count << " threads";
      EXPECT_TRUE(same_bits(together.gradient, alone.gradient)) << s.text() << ", " << count << " threads";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, FastCrossEntropy, testing::ValuesIn(simd_targets()),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace trous
