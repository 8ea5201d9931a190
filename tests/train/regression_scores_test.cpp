// Scores of numbers beside scikit-learn, scikit-image and plain sums, cuts into batches, stored sums, errors.
#include <algorithm>
#include <cmath>
#include <core/thrown.h>
#include <limits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/train/regression_scores.h>

namespace trous {
namespace {

constexpr double u = 0x1p-53;
constexpr std::int64_t pairs = 832;

// Element i of the truth is ((37 i) mod 101) / 101, of the prediction 3/4 of that and ((11 i) mod 23) / 92.
std::pair<std::vector<double>, std::vector<double>> numbers_of_scores() {
  std::vector<double> truth, prediction;
  for (int i = 0; i < pairs; ++i) {
    truth.push_back((37 * i % 101) / 101.0);
    prediction.push_back(0.75 * truth.back() + 0.25 * ((11 * i % 23) / 23.0));
  }
  return {truth, prediction};
}

// The pairs first .. last - 1.
void add_part(RegressionScores& scores, std::int64_t first, std::int64_t last) {
  const auto [truth, prediction] = numbers_of_scores();
  const auto part = [&](const std::vector<double>& all) {
    return Tensor({last - first}, std::vector<double>(all.begin() + first, all.begin() + last));
  };
  scores.add(part(truth), part(prediction));
}

RegressionScores scores_of_all() {
  RegressionScores scores;
  add_part(scores, 0, pairs);
  return scores;
}

// scikit-learn 1.2.1: mean_squared_error, mean_absolute_error, r2_score; scikit-image 0.19.3:
// peak_signal_noise_ratio with data_range 1 and 2. Two sums of n positive terms differ by at most 2 n u of
// their value, and some u of the terms; a logarithm makes a decibel 10 / ln 10 of that.
TEST(RegressionScores, AreThoseOfScikitLearn) {
  const RegressionScores scores = scores_of_all();
  const double off = (2 * pairs + 16) * u;
  EXPECT_EQ(scores.count(), pairs);
  EXPECT_NEAR(*scores.mse(), 0.010446123155707584, off * 0.0105);
  EXPECT_NEAR(*scores.mae(), 0.08339460226331998, off * 0.0834);
  EXPECT_NEAR(*scores.rmse(), 0.10220627747701011, off * 0.1023);
  EXPECT_NEAR(*scores.r2(), 0.8747519514835773, 2 * off);
  EXPECT_NEAR(*scores.psnr(), 19.810448583067096, 4.35 * off + 8 * u * 20);
  EXPECT_NEAR(*scores.psnr(2), 25.83104849634672, 4.35 * off + 8 * u * 26);
}

// t = 0, 1, 2 and p = 1, 1, 4: errors 1, 0, 2 about a mean of 1.
TEST(RegressionScores, OfThreeNumbers) {
  RegressionScores scores;
  scores.add(Tensor({3, 1}, {0.0F, 1.0F, 2.0F}), Tensor({3, 1}, {1.0, 1.0, 4.0}));
  EXPECT_EQ(scores.sums(), (RegressionSums{3, 5, 3, 1, 2}));
  EXPECT_EQ(scores.mse(), 5.0 / 3);
  EXPECT_EQ(scores.mae(), 1.0);
  EXPECT_EQ(scores.rmse(), std::sqrt(5.0 / 3));
  EXPECT_EQ(scores.r2(), 1 - 5.0 / 2);
}

// The variance of numbers near 1e9 is lost in a sum of squares; the deviations here are -1 and 1.
TEST(RegressionScores, SeeSmallDeviationsOfLargeNumbers) {
  RegressionScores scores;
  scores.add(Tensor({2}, {1e9 - 1, 1e9 + 1}), Tensor({2}, {1e9 - 1, 1e9}));
  EXPECT_EQ(scores.r2(), 0.5);
}

TEST(RegressionScores, DoNotDependOnTheBatch) {
  const RegressionScores whole = scores_of_all();
  for (const std::int64_t batch : {1, 7, 400}) {
    RegressionScores cut;
    for (std::int64_t i = 0; i < pairs; i += batch) add_part(cut, i, std::min(i + batch, pairs));
    EXPECT_EQ(cut.sums(), whole.sums()) << "batches of " << batch;
  }
}

// Each sum is rounded n times either way, its terms being positive.
TEST(RegressionScores, AddUp) {
  const RegressionScores whole = scores_of_all();
  for (const std::int64_t cut : {0, 1, 300, 832}) {
    RegressionScores left, right;
    add_part(left, 0, cut);
    add_part(right, cut, pairs);
    left += right;
    EXPECT_EQ(left.count(), pairs);
    EXPECT_NEAR(*left.mse(), *whole.mse(), 2 * pairs * u * *whole.mse()) << cut;
    EXPECT_NEAR(*left.mae(), *whole.mae(), 2 * pairs * u * *whole.mae()) << cut;
    EXPECT_NEAR(*left.r2(), *whole.r2(), 4 * pairs * u) << cut;
  }
  RegressionScores none;
  none += RegressionScores();
  EXPECT_EQ(none.sums(), RegressionSums());
}

TEST(RegressionScores, ComeBackFromTheirSums) {
  const RegressionScores whole = scores_of_all(), stored(whole.sums());
  EXPECT_EQ(stored.sums(), whole.sums());
  EXPECT_EQ(stored.r2(), whole.r2());
}

TEST(RegressionScores, AreAbsentWhereTheyAreNotDefined) {
  RegressionScores scores;
  for (int round = 0; round < 2; ++round) {
    for (const auto& score : {scores.mse(), scores.mae(), scores.rmse(), scores.r2(), scores.psnr()})
      EXPECT_FALSE(score.has_value());
    scores.add(Tensor::zeros({0, 3}, DType::float32), Tensor::zeros({0, 3}, DType::float32));
  }
  scores.add(Tensor::full({3}, DType::float64, 0.1), Tensor::full({3}, DType::float64, 0.1));
  EXPECT_EQ(scores.mse(), 0.0);
  EXPECT_FALSE(scores.r2().has_value()) << "all truths are equal";
  EXPECT_EQ(scores.psnr(), std::numeric_limits<double>::infinity());
}

TEST(RegressionScores, KeepNaN) {
  RegressionScores scores = scores_of_all();
  scores.add(Tensor({1}, {0.5}), Tensor({1}, {std::numeric_limits<double>::quiet_NaN()}));
  for (const auto& score : {scores.mse(), scores.mae(), scores.rmse(), scores.r2(), scores.psnr()})
    EXPECT_TRUE(std::isnan(score.value()));
}

TEST(RegressionScoresErrors, Texts) {
  RegressionScores scores;
  const Tensor x = Tensor::zeros({2, 3}, DType::float32);
  EXPECT_EQ(thrown<ShapeError>([&] {
              scores.add(x, Tensor::zeros({3, 2}, DType::float32));
            }),
            "RegressionScores: truth [2, 3] and prediction [3, 2] differ. Both need one number per place.");
  EXPECT_EQ(thrown<DTypeError>([&] {
              scores.add(x, Tensor::zeros({2, 3}, DType::int32));
            }),
            "RegressionScores: int32 is not a floating type. Cast it: cast(x, DType::float32).");
  EXPECT_EQ(scores.sums(), RegressionSums());
  for (const double peak : {0.0, -1.0, std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(thrown<ArgumentError>([&] { scores.psnr(peak); }),
              text("RegressionScores: peak ", peak,
                   " is not above 0, and finite. 1 is usual for images in 0 to 1, 255 for bytes."));
  }
  EXPECT_EQ(thrown<ArgumentError>([] { RegressionScores({.count = -1}); }),
            "RegressionScores: count -1 is below 0. A count is 0 or more.");
  EXPECT_EQ(thrown<ArgumentError>([] { RegressionScores({.count = 1, .absolute_errors = -2}); }),
            "RegressionScores: the sum -2 is below 0. Each is 0 or more.");
  EXPECT_EQ(thrown<ArgumentError>([] { RegressionScores({.truth_mean = 2}); }),
            "RegressionScores: a sum of no pairs is not 0. Give the count that belongs to it.");
}

}  // namespace
}  // namespace trous
