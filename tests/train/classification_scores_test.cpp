// Scores of a classification beside scikit-learn, PyTorch and loops; ties, ignored labels, cuts, errors.
#include <algorithm>
#include <cmath>
#include <core/thrown.h>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/core/random.h>
#include <trous/data/palette.h>
#include <trous/train/classification_scores.h>

namespace trous {
namespace {

using Counts = std::vector<std::int64_t>;
constexpr double unit = 0x1p-53;
constexpr std::int64_t samples = 40, six = 6;

// 40 samples of 6 classes: label (5 i + i / 4) mod 6; logit j of all is ((29 j) mod 83 - 41) / 16, and the
// label's is 97 / 32 larger where i is no multiple of 3.
struct Samples {
  std::vector<double> logits;
  std::vector<std::int32_t> labels;
};
Samples forty_samples() {
  Samples all;
  for (int j = 0; j < samples * six; ++j) all.logits.push_back((29 * j % 83 - 41) / 16.0);
  for (int i = 0; i < samples; ++i) {
    const int label = (5 * i + i / 4) % 6, place = 6 * i + label;
    all.labels.push_back(label);
    if (i % 3 != 0) all.logits[static_cast<std::size_t>(place)] += 97 / 32.0;
  }
  return all;
}

// The samples first .. last - 1.
void add_samples(ClassificationScores& scores, std::int64_t first, std::int64_t last) {
  const Samples all = forty_samples();
  const std::vector<double> logits(all.logits.begin() + six * first, all.logits.begin() + six * last);
  const std::vector<std::int32_t> labels(all.labels.begin() + first, all.labels.begin() + last);
  scores.add(Tensor({last - first, six}, logits), Tensor({last - first}, labels));
}

ClassificationScores scores_of_forty(const ClassificationOptions& options = {}) {
  ClassificationScores scores(six, options);
  add_samples(scores, 0, samples);
  return scores;
}

// A sum of 40 terms, and some roundings of each by the exponential and the logarithm, on either side.
constexpr double off_forty = 2 * (samples + 16) * unit;

// scikit-learn 1.2.1: accuracy_score, top_k_accuracy_score, confusion_matrix; PyTorch 1.13: cross_entropy.
TEST(ClassificationScores, AreThoseOfScikitLearnAndPyTorch) {
  const ClassificationScores scores = scores_of_forty();
  EXPECT_EQ(scores.count(), samples);
  EXPECT_EQ(scores.top(), 5);
  EXPECT_DOUBLE_EQ(*scores.accuracy(), 0.45);
  EXPECT_DOUBLE_EQ(*scores.top_accuracy(), 0.95);
  for (const auto& [top, share] : {std::pair{1, 0.45}, {2, 0.6}, {3, 0.825}, {6, 1.0}})
    EXPECT_DOUBLE_EQ(*scores_of_forty({.top = top}).top_accuracy(), share) << top;
  EXPECT_EQ(scores.confusion().counts(), (Counts{4, 0, 0, 1, 2, 3, 0, 2, 0, 2, 1, 0, 0, 0, 2, 0, 2, 1,
                                                 0, 1, 1, 5, 1, 2, 1, 0, 0, 1, 3, 0, 0, 1, 0, 1, 1, 2}));
  EXPECT_NEAR(*scores.negative_log_likelihood(), 1.3642722012631523, 2 * off_forty);
}

// NumPy 1.24.2 from the probabilities of PyTorch's softmax, bins as Guo et al. define them.
TEST(ClassificationScores, AreCalibratedAsByNumPy) {
  const ClassificationScores scores = scores_of_forty();
  EXPECT_NEAR(*scores.brier(), 0.5969752844224718, off_forty);
  EXPECT_NEAR(*scores.expected_calibration_error(), 0.31400159999036625, off_forty);
  struct Expected {
    std::size_t bin;
    std::int64_t count;
    double confidence, accuracy;
  };
  const std::vector<Expected> expected{
      {5, 7, 0.37787153468104345, 0.0}, {6, 6, 0.4415754481467033, 0.0},  {7, 8, 0.4709658921591491, 0.125},
      {8, 2, 0.5689378044007954, 1.0},  {9, 4, 0.6303553083988876, 1.0},  {10, 2, 0.6898983044131859, 0.0},
      {11, 1, 0.7791451174140365, 1.0}, {13, 3, 0.9198563902493638, 1.0}, {14, 7, 0.9548574353675955, 1.0}};
  const std::vector<CalibrationBin> bins = scores.calibration();
  ASSERT_EQ(bins.size(), 15U);
  std::int64_t counted = 0;
  for (const auto& [bin, count, confidence, accuracy] : expected) {
    EXPECT_EQ(bins[bin].count, count) << bin;
    EXPECT_NEAR(bins[bin].confidence.value(), confidence, off_forty) << bin;
    EXPECT_DOUBLE_EQ(bins[bin].accuracy.value(), accuracy) << bin;
    counted += bins[bin].count;
  }
  EXPECT_EQ(counted, samples) << "all other bins are empty";
  EXPECT_FALSE(bins[0].confidence.has_value() || bins[0].accuracy.has_value());
}

// Logits among 0, 1 and 2 are full of ties. The classes are sorted, stably, by descending logit.
TEST(ClassificationScores, OfTiesTakeTheFirstClass) {
  constexpr std::int64_t n = 200, classes = 5;
  std::vector<float> logits;
  for (const double v : uniform({n * classes}, DType::float64, Key{3}, 0, 3).to_vector<double>())
    logits.push_back(static_cast<float>(std::floor(v)));
  std::vector<std::int32_t> labels;
  for (int i = 0; i < n; ++i) labels.push_back(i % classes);
  for (std::int64_t k = 1; k <= classes; ++k) {
    ClassificationScores scores(classes, {.top = k});
    scores.add(Tensor({n, classes}, logits), Tensor({n}, labels));
    double right = 0, within = 0;
    for (std::size_t i = 0; i < n; ++i) {
      std::vector<std::size_t> order{0, 1, 2, 3, 4};
      const auto logit = [&](std::size_t c) { return logits[i * classes + c]; };
      std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return logit(a) > logit(b); });
      const auto place = std::find(order.begin(), order.end(), labels[i]) - order.begin();
      right += place == 0;
      within += place < k;
    }
    EXPECT_EQ(scores.accuracy(), right / n);
    EXPECT_EQ(scores.top_accuracy(), within / n) << k;
    EXPECT_TRUE(k > 1 || scores.top_accuracy() == scores.accuracy());
  }
}

