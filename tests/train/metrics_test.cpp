// Scores against brute force over every pair of tiny label maps: torchmetrics#312, #552, #2558, #3047 and
// segmentation_models.pytorch#366, #547 went wrong with an ignored label or an absent class.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include <gtest/gtest.h>

#include <trous/data/ignore.h>
#include <trous/train/metrics.h>

#include "core/thrown.h"

namespace trous {
namespace {

using Labels = std::vector<std::int32_t>;

// The definitions, set by set: no matrix, no shared sums.
struct BruteForce {
  Labels truth, prediction;
  Labels ignored;

  bool ignores(std::int32_t label) const {
    return std::find(ignored.begin(), ignored.end(), label) != ignored.end();
  }
  bool counts(std::size_t i) const { return !ignores(truth[i]); }

  std::optional<double> iou(std::int32_t c) const {
    int both = 0, either = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
      if (!counts(i)) continue;
      both += truth[i] == c && prediction[i] == c;
      either += truth[i] == c || prediction[i] == c;
    }
    if (either == 0 || ignores(c)) return std::nullopt;
    return static_cast<double>(both) / either;
  }
  // Pixels of truth c that were called p; a negative class stands for any.
  int pixels(std::int32_t c, std::int32_t p) const {
    int found = 0;
    for (std::size_t i = 0; i < truth.size(); ++i)
      found += counts(i) && (c < 0 || truth[i] == c) && (p < 0 || prediction[i] == p);
    return found;
  }
  std::optional<double> share(int part, int whole) const {
    if (whole == 0) return std::nullopt;
    return static_cast<double>(part) / whole;
  }
  std::optional<double> dice(std::int32_t c) const {
    if (ignores(c)) return std::nullopt;
    return share(2 * pixels(c, c), pixels(c, -1) + pixels(-1, c));
  }
  std::optional<double> precision(std::int32_t c) const {
    if (ignores(c)) return std::nullopt;
    return share(pixels(c, c), pixels(-1, c));
  }
  std::optional<double> recall(std::int32_t c) const { return share(pixels(c, c), pixels(c, -1)); }

  // The mean of a score of classes over those that have one.
  template <class Score>
  std::optional<double> mean_of(std::int32_t first, std::int32_t classes, Score score) const {
    double sum = 0;
    int present = 0;
    for (std::int32_t c = first; c < classes; ++c) {
      if ((this->*score)(c)) sum += *(this->*score)(c);
      present += (this->*score)(c).has_value();
    }
    if (present == 0) return std::nullopt;
    return sum / present;
  }
  // The mean over pixels of the IoU of each pixel's class.
  std::optional<double> frequency_weighted_iou() const {
    double sum = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
      if (counts(i)) sum += *iou(truth[i]);
    }
    if (pixels(-1, -1) == 0) return std::nullopt;
    return sum / pixels(-1, -1);
  }
  std::optional<double> accuracy() const {
    int right = 0, all = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
      if (!counts(i)) continue;
      right += truth[i] == prediction[i];
      ++all;
    }
    if (all == 0) return std::nullopt;
    return static_cast<double>(right) / all;
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
    ASSERT_EQ(scores.mean_iou(first),
              brute.mean_of(first, static_cast<std::int32_t>(scores.classes()), &BruteForce::iou));
  }
  ASSERT_EQ(scores.pixel_accuracy(), brute.accuracy());
  const auto classes = static_cast<std::int32_t>(scores.classes());
  for (std::int32_t c = 0; c < classes; ++c) {
    ASSERT_EQ(scores.dice(c), brute.dice(c));
    ASSERT_EQ(scores.precision(c), brute.precision(c));
    ASSERT_EQ(scores.recall(c), brute.recall(c));
    ASSERT_EQ(scores.support(c), brute.pixels(c, -1));
    ASSERT_EQ(scores.predicted(c), brute.pixels(-1, c));
  }
  for (const std::int32_t first : {0, 1})
    ASSERT_EQ(scores.mean_dice(first), brute.mean_of(first, classes, &BruteForce::dice));
  ASSERT_EQ(scores.mean_class_accuracy(), brute.mean_of(0, classes, &BruteForce::recall));
  const auto weighted = scores.frequency_weighted_iou(), expected = brute.frequency_weighted_iou();
  ASSERT_EQ(weighted.has_value(), expected.has_value());
  if (weighted) {
    ASSERT_DOUBLE_EQ(*weighted, *expected);
  }
}

// 3 classes and an ignored label over 3 pixels: 4^3 truths times 3^3 predictions.
TEST(Metrics, torchmetrics_312_EveryTinyLabelMapWithAnIgnoredLabel) {
  for (int t = 0; t < 64; ++t) {
    for (int p = 0; p < 27; ++p) {
      Labels truth = digits(t, 4, 3), prediction = digits(p, 3, 3);
      for (std::int32_t& label : truth) label = label == 3 ? 255 : label;
      ConfusionMatrix scores(3, {255});
      scores.add(Tensor({1, 3}, truth), Tensor({1, 3}, prediction));
      expect_equal(scores, {truth, prediction, {255}});
    }
  }
}

