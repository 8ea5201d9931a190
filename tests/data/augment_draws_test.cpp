#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include <gtest/gtest.h>

#include <trous/data/augment.h>

#include "data/warps.h"

namespace trous {
namespace {

// The map of `first` after `second` as 2 x 3 matrices: p -> first(second(p)).
Warp composed(const Warp& first, const Warp& second) {
  Warp result{.height = second.height, .width = second.width};
  for (std::size_t k = 0; k < 3; ++k) {
    result.row[k] = first.row[0] * second.row[k] + first.row[1] * second.column[k];
    result.column[k] = first.column[0] * second.row[k] + first.column[1] * second.column[k];
  }
  result.row[2] += first.row[2];
  result.column[2] += first.column[2];
  return result;
}

void expect_near(const Warp& a, const Warp& b) {
  EXPECT_EQ(a.height, b.height);
  EXPECT_EQ(a.width, b.width);
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_NEAR(a.row[k], b.row[k], 1e-11);
    EXPECT_NEAR(a.column[k], b.column[k], 1e-11);
  }
}

// From the result back to the sample: the shift, the turn, the zoom and the flip undone, all about the centre
// of the crop; then the crop's corner.
TEST(AugmentDraws, EachTransformDrawsFromAKeyOfItsOwn) {
  const Augmentation& all = movers.back();
  const Shape window{all.crop->height, all.crop->width, 3};
  for (std::uint64_t k = 0; k < 20; ++k) {
    const Key key{k};
    const Warp flip = draw_warp({.flip_horizontal = true, .flip_vertical = true}, window, key);
    const Warp zoom = draw_warp({.scale = all.scale}, window, key);
    const Warp turn = draw_warp({.rotate = all.rotate}, window, key);
    const Warp shift = draw_warp({.shift = all.shift}, window, key);
    const Warp crop = draw_warp({.crop = all.crop}, shape, key);
    expect_near(draw_warp(all, shape, key),
                composed(crop, composed(flip, composed(zoom, composed(turn, shift)))));
  }
}

// The largest gap between the steps of the sorted values and `cumulative`, which exceeds 2.2 / sqrt(n) with
// probability 2 exp(-2 2.2^2) = 1.3e-4 (Kolmogorov); the keys are fixed.
template <class F>
void expect_distributed(std::vector<double> values, F&& cumulative) {
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  double gap = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double expected = cumulative(values[i]);
    gap = std::max({gap, expected - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - expected});
  }
  EXPECT_LT(gap, 2.2 / std::sqrt(n));
}

void expect_uniform(const std::vector<double>& values, double low, double high) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  EXPECT_GE(*least, low);
  EXPECT_LE(*most, high);
  expect_distributed(values, [&](double x) { return (x - low) / (high - low); });
}

constexpr std::uint64_t draws = 4000;

TEST(AugmentDraws, DrawsAreUniform) {
  std::vector<double> zooms, angles, downs, rights, tops, lefts;
  double flips = 0, flips_down = 0, both = 0;
  for (std::uint64_t k = 0; k < draws; ++k) {
    const Key key{k};
    const Warp flip = draw_warp({.flip_horizontal = true, .flip_vertical = true}, shape, key);
    flips += flip.column[1] < 0;
    flips_down += flip.row[0] < 0;
    both += flip.column[1] < 0 && flip.row[0] < 0;
    zooms.push_back(-std::log(draw_warp({.scale = 1.5}, shape, key).row[0]));
    const Warp turn = draw_warp({.rotate = 30}, shape, key);
    angles.push_back(std::atan2(turn.row[1], turn.row[0]) * 180 / std::numbers::pi);
    const auto middle = mapped(turn, height / 2.0, width / 2.0);
    EXPECT_NEAR(middle[0], height / 2.0, 1e-12);
    EXPECT_NEAR(middle[1], width / 2.0, 1e-12);
    const Warp shift = draw_warp({.shift = 0.25}, shape, key);
    downs.push_back(-shift.row[2] / height);
    rights.push_back(-shift.column[2] / width);
    const Warp crop = draw_warp({.crop = Window{height - 4, width + 4}}, shape, key);
    tops.push_back(crop.row[2]);
    lefts.push_back(-crop.column[2]);
  }
  expect_uniform(zooms, -std::log(1.5) - 1e-12, std::log(1.5) + 1e-12);
  expect_uniform(angles, -30 - 1e-12, 30 + 1e-12);
  expect_uniform(downs, -0.25 - 1e-12, 0.25 + 1e-12);
  expect_uniform(rights, -0.25 - 1e-12, 0.25 + 1e-12);
  // Counts of probability p deviate by sqrt(n p (1 - p)). Four of these.
  const auto deviation = [](double p) { return std::sqrt(static_cast<double>(draws) * p * (1 - p)); };
  EXPECT_NEAR(flips, draws / 2.0, 4 * deviation(0.5));
  EXPECT_NEAR(flips_down, draws / 2.0, 4 * deviation(0.5));
  EXPECT_NEAR(both, draws / 4.0, 4 * deviation(0.25));
  for (const std::vector<double>* places : {&tops, &lefts}) {
    for (int place = 0; place <= 4; ++place) {
      EXPECT_NEAR(static_cast<double>(std::count(places->begin(), places->end(), place)), draws / 5.0,
                  4 * deviation(0.2));
    }
  }
}

