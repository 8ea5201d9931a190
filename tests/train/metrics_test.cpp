// Scores against brute force over every pair of tiny label maps: torchmetrics#312, #552, #2558, #3047 and
// segmentation_models.pytorch#366, #547 went wrong with an ignored label or an absent class.
#include <cmath>
#include <optional>

#include <gtest/gtest.h>

#include <trous/train/metrics.h>

#include "core/thrown.h"

namespace trous {
namespace {

using Labels = std::vector<std::int32_t>;

// The definitions, set by set: no matrix, no shared sums.
struct BruteForce {
  Labels truth, prediction;
  std::optional<std::int32_t> ignore;

  bool counts(std::size_t i) const { return !ignore || truth[i] != *ignore; }

  std::optional<double> iou(std::int32_t c) const {
    int both = 0, either = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
      if (!counts(i)) continue;
      both += truth[i] == c && prediction[i] == c;
      either += truth[i] == c || prediction[i] == c;
    }
    if (either == 0) return std::nullopt;
    return static_cast<double>(both) / either;
  }
  double mean_iou(std::int32_t first, std::int32_t classes) const {
    double total = 0;
    int present = 0;
    for (std::int32_t c = first; c < classes; ++c) {
      if (iou(c)) {
        total += *iou(c);
        ++present;
      }
    }
    return present ? total / present : 0;
  }
  double accuracy() const {
    int right = 0, all = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
      if (!counts(i)) continue;
      right += truth[i] == prediction[i];
      ++all;
    }
    return all ? static_cast<double>(right) / all : 0;
  }
};

// `number` in base `base`, one digit per pixel.
Labels digits(int number, int base, std::size_t count) {
  Labels result(count);
  for (std::int32_t& digit : result) {
    digit = number % base;
    number /= base;
  }
  return result;
}

void expect_equal(const ConfusionMatrix& scores, const BruteForce& brute) {
  for (std::int32_t c = 0; c < scores.classes(); ++c) ASSERT_EQ(scores.iou(c), brute.iou(c));
  for (const std::int32_t first : {0, 1}) {
    ASSERT_DOUBLE_EQ(scores.mean_iou(first),
                     brute.mean_iou(first, static_cast<std::int32_t>(scores.classes())));
  }
  ASSERT_EQ(scores.pixel_accuracy(), brute.accuracy());
}

// 3 classes and an ignored label over 3 pixels: 4^3 truths times 3^3 predictions.
TEST(Metrics, torchmetrics_312_EveryTinyLabelMapWithAnIgnoredLabel) {
  for (int t = 0; t < 64; ++t) {
    for (int p = 0; p < 27; ++p) {
      Labels truth = digits(t, 4, 3), prediction = digits(p, 3, 3);
      for (std::int32_t& label : truth) label = label == 3 ? 255 : label;
      ConfusionMatrix scores(3, 255);
      scores.add(Tensor({1, 3}, truth), Tensor({1, 3}, prediction));
      expect_equal(scores, {truth, prediction, 255});
    }
  }
}

// The ignored label may itself be a class, the background say; it may then be predicted, which is no right
// answer for any counted pixel.
TEST(Metrics, torchmetrics_3047_TheIgnoredLabelMayBeAClass) {
  for (int t = 0; t < 81; ++t) {
    for (int p = 0; p < 81; ++p) {
      const Labels truth = digits(t, 3, 4), prediction = digits(p, 3, 4);
      ConfusionMatrix scores(3, 0);
      scores.add(Tensor({2, 2}, truth), Tensor({2, 2}, prediction));
      expect_equal(scores, {truth, prediction, 0});
    }
  }
}

TEST(Metrics, EveryTinyLabelMapWithNothingIgnored) {
  for (int t = 0; t < 81; ++t) {
    for (int p = 0; p < 81; ++p) {
      const Labels truth = digits(t, 3, 4), prediction = digits(p, 3, 4);
      ConfusionMatrix scores(4);  // class 3 is always absent
      scores.add(Tensor({4}, truth), Tensor({4}, prediction));
      expect_equal(scores, {truth, prediction, std::nullopt});
      ASSERT_EQ(scores.iou(3), std::nullopt);
    }
  }
}

// A mean of per-image scores is another number: the matrix is of the whole set.
TEST(Metrics, torchmetrics_2558_ImagesAddUpToOneMatrix) {
  for (int t = 0; t < 81; t += 7) {
    for (int p = 0; p < 81; p += 5) {
      const Labels truth = digits(t, 3, 4), prediction = digits(p, 3, 4);
      ConfusionMatrix whole(3), parts(3);
      whole.add(Tensor({4}, truth), Tensor({4}, prediction));
      for (std::size_t i = 0; i < 4; ++i)
        parts.add(Tensor({1}, Labels{truth[i]}), Tensor({1}, Labels{prediction[i]}));
      for (int a = 0; a < 3; ++a) {
        for (int b = 0; b < 3; ++b) EXPECT_EQ(whole.count(a, b), parts.count(a, b));
      }
    }
  }
}

TEST(Metrics, AFreshMatrixScoresNothing) {
  const ConfusionMatrix scores(2);
  EXPECT_EQ(scores.iou(0), std::nullopt);
  EXPECT_EQ(scores.mean_iou(), 0);
  EXPECT_EQ(scores.pixel_accuracy(), 0);
  EXPECT_EQ(scores.mean_iou(2), 0) << "no class from 2 on";
}

TEST(Metrics, AWrongLabelIsNamedAndNothingIsCounted) {
  ConfusionMatrix scores(3, 255);
  const auto add = [&](const Labels& truth, const Labels& prediction) {
    return [&scores, truth, prediction] { scores.add(Tensor({3}, truth), Tensor({3}, prediction)); };
  };
  EXPECT_EQ(thrown<ArgumentError>(add({0, 3, 1}, {0, 0, 1})),
            "ConfusionMatrix: truth 3 at place 1 is not in 0 to 2.");
  EXPECT_EQ(thrown<ArgumentError>(add({0, 1, 1}, {0, 0, -1})),
            "ConfusionMatrix: prediction -1 at place 2 is not in 0 to 2.");
  for (int a = 0; a < 3; ++a) {
    for (int b = 0; b < 3; ++b) EXPECT_EQ(scores.count(a, b), 0);
  }
  add({255, 1, 1}, {77, 1, 0})();  // what stands under an ignored pixel does not matter
  EXPECT_EQ(scores.count(1, 1), 1);
  EXPECT_EQ(scores.count(1, 0), 1);
}

TEST(Metrics, RefusesWhatItCannotCompare) {
  EXPECT_EQ(thrown<ArgumentError>([] { ConfusionMatrix(0); }), "ConfusionMatrix: 0 classes. Give 1 or more.");
  ConfusionMatrix scores(3);
  EXPECT_EQ(thrown<ShapeError>([&] {
              scores.add(Tensor({2}, Labels{0, 1}), Tensor({1, 2}, Labels{0, 1}));
            }),
            "ConfusionMatrix: truth [2] and prediction [1, 2] differ. Both need one label per pixel.");
  EXPECT_THROW(scores.add(Tensor::zeros({2}, DType::float32), Tensor::zeros({2}, DType::float32)),
               DTypeError);
  EXPECT_EQ(thrown<ArgumentError>([&] { scores.count(0, 3); }),
            "ConfusionMatrix: there is no class 3. Classes are 0 to 2.");
  EXPECT_THROW(scores.iou(-1), ArgumentError);
}

}  // namespace
}  // namespace trous