// The ignored label may itself be a class, the background say; it may then be predicted, which is no right
// answer for any counted pixel.
TEST(Metrics, torchmetrics_3047_TheIgnoredLabelMayBeAClass) {
  for (int t = 0; t < 81; ++t) {
    for (int p = 0; p < 81; ++p) {
      const Labels truth = digits(t, 3, 4), prediction = digits(p, 3, 4);
      ConfusionMatrix scores(3, {0});
      scores.add(Tensor({2, 2}, truth), Tensor({2, 2}, prediction));
      expect_equal(scores, {truth, prediction, {0}});
    }
  }
}

// The threads' own numbers. What is predicted under an ignored pixel does not matter, and the ignored class
// has no part in a mean, not even where it was predicted: 1 / 3 and 0 for classes 1 and 2, not 0 for 0.
TEST(Metrics, smp_547_AnIgnoredClassHasNoPartInAMean) {
  for (const std::int32_t under : {0, 1, 2}) {
    ConfusionMatrix scores(3, {0});
    scores.add(Tensor({4}, Labels{2, 1, 1, 0}), Tensor({4}, Labels{1, 2, 1, under}));
    EXPECT_DOUBLE_EQ(*scores.mean_iou(), 1.0 / 6) << under;
    EXPECT_DOUBLE_EQ(*scores.mean_dice(), 1.0 / 4) << under;
  }
  ConfusionMatrix called(3, {0});
  called.add(Tensor({4}, Labels{2, 1, 1, 0}), Tensor({4}, Labels{2, 1, 0, 0}));
  EXPECT_EQ(called.iou(0), std::nullopt);
  EXPECT_EQ(called.dice(0), std::nullopt);
  EXPECT_EQ(called.precision(0), std::nullopt);
  EXPECT_DOUBLE_EQ(*called.mean_iou(), 3.0 / 4);
  EXPECT_DOUBLE_EQ(*called.mean_dice(), 5.0 / 6);
}

// `ignoring` makes the labels of a class unknown. What is then predicted may still be that class: it is a
// mistake where another class counts, and never a score of its own. Every truth of 3 classes and unknown
// pixels, every prediction, each class ignored: classes.size() is 3, and foreground is what is above 0,
// whichever is ignored.
TEST(Metrics, smp_547_AClassThatADataSetIgnoresHasNoScoreWhateverIsPredicted) {
  for (std::int32_t ignored = 0; ignored < 3; ++ignored) {
    const Dataset set =
        ignoring({.name = "toy",
                  .source = "the tests",
                  .classes = {"background", "one", "two"},
                  .size = 64,
                  .image_shape = {1, 3, 1},
                  .sample =
                      [](std::int64_t i) {
                        Labels truth = digits(static_cast<int>(i), 4, 3);
                        for (std::int32_t& label : truth) label = label == 3 ? 255 : label;
                        return Sample{Tensor::zeros({1, 3, 1}, DType::float32), Tensor({1, 3}, truth)};
                      }},
                 ignored);
    for (int t = 0; t < 64; ++t) {
      const Tensor truth = set.sample(t).target;
      for (int p = 0; p < 27; ++p) {
        const Labels prediction = digits(p, 3, 3);
        ConfusionMatrix scores = confusion_for(set);
        scores.add(truth, Tensor({1, 3}, prediction));
        expect_equal(scores, {truth.to_vector<std::int32_t>(), prediction, {255, ignored}});
        ASSERT_EQ(scores.iou(ignored), std::nullopt);
        ASSERT_TRUE(scores.ignores(ignored));
      }
    }
  }
}

TEST(Metrics, EveryTinyLabelMapWithNothingIgnored) {
  for (int t = 0; t < 81; ++t) {
    for (int p = 0; p < 81; ++p) {
      const Labels truth = digits(t, 3, 4), prediction = digits(p, 3, 4);
      ConfusionMatrix scores(4);  // class 3 is always absent
      scores.add(Tensor({4}, truth), Tensor({4}, prediction));
      expect_equal(scores, {truth, prediction, {}});
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
      EXPECT_EQ(whole.mean_iou(), parts.mean_iou());
      EXPECT_EQ(whole.mean_dice(), parts.mean_dice());
    }
  }
}

