#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include <trous/core/error.h>
#include <trous/data/palette.h>
#include <trous/train/baselines.h>
#include <trous/train/detail/brightness.h>

namespace trous {
namespace {

using detail::brightness_level;
constexpr std::size_t levels = detail::brightness_levels;

Tensor predict_by_level(const Sample& sample, std::size_t threshold, std::int32_t label) {
  Tensor prediction = Tensor::uninitialized(sample.target.shape(), DType::int32);
  const auto channels = static_cast<std::size_t>(sample.image.shape()[2]);
  const std::span<const float> pixels = sample.image.values<float>();
  const auto out = prediction.mutable_values<std::int32_t>();
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = brightness_level(pixels.subspan(i * channels, channels)) >= threshold ? label : 0;
  }
  return prediction;
}

ConfusionMatrix score(const Dataset& test, std::size_t threshold, std::int32_t label,
                      ProgressCount& progress) {
  ConfusionMatrix scores = confusion_for(test);
  for (std::int64_t i = 0; i < test.size; ++i) {
    const Sample sample = checked_sample(test, i);
    scores.add(sample.target, predict_by_level(sample, threshold, label));
    progress.add_one();
  }
  return scores;
}

// The foreground class of most pixels, the first of equals; 0 where no foreground class counts.
std::int64_t commonest(const std::vector<std::int64_t>& pixels, const std::vector<std::int32_t>& uncounted) {
  std::int64_t best = 0;
  for (std::int64_t c = 1; c < std::ssize(pixels); ++c) {
    if (std::find(uncounted.begin(), uncounted.end(), c) != uncounted.end()) continue;
    if (best == 0 || pixels[static_cast<std::size_t>(c)] > pixels[static_cast<std::size_t>(best)]) best = c;
  }
  return best;
}

}  // namespace

ConfusionMatrix background_baseline(const Dataset& test, const OnProgress& on_progress) {
  ProgressCount progress(on_progress, test.size);
  return score(test, levels, 0, progress);
}

ThresholdBaseline threshold_baseline(const Dataset& train, const Dataset& test, std::int64_t samples,
                                     const OnProgress& on_progress) {
  ProgressCount progress(on_progress, std::min(samples, train.size) + test.size);
  const std::vector<std::int32_t> uncounted = uncounted_labels(train);
  std::vector<std::int64_t> classes(train.classes.size());
  std::array<std::array<std::int64_t, levels>, 2> histogram{};  // [is foreground][level]
  for (std::int64_t i = 0; i < std::min(samples, train.size); ++i) {
    const Sample sample = checked_sample(train, i);
    const auto channels = static_cast<std::size_t>(sample.image.shape()[2]);
    std::span<const float> pixels = sample.image.values<float>();
    for (const std::int32_t label : sample.target.values<std::int32_t>()) {
      if (label != unknown_label) {
        if (label < 0 || label >= static_cast<std::int64_t>(classes.size())) {
          throw ArgumentError(text(train.name, ": sample ", i, " has label ", label, ". The set has ",
                                   classes.size(), " classes, and ", unknown_label,
                                   " means unknown. Mend the mask."));
        }
        ++histogram[label != 0][brightness_level(pixels.first(channels))];
        ++classes[static_cast<std::size_t>(label)];
      }
      pixels = pixels.subspan(channels);
    }
    progress.add_one();
  }
  const std::int64_t common = commonest(classes, uncounted);
  // With threshold t, background below t and foreground from t up is predicted right. From t to t + 1 only
  // level t changes sides.
  std::int64_t right = 0, most = 0;
  for (const std::int64_t count : histogram[1]) right += count;
  std::size_t best = 0;
  most = right;
  for (std::size_t t = 0; t < levels; ++t) {
    right += histogram[0][t] - histogram[1][t];
    if (right > most) {
      most = right;
      best = t + 1;
    }
  }
  return {static_cast<double>(best) / static_cast<double>(levels), common,
          score(test, best, static_cast<std::int32_t>(common), progress)};
}

Tensor median_filtered(const Tensor& images) {
  const Shape& s = images.shape();
  if (s.rank() != 4) {
    throw ShapeError(
        text("median_filtered: ", s, " are no images. They are [batch, height, width, channels]."));
  }
  Tensor result = Tensor::uninitialized(s, DType::float32);
  const float* const in = images.values<float>().data();
  float* out = result.mutable_values<float>().data();
  std::vector<float> near;
  for (std::int64_t n = 0; n < s[0]; ++n) {
    for (std::int64_t at = 0; at < s[1] * s[2] * s[3]; ++at, ++out) {
      const std::int64_t row = at / (s[2] * s[3]), column = at / s[3] % s[2], channel = at % s[3];
      near.clear();
      for (std::int64_t y = std::max<std::int64_t>(0, row - 1); y <= std::min(s[1] - 1, row + 1); ++y) {
        for (std::int64_t x = std::max<std::int64_t>(0, column - 1); x <= std::min(s[2] - 1, column + 1); ++x)
          near.push_back(in[((n * s[1] + y) * s[2] + x) * s[3] + channel]);
      }
      const auto middle = near.begin() + std::ssize(near) / 2;
      std::nth_element(near.begin(), middle, near.end());
      *out = *middle;
    }
  }
  return result;
}

}  // namespace trous
