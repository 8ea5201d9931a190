// The learning rate range test: its rates, its smoothing, its ending and its suggestion, on losses that are
// chosen.
#include <cmath>
#include <memory>

#include <gtest/gtest.h>

#include <trous/ops/arithmetic.h>
#include <trous/ops/reduce.h>
#include <trous/train/find_rate.h>

#include "core/thrown.h"
#include "core/with_threads.h"
#include "layers/toys.h"
#include "train/toys.h"

namespace trous {
namespace {

TrainOptions searched() { return {.batch = 4, .class_weights = ClassWeighting::none, .seed = 5}; }

// A loss whose k-th value is values[k], with gradients of 0.
Loss listed_loss(std::vector<double> values) {
  const auto asked = std::make_shared<std::size_t>(0);
  return [values = std::move(values), asked](const Variable& logits, const Tensor&) {
    return 0.0 * sum(logits) + values.at((*asked)++);
  };
}

TrainOptions with_losses(const std::vector<double>& values) {
  return {.batch = 4, .loss = listed_loss(values), .seed = 5};
}

TEST(FindRate, GrowsExponentially) {
  const RateCurve curve = find_rate(small_net(), striped(), with_losses({5, 4, 3, 2, 1}),
                                    {.lowest = 1e-4, .highest = 1, .steps = 5});
  ASSERT_EQ(curve.points.size(), 5u);
  for (std::size_t k = 0; k < 5; ++k)
    EXPECT_DOUBLE_EQ(curve.points[k].rate, std::pow(10.0, static_cast<double>(k) - 4)) << k;
  EXPECT_EQ(curve.ended, std::nullopt);
  EXPECT_FALSE(curve.interrupted);
  // The smoothed loss of falling losses is lowest at the end.
  EXPECT_DOUBLE_EQ(*curve.suggestion, 0.1);
}

TEST(FindRate, SmoothsWithoutABiasTowardsZero) {
  const std::vector<double> losses{2, 6, 1};
  const RateCurve curve = find_rate(small_net(), striped(), with_losses(losses), {.steps = 3});
  double sum = 0, weights = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    sum = 0.9 * sum + losses[k];
    weights = 0.9 * weights + 1;
    EXPECT_EQ(curve.points[k].loss, losses[k]);
    EXPECT_NEAR(curve.points[k].smoothed, sum / weights, 1e-15 * 20) << k;
  }
}

// Smoothed, 1 and then 100 are above 4 with the second value; the third is not asked for.
TEST(FindRate, EndsWhereTheLossIsFourTimesItsLowest) {
  const RateCurve curve =
      find_rate(small_net(), striped(), with_losses({8, 1, 100}), {.lowest = 1e-2, .highest = 1, .steps = 9});
  ASSERT_EQ(curve.points.size(), 3u);
  ASSERT_TRUE(curve.ended);
  EXPECT_TRUE(curve.ended->starts_with("at the learning rate 0.0316228 the smoothed loss 39."))
      << *curve.ended;
  EXPECT_TRUE(curve.ended->ends_with(" is above 4 times its lowest, 4.31579")) << *curve.ended;
  EXPECT_DOUBLE_EQ(*curve.suggestion, curve.points[1].rate / 10);
}

TEST(FindRate, SuggestsNothingWhereNoRateLowersTheLoss) {
  const RateCurve curve = find_rate(small_net(), striped(), with_losses({1, 2, 3}), {.steps = 3});
  EXPECT_EQ(curve.suggestion, std::nullopt);
}

TEST(FindRate, EndsWhereTheTrainingDiverges) {
  const RateCurve curve =
      find_rate(small_net(), striped(), with_losses({1, 0.5, std::nan(""), std::nan("")}), {.steps = 9});
  EXPECT_EQ(curve.points.size(), 2u);
  ASSERT_TRUE(curve.ended);
  EXPECT_TRUE(curve.ended->starts_with("the loss is NaN")) << *curve.ended;
}

// The weights take the steps of an SGD with these rates, and the network that was given none.
TEST(FindRate, TrainsAThrowAwayCopyAtTheseRates) {
  const Sequential net = small_net();
  TrainOptions options = searched();
  options.optimizer = Sgd();
  const RateCurve curve = find_rate(net, striped(), options, {.lowest = 0.01, .highest = 0.04, .steps = 3});
  ASSERT_EQ(curve.points.size(), 3u);
  EXPECT_TRUE(same_network(net, small_net()));
  // One step at the constant rate 0.01 is the first; its second loss is the second one.
  options.learning_rate = 0.01;
  options.schedule = Schedule::constant;
  options.average = 0;
  options.steps = options.validate_every = 2;
  std::vector<double> losses;
  Trainer(net, striped(), options).run({.on_step = [&](const StepReport& r) { losses.push_back(r.loss); }});
  EXPECT_EQ(curve.points[0].loss, losses[0]);
  EXPECT_EQ(curve.points[1].loss, losses[1]);
}

TEST(FindRate, BitsDoNotDependOnThreads) {
  const auto losses = [](int count) {
    const WithThreads scope(count);
    std::vector<double> found;
    for (const RatePoint& point : find_rate(small_net(), striped(), searched(), {.steps = 8}).points)
      found.push_back(point.loss);
    return found;
  };
  const std::vector<double> one = losses(1);
  EXPECT_EQ(losses(2), one);
  EXPECT_EQ(losses(3), one);
}

TEST(FindRate, ReportsEachStepAndHeedsStop) {
  std::vector<double> rates;
  const RateCurve curve =
      find_rate(small_net(), striped(), searched(), {.lowest = 1e-3, .highest = 1e-1, .steps = 3},
                {.on_step =
                     [&](const StepReport& r) {
                       rates.push_back(r.learning_rate);
                       EXPECT_EQ(r.steps, 3);
                     },
                 .stop = [&] { return rates.size() == 2; }});
  EXPECT_EQ(rates, (std::vector<double>{curve.points[0].rate, curve.points[1].rate}));
  EXPECT_TRUE(curve.interrupted);
  EXPECT_EQ(curve.ended, "it was interrupted after step 2");
}

TEST(FindRate, RefusesWhatIsNoRange) {
  const auto refused_range = [](const FindRateOptions& range) {
    return thrown<ArgumentError>([&] { find_rate(small_net(), striped(), searched(), range); });
  };
  EXPECT_EQ(refused_range({.lowest = 0}),
            "find_rate: from 0 to 1 is no range of learning rates. 1e-7 to 1 is usual.");
  EXPECT_EQ(refused_range({.lowest = 1}),
            "find_rate: from 1 to 1 is no range of learning rates. 1e-7 to 1 is usual.");
  EXPECT_EQ(refused_range({.steps = 1}), "find_rate: 1 steps. A rate grows in 2 or more; 100 are usual.");
}

}  // namespace
}  // namespace trous