// The probabilities 1/3 and 1 lie on upper edges, which belong to the bin.
TEST(ClassificationScores, CountAnUpperEdgeInItsBin) {
  ClassificationScores scores(3);
  scores.add(Tensor({2, 3}, {0.0, 0.0, 0.0, 1000.0, 0.0, 0.0}), Tensor({2}, std::vector<std::int32_t>{0, 1}));
  const std::vector<CalibrationBin> bins = scores.calibration();
  EXPECT_EQ(bins[4].count, 1);
  EXPECT_EQ(bins[4].accuracy, 1.0);
  EXPECT_EQ(bins[14].count, 1);
  EXPECT_EQ(bins[14].confidence, 1.0);
  EXPECT_EQ(bins[14].accuracy, 0.0);
  EXPECT_NEAR(*scores.brier(), (2.0 / 3 + 2) / 2, 8 * unit);
  EXPECT_NEAR(*scores.negative_log_likelihood(), (std::log(3.0) + 1000) / 2, 8 * unit * 1000);
  EXPECT_NEAR(*scores.expected_calibration_error(), (2.0 / 3 + 1) / 2, 8 * unit);
}

void expect_same_scores(const ClassificationScores& a, const ClassificationScores& b) {
  EXPECT_EQ(a.count(), b.count());
  EXPECT_EQ(a.confusion().counts(), b.confusion().counts());
  EXPECT_EQ(a.top_accuracy(), b.top_accuracy());
  EXPECT_EQ(a.negative_log_likelihood(), b.negative_log_likelihood());
  EXPECT_EQ(a.brier(), b.brier());
  EXPECT_EQ(a.expected_calibration_error(), b.expected_calibration_error());
}