// The correlation of two lists of independent draws has mean 0 and deviation 1 / sqrt(n).
TEST(AugmentDraws, DrawsOfDifferentKindsAreUncorrelated) {
  const Sample two{.image = Tensor({1, 2, 1}, {0.25F, 0.75F}), .target = Tensor({1, 2}, {0, 1})};
  std::vector<std::vector<double>> kinds(11);
  for (std::uint64_t k = 0; k < draws; ++k) {
    const Key key{k};
    const Warp shift = draw_warp({.shift = 0.25}, shape, key);
    const Warp crop = draw_warp({.crop = Window{1, 1}}, shape, key);
    const Sample added = augmented(two, {.brightness = 0.2}, key);
    const Sample scaled = augmented(two, {.contrast = 0.2}, key);
    const Sample noisy = augmented(two, {.noise = 0.01}, key);
    const double values[] = {draw_warp({.flip_horizontal = true}, shape, key).column[1],
                             draw_warp({.flip_vertical = true}, shape, key).row[0],
                             draw_warp({.scale = 1.5}, shape, key).row[0],
                             draw_warp({.rotate = 30}, shape, key).row[1],
                             shift.row[2],
                             shift.column[2],
                             crop.row[2],
                             crop.column[2],
                             static_cast<double>(added.image.values<float>()[0]),
                             static_cast<double>(scaled.image.values<float>()[0]),
                             static_cast<double>(noisy.image.values<float>()[0])};
    for (std::size_t kind = 0; kind < kinds.size(); ++kind) kinds[kind].push_back(values[kind]);
  }
  for (std::vector<double>& values : kinds) {
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / draws;
    for (double& value : values) value -= mean;
  }
  const auto product = [](const std::vector<double>& a, const std::vector<double>& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  };
  for (std::size_t a = 0; a < kinds.size(); ++a) {
    for (std::size_t b = 0; b < a;
         ++b) {  // 55 pairs: one beyond 4 deviations by chance has probability 0.4 %
      const double correlation =
          product(kinds[a], kinds[b]) / std::sqrt(product(kinds[a], kinds[a]) * product(kinds[b], kinds[b]));
      EXPECT_LT(std::abs(correlation), 4 / std::sqrt(static_cast<double>(draws))) << a << ", " << b;
    }
  }
}

TEST(AugmentDraws, BrightnessAndContrastActOnValuesAloneAndAreClamped) {
  const Sample sample = speckled();
  double mean = 0;
  for (const float value : sample.image.values<float>()) mean += static_cast<double>(value);
  mean /= height * width * 3;
  std::vector<double> added, factors;
  for (std::uint64_t k = 0; k < 200; ++k) {
    for (const Augmentation& a : {Augmentation{.brightness = 0.4}, Augmentation{.contrast = 0.6},
                                  Augmentation{.brightness = 0.3, .contrast = 0.5}}) {
      const Sample result = augmented(sample, a, Key{k});
      EXPECT_TRUE(same_bits(result.target, sample.target));
      const auto in = sample.image.values<float>(), out = result.image.values<float>();
      // Slope and offset about the mean from the two unclamped values that are furthest apart.
      std::size_t low = in.size(), high = in.size();
      for (std::size_t i = 0; i < in.size(); ++i) {
        if (out[i] <= 0 || out[i] >= 1) continue;
        if (low == in.size() || in[i] < in[low]) low = i;
        if (high == in.size() || in[i] > in[high]) high = i;
      }
      const auto x0 = static_cast<double>(in[low]), x1 = static_cast<double>(in[high]);
      const auto y0 = static_cast<double>(out[low]), y1 = static_cast<double>(out[high]);
      const double factor = (y1 - y0) / (x1 - x0), offset = y0 - mean - factor * (x0 - mean);
      EXPECT_NEAR(factor, 1, a.contrast + 1e-5);
      EXPECT_NEAR(offset, 0, a.brightness + 1e-5);
      for (std::size_t i = 0; i < in.size(); ++i) {
        const double expected = mean + factor * (static_cast<double>(in[i]) - mean) + offset;
        ASSERT_NEAR(static_cast<double>(out[i]), std::min(std::max(expected, 0.0), 1.0), 1e-6);
      }
      if (a.contrast == 0) added.push_back(offset);
      if (a.brightness == 0) factors.push_back(factor);
    }
  }
  expect_uniform(added, -0.4 - 1e-6, 0.4 + 1e-6);
  expect_uniform(factors, 0.4 - 1e-6, 1.6 + 1e-6);
}

TEST(AugmentDraws, NoiseIsNormalAndOfEachElementOnItsOwn) {
  const Sample grey{.image = Tensor::full({60, 70, 3}, DType::float32, 0.5),
                    .target = Tensor::full({60, 70}, DType::int32, 2)};
  const Sample result = augmented(grey, {.noise = 0.05}, Key{1});
  EXPECT_TRUE(same_bits(result.target, grey.target));
  std::vector<double> noise;
  for (const float value : result.image.values<float>()) noise.push_back(static_cast<double>(value) - 0.5);
  expect_distributed(noise, [](double x) { return 0.5 * std::erfc(-x / 0.05 / std::numbers::sqrt2); });
  // Neighbours in every direction are uncorrelated, within 4 / sqrt(n).
  for (const std::size_t away : {1U, 3U, 210U, 211U}) {
    double product = 0;
    for (std::size_t i = away; i < noise.size(); ++i) product += noise[i] * noise[i - away];
    EXPECT_LT(std::abs(product / (0.05 * 0.05)), 4 * std::sqrt(static_cast<double>(noise.size())));
  }
  const Sample strong = augmented(grey, {.noise = 1}, Key{1});
  const auto values = strong.image.values<float>();
  EXPECT_EQ(*std::min_element(values.begin(), values.end()), 0);
  EXPECT_EQ(*std::max_element(values.begin(), values.end()), 1);
}

}  // namespace
}  // namespace trous
