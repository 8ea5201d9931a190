// Schedules at their ends and in the middle, the one-cycle and the plateau against PyTorch's (stored in
// golden/data/schedules.safetensors, whose script is golden/make_schedule_goldens.py), and class weights by
// hand.
#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include <trous/core/choices.h>
#include <trous/data/safetensors.h>
#include <trous/train/class_weights.h>
#include <trous/train/plateau.h>
#include <trous/train/schedule.h>

#include "core/thrown.h"
#include "data/scratch.h"

namespace trous {
namespace {

TEST(Schedule, ConstantStays) {
  for (const int step : {0, 50, 99}) {
    EXPECT_EQ(learning_rate_at(Schedule::constant, 0.3, step, 100), 0.3);
    EXPECT_EQ(learning_rate_at(Schedule::plateau, 0.3, step, 100), 0.3) << "the factor is another's";
  }
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

std::map<std::string, std::vector<double>> goldens() {
  std::map<std::string, std::vector<double>> stored;
  for (const auto& [name, tensor] : read_safetensors(golden("schedules.safetensors")).tensors)
    stored[name] = tensor.to_vector<double>();
  return stored;
}

TEST(Schedule, OneCycleIsPyTorchs) {
  int runs = 0;
  for (const auto& [name, rates] : goldens()) {
    if (!name.starts_with("one_cycle/")) continue;
    ++runs;
    const auto steps = static_cast<std::int64_t>(rates.size());
    for (std::int64_t k = 0; k < steps; ++k) {
      // A dozen roundings of numbers up to the base, 3/8.
      EXPECT_NEAR(learning_rate_at(Schedule::one_cycle, 0.375, k, steps), rates[static_cast<std::size_t>(k)],
                  12 * 0x1p-53)
          << name << ", step " << k;
    }
  }
  EXPECT_EQ(runs, 8);
}

TEST(Schedule, OneCycleRisesToItsBaseAndFallsToNextToNothing) {
  const auto rate = [](std::int64_t step) { return learning_rate_at(Schedule::one_cycle, 0.3, step, 100); };
  EXPECT_NEAR(rate(0), 0.3 / 25, 4 * 0x1p-53) << "a few roundings of numbers up to the base";
  EXPECT_DOUBLE_EQ(rate(29), 0.3);
  EXPECT_DOUBLE_EQ(rate(99), 0.3 / 250000);
  EXPECT_DOUBLE_EQ(rate(64), (0.3 + 0.3 / 250000) / 2) << "half way down";
  for (std::int64_t k = 0; k < 99; ++k) EXPECT_EQ(rate(k) < rate(k + 1), k < 29) << k;
}

TEST(Schedule, AWarmupIsALineToWhereTheScheduleBegins) {
  for (const Schedule kind : {Schedule::constant, Schedule::poly, Schedule::cosine, Schedule::one_cycle}) {
    const ScheduleOptions options{kind, 0.3, 50, 4}, cold{kind, 0.3, 50};
    const double begin = learning_rate_at(kind, 0.3, 0, 46);
    for (std::int64_t k = 0; k < 4; ++k)
      EXPECT_DOUBLE_EQ(learning_rate_at(options, k), begin * 0.2 * static_cast<double>(k + 1));
    for (std::int64_t k = 4; k < 50; ++k)
      EXPECT_EQ(learning_rate_at(options, k), learning_rate_at(kind, 0.3, k - 4, 46));
    for (std::int64_t k = 0; k < 50; ++k)
      EXPECT_EQ(learning_rate_at(cold, k), learning_rate_at(kind, 0.3, k, 50)) << "no warm-up";
  }
  EXPECT_DOUBLE_EQ(learning_rate_at(ScheduleOptions{Schedule::constant, 1, 2, 1}, 0), 0.5);
}

TEST(Schedule, RefusesStepsThatAreNotInTheRun) {
  const auto with_warmup = [](std::int64_t step, std::int64_t warmup) {
    return thrown<ArgumentError>(
        [=] { learning_rate_at(ScheduleOptions{.steps = 10, .warmup = warmup}, step); });
  };
  EXPECT_EQ(with_warmup(10, 2), "learning_rate_at: step 10 is not in 0 to 9. Steps count from 0.");
  EXPECT_EQ(with_warmup(0, 10),
            "learning_rate_at: warmup 10 is not in 0 to 9. Leave a step of the 10 for the schedule.");
  EXPECT_EQ(with_warmup(0, -1),
            "learning_rate_at: warmup -1 is not in 0 to 9. Leave a step of the 10 for the schedule.");
  EXPECT_EQ(thrown<ArgumentError>([] { learning_rate_at(Schedule::one_cycle, 1, -1, 5); }),
            "learning_rate_at: step -1 is not in 0 to 4. Steps count from 0.");
  EXPECT_EQ(thrown<ArgumentError>([] { learning_rate_at(ScheduleOptions{.steps = 0}, 0); }),
            "learning_rate_at: steps 0. Give 1 or more.");
}

TEST(Plateau, IsPyTorchs) {
  const auto stored = goldens();
  for (const std::string name : {"plain", "impatient", "patient", "demanding"}) {
    const std::vector<double>& options = stored.at("plateau/" + name + "/options");
    const std::vector<double>& scores = stored.at("plateau/" + name + "/scores");
    const std::vector<double>& rates = stored.at("plateau/" + name + "/rates");
    Plateau plateau({options[0], static_cast<std::int64_t>(options[1]), options[2]});
    for (std::size_t i = 0; i < scores.size(); ++i)
      EXPECT_EQ(plateau.after(scores[i]), rates[i]) << name << ", validation " << i;
    EXPECT_LT(rates.back(), 1) << "a rate that never falls shows nothing";
  }
}

TEST(Plateau, GoesOnFromItsState) {
  const std::vector<double> scores = goldens().at("plateau/plain/scores");
  for (std::size_t cut = 0; cut <= scores.size(); ++cut) {
    Plateau whole({.patience = 2}), first({.patience = 2}), second({.patience = 2});
    for (std::size_t i = 0; i < cut; ++i) {
      whole.after(scores[i]);
      first.after(scores[i]);
    }
    second.restore(first.state());
    for (std::size_t i = cut; i < scores.size(); ++i)
      ASSERT_EQ(whole.after(scores[i]), second.after(scores[i])) << "cut at " << cut << ", validation " << i;
  }
}

TEST(Plateau, RefusesOptionsAndStatesOutOfRange) {
  const auto made = [](const PlateauOptions& o) { return thrown<ArgumentError>([&] { Plateau{o}; }); };
  EXPECT_EQ(made({.factor = 1}), "Plateau: factor 1 is not between 0 and 1. 0.5 is usual.");
  EXPECT_EQ(made({.factor = 0}), "Plateau: factor 0 is not between 0 and 1. 0.5 is usual.");
  EXPECT_EQ(made({.patience = -1}), "Plateau: patience -1 is below 0. 5 is usual.");
  EXPECT_EQ(made({.min_delta = std::nan("")}),
            "Plateau: min_delta nan is not 0 or more, and finite. 0 takes any improvement.");
  Plateau plateau;
  plateau.after(0.5);
  const auto restored = [&](const PlateauState& state) {
    return thrown<ArgumentError>([&] { plateau.restore(state); });
  };
  EXPECT_EQ(restored({0.7, 6, 0.5}),
            "Plateau: the state is 6 validations stale, not 0 to 5. It is of another patience.");
  EXPECT_EQ(restored({0.7, -1, 0.5}),
            "Plateau: the state is -1 validations stale, not 0 to 5. It is of another patience.");
  EXPECT_EQ(restored({0.7, 0, 1.5}), "Plateau: the state has factor 1.5, not 0 to 1. It is damaged.");
  EXPECT_EQ(restored({std::nan(""), 0, 1}), "Plateau: the state has NaN as best score. It is damaged.");
  EXPECT_EQ(plateau.state().best, 0.5) << "a refused state changes nothing";
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
  EXPECT_EQ(parse_schedule("one-cycle"), Schedule::one_cycle);
  EXPECT_EQ(parse_schedule("onecycle"), Schedule::one_cycle);
  EXPECT_EQ(parse_schedule("plateau"), Schedule::plateau);
  EXPECT_EQ(thrown<ArgumentError>([] { parse_schedule("Poly"); }),
            "schedule: \"Poly\" is not known. Choose " + listed(names_in(named_schedules())) + '.');
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
            "class weights: \"auto\" is not known. Choose " + listed(names_in(named_class_weightings())) +
                ", or give one number per class, as in 0.2,1,1.");
}

}  // namespace
}  // namespace trous
