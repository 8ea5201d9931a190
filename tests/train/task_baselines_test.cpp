// The baselines of tasks beside plain loops in float64.
#include <array>
#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include <trous/core/error.h>

#include "core/thrown.h"
#include "train/tasks.h"

namespace trous {
namespace {

// The mean negative logarithm of the share, and the accuracy, of one guess from the counts of training.
struct GuessOracle {
  double minus_log = 0, right = 0, counted = 0;
  void add(const std::vector<double>& counts, std::int32_t label) {
    double sum = 0;
    for (const double count : counts) sum += count + 1;
    minus_log -= std::log((counts[static_cast<std::size_t>(label)] + 1) / sum);
    right += std::max_element(counts.begin(), counts.end()) - counts.begin() == label;
    ++counted;
  }
};

// The logits are float32 of size 5 or less, so that their softmax is off by about 5 units of 2^-24 twice.
TEST(TaskBaselines, OfLabelsAreTheFrequenciesOfTraining) {
  const Dataset training = bright_labels(300, 1);
  Dataset scored = bright_labels(40, 2);  // white ones are the commonest here, and nowhere in training
  scored.sample = [inner = scored.sample](std::int64_t i) {
    Sample sample = inner(i);
    if (i % 2 == 0) sample.target = Tensor::full({}, DType::int32, 2);
    return sample;
  };
  std::vector<double> counts(3);
  std::map<std::size_t, std::vector<double>> at_level;
  const auto level_of = [](const Tensor& image) {
    double sum = 0;
    for (const float value : image.values<float>()) sum += static_cast<double>(value);
    return static_cast<std::size_t>(sum / 30 * 64);
  };
  for (std::int64_t i = 0; i < 300; ++i) {
    const Sample sample = training.sample(i);
    const auto label = sample.target.item<std::int32_t>();
    std::vector<double>& here = at_level[level_of(sample.image)];
    here.resize(3);
    if (label == 255) continue;
    ++counts[static_cast<std::size_t>(label)];
    ++here[static_cast<std::size_t>(label)];
  }
  GuessOracle common, brightness;
  for (std::int64_t i = 0; i < 40; ++i) {
    const Sample sample = scored.sample(i);
    const auto label = sample.target.item<std::int32_t>();
    if (label == 255) continue;
    std::vector<double> here = at_level[level_of(sample.image)];
    here.resize(3);
    common.add(counts, label);
    brightness.add(here, label);
  }
  std::int64_t last = -1, last_total = -1;
  const std::vector<Baseline> all =
      classification().baselines(training, scored, [&](std::int64_t done, std::int64_t total) {
        last = done;
        last_total = total;
      });
  EXPECT_EQ(last, 380);
  EXPECT_EQ(last_total, 380);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].name, "the commonest class");
  EXPECT_EQ(all[1].name, "brightness");
  const std::array<GuessOracle, 2> oracles{common, brightness};
  for (std::size_t k = 0; k < 2; ++k) {
    EXPECT_EQ(all[k].scores["accuracy"], oracles[k].right / oracles[k].counted) << all[k].name;
    EXPECT_NEAR(*all[k].scores["negative_log_likelihood"], oracles[k].minus_log / oracles[k].counted,
                10 * 0x1p-24);
  }
  Dataset torn = training;
  torn.sample = [inner = training.sample](std::int64_t i) {
    return Sample{inner(i).image, Tensor::full({}, DType::int32, i == 7 ? 3 : 0)};
  };
  EXPECT_EQ(
      thrown<ArgumentError>([&] { classification().baselines(torn, scored, nullptr); }),
      "bright labels: sample 7 has label 3. The set has 3 classes, and 255 means unknown. Mend the label.");
}

TEST(TaskBaselines, OfNumbersAreTheMeanAndTheInput) {
  const Dataset training = darker_images(9, 1), scored = darker_images(4, 2);
  std::vector<double> mean(156);
  for (std::int64_t i = 0; i < 9; ++i) {
    for (std::size_t k = 0; k < 156; ++k)
      mean[k] += static_cast<double>(training.sample(i).target.values<float>()[k]) / 9;
  }
  double of_mean = 0, of_input = 0;
  for (std::int64_t i = 0; i < 4; ++i) {
    const Sample sample = scored.sample(i);
    for (std::size_t k = 0; k < 156; ++k) {
      const auto truth = static_cast<double>(sample.target.values<float>()[k]);
      const auto input = static_cast<double>(sample.image.values<float>()[k]);
      of_mean += (mean[k] - truth) * (mean[k] - truth) / (4 * 156);
      of_input += (input - truth) * (input - truth) / (4 * 156);
    }
  }
  std::int64_t last = -1;
  const std::vector<Baseline> all = regression().baselines(
      training, scored, [&](std::int64_t done, std::int64_t total) { EXPECT_LE(last = done, total); });
  EXPECT_EQ(last, 9 + 3 * 4);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[2].name, "a median of 3 x 3 pixels");
  EXPECT_EQ(all[0].name, "the mean target");
  EXPECT_NEAR(*all[0].scores["mse"], of_mean, 2 * 0x1p-24) << "the mean is rounded to float32";
  EXPECT_EQ(all[1].name, "the input itself");
  EXPECT_NEAR(*all[1].scores["mse"], of_input, of_input * task_rounding);
  const std::vector<Baseline> numbers = regression().baselines(half_means(5, 1), half_means(3, 2), nullptr);
  ASSERT_EQ(numbers.size(), 1U) << "an image is no prediction of two numbers";
  const std::vector<Baseline> masks = segmentation().baselines(stripes(8, 1), stripes(3, 2), nullptr);
  ASSERT_EQ(masks.size(), 2U);
  EXPECT_EQ(masks[0].name, "all background");
  EXPECT_EQ(masks[0].scores["foreground_iou"], 0);
  EXPECT_EQ(own_task().baselines, nullptr);
}

// Windows of large images are scored beside the mean of each channel; other sizes have none.
TEST(TaskBaselines, TheMeanTargetOfWindowsIsThatOfEachChannel) {
  const auto set = [](const Shape& target) {
    Dataset data{.name = "two greys", .size = 2, .image_shape = {4, 4, 1}};
    data.target = {.name = "target", .role = Role::image, .shape = target};
    data.sample = [target](std::int64_t i) {
      std::vector<float> values;
      for (std::int64_t k = 0; k < target.elements(); ++k)
        values.push_back(k % 2 == 0 ? 0.25F : 0.5F + 0.25F * static_cast<float>(i));
      return Sample{Tensor::zeros({4, 4, 1}, DType::float32), Tensor(target, values)};
    };
    return data;
  };
  // The targets of the smaller set are 0.25 in the first channel, 0.5 and 0.75 in the second; the means are
  // 0.25 and 0.625, which miss by 0 and 0.125.
  const std::vector<Baseline> all = regression().baselines(set({4, 4, 2}), set({2, 2, 2}), nullptr);
  EXPECT_EQ(all[0].scores["mse"], 0.125 * 0.125 / 2);
  EXPECT_EQ(
      thrown<ShapeError>([&] {
        regression().baselines(set({4, 4, 2}), set({2, 2, 1}), nullptr);
      }),
      "regression: targets [2, 2, 1] are scored beside the mean of targets [4, 4, 2]. Give splits whose "
      "targets have one shape.");
}

}  // namespace
}  // namespace trous