TEST(ClassificationScores, DoNotDependOnTheBatch) {
  const ClassificationScores whole = scores_of_forty();
  for (const std::int64_t batch : {1, 7, 39}) {
    ClassificationScores cut(six);
    for (std::int64_t i = 0; i < samples; i += batch) add_samples(cut, i, std::min(i + batch, samples));
    expect_same_scores(cut, whole);
  }
}

TEST(ClassificationScores, AddUp) {
  const ClassificationScores whole = scores_of_forty({.top = 2});
  for (const std::int64_t cut : {0, 1, 17, 40}) {
    ClassificationScores left(six, {.top = 2}), right(six, {.top = 2});
    add_samples(left, 0, cut);
    add_samples(right, cut, samples);
    left += right;
    EXPECT_EQ(left.count(), samples);
    EXPECT_EQ(left.confusion().counts(), whole.confusion().counts());
    EXPECT_EQ(left.top_accuracy(), whole.top_accuracy());
    EXPECT_NEAR(*left.negative_log_likelihood(), *whole.negative_log_likelihood(), 2 * off_forty);
    EXPECT_NEAR(*left.brier(), *whole.brier(), off_forty);
    EXPECT_NEAR(*left.expected_calibration_error(), *whole.expected_calibration_error(), off_forty);
    for (std::size_t b = 0; b < 15; ++b) EXPECT_EQ(left.calibration()[b].count, whole.calibration()[b].count);
  }
}

// What stands in the row of an ignored sample is not read.
TEST(ClassificationScores, LeaveOutIgnoredLabels) {
  const Samples all = forty_samples();
  Samples more = all;
  const double bad = std::numeric_limits<double>::quiet_NaN();
  more.labels.insert(more.labels.begin() + 5, static_cast<std::int32_t>(unknown_label));
  more.logits.insert(more.logits.begin() + 5 * six, static_cast<std::size_t>(six), bad);
  ClassificationScores scores(six, {.ignored = {static_cast<std::int32_t>(unknown_label)}});
  scores.add(Tensor({samples + 1, six}, more.logits), Tensor({samples + 1}, more.labels));
  expect_same_scores(scores, scores_of_forty());

  // A class that is ignored has no sample, but may be predicted.
  const ClassificationScores without = scores_of_forty({.ignored = {3}});
  EXPECT_EQ(without.count(), 30);
  EXPECT_EQ(without.confusion().support(3), 0);
  EXPECT_EQ(without.confusion().predicted(3), 5);
}

TEST(ClassificationScores, AreAbsentWhereNothingCounts) {
  ClassificationScores scores(3, {.ignored = {255}});
  scores.add(Tensor::zeros({0, 3}, DType::float32), Tensor::zeros({0}, DType::int32));
  scores.add(Tensor::zeros({2, 3}, DType::float32), Tensor::full({2}, DType::int32, 255));
  EXPECT_EQ(scores.count(), 0);
  EXPECT_EQ(scores.top(), 3) << "5, or all classes";
  for (const auto& score : {scores.accuracy(), scores.top_accuracy(), scores.negative_log_likelihood(),
                            scores.brier(), scores.expected_calibration_error()})
    EXPECT_FALSE(score.has_value());
  for (const CalibrationBin& bin : scores.calibration()) EXPECT_EQ(bin.count, 0);
}