// By hand: of the 7 pixels of class 0, 4 are right, 2 are called 1 and 1 is called 2; both of class 1 are
// called 0; class 3 is nowhere.
TEST(Metrics, ByHand) {
  const ConfusionMatrix scores =
      ConfusionMatrix::from_counts(4, {4, 2, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_EQ(scores.support(0), 7);
  EXPECT_EQ(scores.predicted(0), 6);
  EXPECT_EQ(scores.dice(0), 8.0 / 13);
  EXPECT_EQ(scores.precision(0), 4.0 / 6);
  EXPECT_EQ(scores.recall(0), 4.0 / 7);
  EXPECT_EQ(scores.recall(1), 0) << "there, and never found";
  EXPECT_EQ(scores.precision(2), 0);
  EXPECT_EQ(scores.recall(2), std::nullopt) << "never there, so nothing to be found";
  EXPECT_EQ(scores.dice(2), 0);
  EXPECT_EQ(scores.dice(3), std::nullopt);
  EXPECT_EQ(scores.precision(3), std::nullopt);
  EXPECT_DOUBLE_EQ(*scores.mean_dice(), 8.0 / 13 / 3);
  EXPECT_EQ(scores.mean_dice(1), 0);
  EXPECT_EQ(scores.mean_dice(3), std::nullopt);
  EXPECT_DOUBLE_EQ(*scores.mean_class_accuracy(), 2.0 / 7);
  EXPECT_DOUBLE_EQ(*scores.frequency_weighted_iou(), 7.0 / 9 * 4 / 9);
}

TEST(Metrics, AMatrixIsReadBackFromItsCountsAndAdds) {
  ConfusionMatrix first(3, {255}), second(3), both(3, {255});
  first.add(Tensor({4}, Labels{0, 1, 255, 2}), Tensor({4}, Labels{0, 2, 0, 2}));
  second.add(Tensor({2}, Labels{1, 1}), Tensor({2}, Labels{1, 0}));
  both.add(Tensor({6}, Labels{0, 1, 255, 2, 1, 1}), Tensor({6}, Labels{0, 2, 0, 2, 1, 0}));
  EXPECT_EQ(first.counts(), (std::vector<std::int64_t>{1, 0, 0, 0, 0, 1, 0, 0, 1}));
  ConfusionMatrix read = ConfusionMatrix::from_counts(3, first.counts(), {255});
  read += second;
  EXPECT_EQ(read.counts(), both.counts());
  read.add(Tensor({1}, Labels{255}), Tensor({1}, Labels{0}));
  EXPECT_EQ(read.counts(), both.counts()) << "what it ignores was given too";
  // Of what is added, too, the ignored class does not count.
  ConfusionMatrix without(3, {1});
  without += both;
  EXPECT_EQ(without.counts(), (std::vector<std::int64_t>{1, 0, 0, 0, 0, 0, 0, 0, 1}));
}

TEST(Metrics, RefusesCountsThatAreNone) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(thrown<ArgumentError>([] {
              ConfusionMatrix::from_counts(2, {1, 2, 3});
            }),
            "ConfusionMatrix: 3 counts for 2 classes. Give 2 times 2, one for every truth and prediction.");
  EXPECT_EQ(thrown<ArgumentError>([] {
              ConfusionMatrix::from_counts(2, {1, 2, 3, -4});
            }),
            "ConfusionMatrix: count -4 at place 3 is below 0. A count is 0 or more.");
  EXPECT_EQ(thrown<ArgumentError>([] {
              ConfusionMatrix::from_counts(2, {most, 0, 1, 0});
            }),
            "ConfusionMatrix: the sum of the counts is beyond int64. Give what was counted.");
  EXPECT_EQ(thrown<ArgumentError>([] {
              ConfusionMatrix::from_counts(2, {1, 2, 0, 4}, {1});
            }),
            "ConfusionMatrix: count 4 at place 3 is of class 1, which is ignored. Give 0 in its row.");
  EXPECT_EQ(thrown<ArgumentError>([] { ConfusionMatrix::from_counts(0, {}); }),
            "ConfusionMatrix: 0 classes. Give 1 or more.");
  ConfusionMatrix full = ConfusionMatrix::from_counts(2, {most, 0, 0, 0});
  EXPECT_EQ(full.dice(0), 1) << "twice the count is beyond int64";
  EXPECT_EQ(thrown<ArgumentError>([&] {
              full += ConfusionMatrix::from_counts(2, {0, 1, 0, 0});
            }),
            "ConfusionMatrix: the sum of the counts is beyond int64. Give what was counted.");
  EXPECT_EQ(full.count(0, 1), 0);
  EXPECT_EQ(thrown<ArgumentError>([&] { full += ConfusionMatrix(3); }),
            "ConfusionMatrix: 2 classes and 3 do not add. Both need the same classes.");
}

TEST(Metrics, AFreshMatrixScoresNothing) {
  const ConfusionMatrix scores(2);
  EXPECT_EQ(scores.mean_dice(), std::nullopt);
  EXPECT_EQ(scores.mean_class_accuracy(), std::nullopt);
  EXPECT_EQ(scores.frequency_weighted_iou(), std::nullopt);
  EXPECT_EQ(scores.iou(0), std::nullopt);
  EXPECT_EQ(scores.mean_iou(), std::nullopt);
  EXPECT_EQ(scores.pixel_accuracy(), std::nullopt);
  EXPECT_EQ(scores.mean_iou(2), std::nullopt) << "no class from 2 on";
}

TEST(Metrics, AWrongLabelIsNamedAndNothingIsCounted) {
  ConfusionMatrix scores(3, {255});
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
  EXPECT_THROW(scores.dice(3), ArgumentError);
  EXPECT_THROW(scores.precision(3), ArgumentError);
  EXPECT_THROW(scores.recall(3), ArgumentError);
  EXPECT_THROW(scores.support(3), ArgumentError);
  EXPECT_THROW(scores.predicted(-1), ArgumentError);
}

}  // namespace
}  // namespace trous
