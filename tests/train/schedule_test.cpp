// Schedules at their ends and in the middle, and class weights by hand.
#include <cmath>

#include <gtest/gtest.h>

#include <trous/train/class_weights.h>
#include <trous/train/schedule.h>

#include "core/thrown.h"

namespace trous {
namespace {

TEST(Schedule, ConstantStays) {
  for (const int step : {0, 50, 99}) EXPECT_EQ(learning_rate_at(Schedule::constant, 0.3, step, 100), 0.3);
}

TEST(Schedule, PolyFallsByItsPower) {
  EXPECT_DOUBLE_EQ(learning_rate_at(Schedule::poly, 0.3, 0, 100), 0.3);
  EXPECT_DOUBLE_EQ(learning_rate_at(Schedule::poly, 0.3, 50, 100), 0.3 * std::pow(0.5, 0.9));
  EXPECT_DOUBLE_EQ(learning_rate_at(Schedule::poly, 0.3, 75, 100), 0.3 * std::pow(0.25, 0.9));
  EXPECT_NEAR(learning_rate_at(Schedule::poly, 0.3, 99, 100), 0.3 * std::pow(0.01, 0.9), 1e-15);
}

TEST(Schedule, CosineIsHalfWayInTheMiddle) {
  EXPECT_DOUBLE_EQ(learning_rate_at(Schedule::cosine, 0.3, 0, 100), 0.3);
  EXPECT_DOUBLE_EQ(learning_rate_at(Schedule::cosine, 0.3, 50, 100), 0.15);
  // cos(pi / 3) = 1/2, cos(2 pi / 3) = -1/2.
  EXPECT_NEAR(learning_rate_at(Schedule::cosine, 0.3, 30, 90), 0.225, 1e-16);
  EXPECT_NEAR(learning_rate_at(Schedule::cosine, 0.3, 60, 90), 0.075, 1e-16);
}

TEST(Schedule, NoStepStandsStillOrClimbs) {
  for (const Schedule schedule : {Schedule::poly, Schedule::cosine}) {
    double before = 2;
    for (int step = 0; step < 40; ++step) {
      const double now = learning_rate_at(schedule, 1, step, 40);
      EXPECT_GT(now, 0) << step;
      EXPECT_LT(now, before) << step;
      before = now;
    }
    EXPECT_EQ(learning_rate_at(schedule, 0.3, 0, 1), 0.3) << "a run of one step takes the whole rate";
  }
}

TEST(Schedule, HasNames) {
  EXPECT_EQ(parse_schedule("constant"), Schedule::constant);
  EXPECT_EQ(parse_schedule("poly"), Schedule::poly);
  EXPECT_EQ(parse_schedule("cosine"), Schedule::cosine);
  EXPECT_EQ(thrown<ArgumentError>([] { parse_schedule("Poly"); }),
            "schedule: \"Poly\" is not known. Choose constant, poly or cosine.");
}

std::vector<float> weights(ClassWeighting weighting, const std::vector<std::int64_t>& pixels) {
  return class_weights(weighting, pixels).to_vector<float>();
}

TEST(ClassWeights, AreInverseToTheShareAndOneOnAverage) {
  EXPECT_EQ(weights(ClassWeighting::none, {64, 16, 0, 20}), (std::vector<float>{1, 1, 0, 1}));
  // Shares 64 %, 4 % and 32 %: 1/sqrt is 1.25, 5 and 1.7677...
  const double a = 1.25, b = 5, c = 1 / std::sqrt(0.32), third = (a + b + c) / 3;
  const std::vector<float> inverse = weights(ClassWeighting::inverse_sqrt, {64, 4, 0, 32});
  ASSERT_EQ(inverse.size(), 4u);
  EXPECT_FLOAT_EQ(inverse[0], static_cast<float>(a / third));
  EXPECT_FLOAT_EQ(inverse[1], static_cast<float>(b / third));
  EXPECT_EQ(inverse[2], 0);
  EXPECT_FLOAT_EQ(inverse[3], static_cast<float>(c / third));
  const double d = 1 / std::log(1.02 + 0.75), e = 1 / std::log(1.02 + 0.25), half = (d + e) / 2;
  const std::vector<float> enet = weights(ClassWeighting::enet, {300, 100});
  EXPECT_FLOAT_EQ(enet[0], static_cast<float>(d / half));
  EXPECT_FLOAT_EQ(enet[1], static_cast<float>(e / half));
}

TEST(ClassWeights, DependOnSharesAlone) {
  for (const ClassWeighting weighting : {ClassWeighting::inverse_sqrt, ClassWeighting::enet}) {
    EXPECT_EQ(weights(weighting, {1, 2, 5}), weights(weighting, {1000000, 2000000, 5000000}));
    EXPECT_EQ(weights(weighting, {7}), (std::vector<float>{1}));
  }
}

TEST(ClassWeights, NeedAPixelAndAName) {
  EXPECT_EQ(thrown<ArgumentError>([] {
              class_weights(ClassWeighting::none, {0, 0});
            }),
            "class_weights: no pixel has a class. Count the pixels of a labelled set.");
  EXPECT_THROW(class_weights(ClassWeighting::enet, {}), ArgumentError);
  EXPECT_EQ(parse_class_weighting("none"), ClassWeighting::none);
  EXPECT_EQ(parse_class_weighting("inverse-sqrt"), ClassWeighting::inverse_sqrt);
  EXPECT_EQ(parse_class_weighting("enet"), ClassWeighting::enet);
  EXPECT_EQ(thrown<ArgumentError>([] { parse_class_weighting("auto"); }),
            "class weights: \"auto\" is not known. Choose none, inverse-sqrt or enet.");
}

}  // namespace
}  // namespace trous