TEST(ClassificationScores, OfLogitsThatAreNotFiniteAreNaN) {
  ClassificationScores scores(3, {.top = 1});
  const double bad = std::numeric_limits<double>::quiet_NaN();
  scores.add(Tensor({2, 3}, {5.0, bad, bad, 1.0, 2.0, 0.0}), Tensor({2}, std::vector<std::int32_t>{1, 2}));
  EXPECT_EQ(scores.accuracy(), 0.5) << "the first NaN wins";
  EXPECT_EQ(scores.top_accuracy(), 0.5);
  EXPECT_EQ(scores.calibration()[0].count, 1);
  for (const auto& score :
       {scores.negative_log_likelihood(), scores.brier(), scores.expected_calibration_error()})
    EXPECT_TRUE(std::isnan(score.value()));

  ClassificationScores infinite(2);
  infinite.add(Tensor({1, 2}, {0.0, std::numeric_limits<double>::infinity()}),
               Tensor({1}, std::vector<std::int32_t>{1}));
  EXPECT_EQ(infinite.accuracy(), 1.0);
  EXPECT_EQ(infinite.calibration()[0].count, 1);
  EXPECT_TRUE(std::isnan(infinite.brier().value()));
}

TEST(ClassificationScoresErrors, Texts) {
  ClassificationScores scores(4);
  const Tensor logits = Tensor::zeros({2, 4}, DType::float32), labels = Tensor::zeros({2}, DType::int32);
  const auto text_of = [&](const Tensor& z, const Tensor& l) {
    return thrown<Error>([&] { scores.add(z, l); });
  };
  EXPECT_EQ(text_of(Tensor::zeros({2, 3}, DType::float32), labels),
            "ClassificationScores: logits [2, 3] are not one row of 4 numbers per sample. Give [n, 4].");
  EXPECT_EQ(text_of(Tensor::zeros({4}, DType::float32), labels),
            "ClassificationScores: logits [4] are not one row of 4 numbers per sample. Give [n, 4].");
  EXPECT_EQ(text_of(Tensor::zeros({2, 4}, DType::uint8), labels),
            "ClassificationScores: uint8 is not a floating type. Cast it: cast(x, DType::float32).");
  EXPECT_EQ(text_of(logits, Tensor::zeros({2}, DType::uint8)),
            "ClassificationScores: labels are uint8, must be int32. Cast them: labels.cast(DType::int32).");
  EXPECT_EQ(text_of(logits, Tensor::zeros({3}, DType::int32)),
            "ClassificationScores: labels [3] do not fit. logits [2, 4] need labels [2].");
  EXPECT_EQ(text_of(logits, Tensor({2}, std::vector<std::int32_t>{0, 255})),
            "ClassificationScores: label 255 at place 1 is not in 0 to 3. Correct the labels, or list it in "
            "`ignored`.");
  EXPECT_EQ(scores.count(), 0) << "nothing was counted";
  for (const std::int64_t top : {0, 5}) {
    EXPECT_EQ(thrown<ArgumentError>([&] { ClassificationScores(4, {.top = top}); }),
              text("ClassificationScores: top ", top, " of 4 classes. Give 1 to 4."));
  }
  EXPECT_EQ(thrown<ArgumentError>([] { ClassificationScores(0); }),
            "ConfusionMatrix: 0 classes. Give 1 or more.");
  EXPECT_EQ(thrown<ArgumentError>([&] { scores += ClassificationScores(4, {.top = 2}); }),
            "ClassificationScores: top 4 of 4 classes without () and top 2 of 4 classes without () do not "
            "add. Both need the same classes, `top` and `ignored`.");
  EXPECT_EQ(
      thrown<ArgumentError>([&] {
        scores += ClassificationScores(4, {.ignored = {3, 1}});
      }),
      "ClassificationScores: top 4 of 4 classes without () and top 4 of 4 classes without (1, 3) do not "
      "add. Both need the same classes, `top` and `ignored`.");
  ClassificationScores some(4, {.ignored = {3, 1}});
  some += ClassificationScores(4, {.ignored = {1, 3, 3}});
  EXPECT_EQ(scores.count(), 0);
}

}  // namespace
}  // namespace trous
