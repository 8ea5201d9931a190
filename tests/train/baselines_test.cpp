// The baselines against brute force: every threshold tried on every pixel.
#include <gtest/gtest.h>

#include <trous/core/random.h>
#include <trous/data/ignore.h>
#include <trous/train/baselines.h>

#include "core/thrown.h"
#include "train/toys.h"

namespace trous {
namespace {

// Classes of rising brightness, blurred by noise; pixel values reach 0 and 1, every ninth label is unknown.
Dataset bright(std::int64_t size, std::uint64_t seed, std::int64_t channels) {
  return {.name = "bright",
          .source = "the tests",
          .classes = {"dark", "grey", "white", "none"},
          .size = size,
          .image_shape = {4, 5, channels},
          .sample = [=](std::int64_t index) {
            Random random(fold_in(Key{seed}, static_cast<std::uint64_t>(index)));
            std::vector<float> image;
            std::vector<std::int32_t> mask;
            for (int i = 0; i < 20; ++i) {
              const std::int64_t label = random.below(7) < 4 ? 0 : 1 + (random.below(3) == 0);
              for (std::int64_t c = 0; c < channels; ++c) {
                const double value = 0.3 * static_cast<double>(label) + random.uniform(0, 0.5);
                image.push_back(static_cast<float>(i == 0 ? 0 : i == 1 ? 1 : std::min(value, 1.0)));
              }
              mask.push_back(i % 9 == 8 ? 255 : static_cast<std::int32_t>(label));
            }
            return Sample{Tensor({4, 5, channels}, image), Tensor({4, 5}, mask)};
          }};
}

struct Pixel {
  double brightness;
  std::int32_t label;
};

std::vector<Pixel> pixels_of(const Dataset& set, std::int64_t samples) {
  std::vector<Pixel> pixels;
  const std::size_t channels = static_cast<std::size_t>(set.image_shape[2]);
  for (std::int64_t i = 0; i < samples; ++i) {
    const Sample sample = set.sample(i);
    const auto image = sample.image.values<float>();
    const auto mask = sample.target.values<std::int32_t>();
    for (std::size_t p = 0; p < mask.size(); ++p) {
      double sum = 0;
      for (std::size_t c = 0; c < channels; ++c) sum += static_cast<double>(image[p * channels + c]);
      pixels.push_back({sum / static_cast<double>(channels), mask[p]});
    }
  }
  return pixels;
}

void expect_scores(const ConfusionMatrix& scores, const std::vector<Pixel>& pixels, double threshold,
                   std::int32_t label) {
  std::vector<std::int64_t> counts(16);
  for (const Pixel& pixel : pixels) {
    if (pixel.label == 255) continue;
    const std::int32_t called = pixel.brightness >= threshold ? label : 0;
    ++counts[4 * static_cast<std::size_t>(pixel.label) + static_cast<std::size_t>(called)];
  }
  for (int t = 0; t < 4; ++t) {
    for (int p = 0; p < 4; ++p)
      EXPECT_EQ(scores.count(t, p), counts.at(4 * static_cast<std::size_t>(t) + static_cast<std::size_t>(p)));
  }
}

TEST(Baselines, BackgroundCallsEveryPixelClassZero) {
  const Dataset test = bright(7, 2, 1);
  const ConfusionMatrix scores = background_baseline(test);
  expect_scores(scores, pixels_of(test, 7), 2, 0);
  EXPECT_EQ(scores.mean_iou(1), 0);
  EXPECT_GT(*scores.pixel_accuracy(), 0.4);
}

TEST(Baselines, TheThresholdIsTheBestOfAllAndTheClassTheCommonest) {
  for (const std::int64_t channels : {1, 3}) {
    for (const std::int64_t samples : {3, 12, 1000}) {
      const Dataset train = bright(12, 1, channels), test = bright(7, 2, channels);
      const std::vector<Pixel> seen = pixels_of(train, std::min<std::int64_t>(samples, 12));
      int most = -1;
      double best = 0;
      for (int t = 0; t <= 64; ++t) {
        int right = 0;
        for (const Pixel& pixel : seen)
          right += pixel.label != 255 && (pixel.brightness >= t / 64.0) == (pixel.label != 0);
        if (right > most) {
          most = right;
          best = t / 64.0;
        }
      }
      const ThresholdBaseline baseline = threshold_baseline(train, test, samples);
      EXPECT_EQ(baseline.threshold, best);
      EXPECT_GT(best, 0.2);
      EXPECT_LT(best, 0.6);
      EXPECT_EQ(baseline.common_class, 1);
      expect_scores(baseline.scores, pixels_of(test, 7), best, 1);
    }
  }
}

TEST(Baselines, WhereOnlyBackgroundIsBrightNothingIsForeground) {
  Dataset train = bright(4, 1, 1);
  train.sample = [](std::int64_t) {
    std::vector<float> image(20, 1);
    std::vector<std::int32_t> mask(20, 0);
    image[3] = 0;
    mask[3] = 2;
    return Sample{Tensor({4, 5, 1}, image), Tensor({4, 5}, mask)};
  };
  const ThresholdBaseline baseline = threshold_baseline(train, train);
  EXPECT_EQ(baseline.common_class, 2);
  // The value 1 is in the highest of 64 levels, so the threshold "none" lies above it.
  EXPECT_EQ(baseline.threshold, 1);
  EXPECT_EQ(baseline.scores.count(0, 0), 4 * 19);
  EXPECT_EQ(baseline.scores.count(2, 0), 4);
}

TEST(Baselines, smp_547_AnIgnoredClassIsNeverTheCommonest) {
  const Dataset train = bright(12, 1, 1), test = bright(7, 2, 1);
  ASSERT_EQ(threshold_baseline(train, test).common_class, 1);
  const ThresholdBaseline without = threshold_baseline(ignoring(train, 1), ignoring(test, 1));
  EXPECT_EQ(without.common_class, 2);
  std::vector<Pixel> pixels = pixels_of(test, 7);
  std::erase_if(pixels, [](const Pixel& pixel) { return pixel.label == 1; });
  expect_scores(without.scores, pixels, without.threshold, 2);
  EXPECT_EQ(without.scores.iou(1), std::nullopt);
  // Where no pixel of the foreground is left, class 1 is the first of equals, unless it is ignored.
  Dataset dark = bright(3, 1, 1);
  dark.sample = [](std::int64_t) {
    return Sample{Tensor::ones({4, 5, 1}, DType::float32), Tensor::zeros({4, 5}, DType::int32)};
  };
  EXPECT_EQ(threshold_baseline(dark, dark).common_class, 1);
  EXPECT_EQ(threshold_baseline(ignoring(dark, 1), ignoring(dark, 1)).common_class, 2);
  // All of the foreground ignored: the background is all that is left to call.
  dark.classes = {"dark", "grey"};
  const ThresholdBaseline none = threshold_baseline(ignoring(dark, 1), ignoring(dark, 1));
  EXPECT_EQ(none.common_class, 0);
  EXPECT_EQ(none.scores.count(0, 0), 3 * 20);
  EXPECT_EQ(none.scores.mean_iou(1), std::nullopt);
  // The background ignored: the foreground still has its mean.
  const ConfusionMatrix foreground = background_baseline(ignoring(test, 0));
  EXPECT_EQ(foreground.support(0), 0);
  EXPECT_EQ(foreground.iou(0), std::nullopt);
  EXPECT_EQ(foreground.mean_iou(), 0) << "of classes 1 and 2, which it never finds";
  EXPECT_EQ(foreground.mean_iou(1), 0);
}

TEST(Baselines, ALabelThatIsNoClassIsNamed) {
  Dataset train = bright(4, 1, 1);
  train.sample = [](std::int64_t i) {
    return Sample{Tensor::zeros({4, 5, 1}, DType::float32),
                  Tensor::full({4, 5}, DType::int32, i == 2 ? 77 : 1)};
  };
  EXPECT_EQ(thrown<ArgumentError>([&] { threshold_baseline(train, bright(2, 1, 1)); }),
            "bright: sample 2 has label 77. The set has 4 classes, and 255 means unknown. Mend the mask.");
}

TEST(Baselines, ReportTheSamplesTheyRead) {
  const Dataset train = stripes(6, 1), test = stripes(3, 2);
  std::vector<std::int64_t> seen;
  const auto noting = [&](std::int64_t done, std::int64_t total) {
    EXPECT_EQ(total, 4 + 3);
    seen.push_back(done);
  };
  threshold_baseline(train, test, 4, noting);
  EXPECT_EQ(seen, (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7}));
}

// Counts instead of sorting: the median has as many below it as the place it has in the sorted list.
TEST(Baselines, TheMedianIsThatOfThePixelsAround) {
  const std::int64_t height = 5, width = 4, channels = 2;
  const Tensor images = uniform({2, height, width, channels}, DType::float32, Key{8});
  const Tensor filtered = median_filtered(images);
  ASSERT_EQ(filtered.shape(), images.shape());
  const auto at = [&](const Tensor& t, std::int64_t n, std::int64_t r, std::int64_t c, std::int64_t k) {
    return t.values<float>()[static_cast<std::size_t>(((n * height + r) * width + c) * channels + k)];
  };
  for (std::int64_t n = 0; n < 2; ++n) {
    for (std::int64_t r = 0; r < height; ++r) {
      for (std::int64_t c = 0; c < width; ++c) {
        for (std::int64_t k = 0; k < channels; ++k) {
          int all = 0, below = 0, equal = 0;
          for (std::int64_t y = r - 1; y <= r + 1; ++y) {
            for (std::int64_t x = c - 1; x <= c + 1; ++x) {
              if (y < 0 || y >= height || x < 0 || x >= width) continue;
              ++all;
              below += at(images, n, y, x, k) < at(filtered, n, r, c, k);
              equal += at(images, n, y, x, k) == at(filtered, n, r, c, k);
            }
          }
          EXPECT_EQ(equal, 1);
          EXPECT_EQ(below, all / 2);
        }
      }
    }
  }
  EXPECT_EQ(thrown<ShapeError>([] {
              median_filtered(Tensor::zeros({4, 4, 1}, DType::float32));
            }),
            "median_filtered: [4, 4, 1] are no images. They are [batch, height, width, channels].");
}

}  // namespace
}  // namespace trous
