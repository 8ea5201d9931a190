// The tables of losses, optimizers, schedules and weightings: every row works, and what is in no row is
// refused where it once went on as another choice.
#include <set>

#include <gtest/gtest.h>

#include <trous/core/choices.h>
#include <trous/train/class_weights.h>
#include <trous/train/loss.h>
#include <trous/train/optimizer.h>
#include <trous/train/schedule.h>
#include <trous/train/trainer.h>

#include "core/thrown.h"
#include "layers/toys.h"
#include "train/toys.h"

namespace trous {
namespace {

template <class Rows>
void expect_distinct(const Rows& rows) {
  const std::vector<std::string_view> names = names_in(rows);
  EXPECT_EQ(std::set(names.begin(), names.end()).size(), names.size());
  EXPECT_FALSE(names.empty());
}

TEST(NamedChoices, HaveNamesOfTheirOwn) {
  expect_distinct(named_losses());
  expect_distinct(named_optimizers());
  expect_distinct(named_schedules());
  expect_distinct(named_class_weightings());
}

TEST(NamedChoices, AreReadAsTheyAreWritten) {
  for (const NamedSchedule& row : named_schedules()) {
    EXPECT_EQ(name(row.value), row.name);
    EXPECT_EQ(parse_schedule(row.name), row.value);
    if (!row.alias.empty()) {
      EXPECT_EQ(parse_schedule(row.alias), row.value);
    }
    EXPECT_EQ(learning_rate_at(row.value, 0.5, 3, 10), row.rate(0.5, 3, 10));
  }
  for (const NamedClassWeighting& row : named_class_weightings()) {
    EXPECT_EQ(name(row.value), row.name);
    EXPECT_EQ(parse_class_weighting(row.name), row.value);
  }
  EXPECT_EQ(TrainOptions().optimizer.description(), make_optimizer(default_optimizer).description());
}

// A loss that cannot be weighted names one that can.
TEST(NamedChoices, AnUnweightedLossNamesAWeightedOne) {
  for (const NamedLoss& row : named_losses()) {
    EXPECT_EQ(row.unweighted.empty(), row.weighted_alternative.empty()) << row.name;
    if (row.unweighted.empty()) continue;
    EXPECT_TRUE(takes_class_weights(row.weighted_alternative)) << row.name;
  }
}

TEST(NamedChoices, AnOptimizerTakesItsOwnDecayUnlessOneIsGiven) {
  for (const NamedOptimizer& row : named_optimizers()) {
    EXPECT_EQ(make_optimizer(row.name).description(), row.make(row.weight_decay).description());
    EXPECT_EQ(make_optimizer(row.name, 0).description(), row.make(0).description());
  }
  EXPECT_NE(make_optimizer("adamw", 0).description(), make_optimizer("adamw").description());
  EXPECT_EQ(thrown<ArgumentError>([] { make_optimizer("adadelta"); }),
            "optimizer: \"adadelta\" is not known. Choose " + listed(names_in(named_optimizers())) + '.');
}

// Each was trained as another choice: a constant rate, weights of 1, and the name "enet".
TEST(NamedChoices, WhatIsInNoRowIsRefused) {
  constexpr auto schedule = static_cast<Schedule>(99);
  const std::string of_schedule = "schedule: number 99 is in no row of named_schedules. Choose " +
                                  listed(names_in(named_schedules())) + '.';
  EXPECT_EQ(thrown<ArgumentError>([&] { learning_rate_at(schedule, 1, 0, 1); }), of_schedule);
  EXPECT_EQ(thrown<ArgumentError>([&] { name(schedule); }), of_schedule);
  constexpr auto weighting = static_cast<ClassWeighting>(99);
  const std::string of_weighting =
      "class weights: number 99 is in no row of named_class_weightings. Choose " +
      listed(names_in(named_class_weightings())) + '.';
  EXPECT_EQ(thrown<ArgumentError>([&] { class_weights(weighting, {1, 2}); }), of_weighting);
  EXPECT_EQ(thrown<ArgumentError>([&] { name(weighting); }), of_weighting);
}

// An optimizer that no file of the library knows: each weight moves against the sign of its slope, less and
// less.
class SignDescent {
 public:
  std::vector<Tensor> step(const std::vector<Tensor>& weights, const std::vector<Tensor>& gradients,
                           double learning_rate, std::span<const StepScale> /*scales*/) {
    if (slopes_.empty()) slopes_ = gradients;
    std::vector<Tensor> moved;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      std::vector<float> w = weights[i].to_vector<float>(), v = slopes_[i].to_vector<float>();
      const std::vector<float> g = gradients[i].to_vector<float>();
      for (std::size_t k = 0; k < w.size(); ++k) {
        v[k] = 0.5F * v[k] + g[k];
        w[k] -= static_cast<float>(learning_rate) * static_cast<float>(v[k] > 0 ? 1 : -1);
      }
      moved.emplace_back(weights[i].shape(), w);
      slopes_[i] = Tensor(weights[i].shape(), v);
    }
    ++steps_;
    return moved;
  }
  OptimizerState state() const {
    if (steps_ == 0) return {};
    return {steps_, {{"slope", slopes_}}};
  }
  void restore(const OptimizerState& state) {
    steps_ = state.steps;
    slopes_ = state.moments.empty() ? std::vector<Tensor>() : state.moments[0].second;
  }
  std::string description() const { return "SignDescent"; }

 private:
  std::int64_t steps_ = 0;
  std::vector<Tensor> slopes_;
};

// A trainer threw at its first save with an optimizer that its file did not name.
TEST(NamedChoices, AnOptimizerOfTheUsersIsSavedAndGoesOn) {
  const TrainOptions options{.steps = 6, .batch = 4, .optimizer = SignDescent(), .validate_every = 3};
  Trainer whole(small_net(), striped(), options);
  SafetensorsFile half;
  whole.run({.on_save = [&] {
    if (whole.step() == 3) half = whole.state();
  }});
  Trainer again(small_net(), striped(), options);
  again.restore("half", half);
  EXPECT_EQ(again.step(), 3);
  again.run();
  EXPECT_TRUE(same_network(again.network(), whole.network()));
  EXPECT_TRUE(std::any_of(half.tensors.begin(), half.tensors.end(),
                          [](const auto& tensor) { return tensor.first.starts_with("optimizer/slope/"); }));
  TrainOptions others = options;
  others.optimizer = make_optimizer("adam");
  EXPECT_EQ(thrown<FileError>([&] { Trainer(small_net(), striped(), others).restore("half", half); }),
            "half: it was saved with optimizer SignDescent, and " + others.optimizer.description() +
                " is asked for. Resume with the options it was saved with.");
}

}  // namespace
}  // namespace trous
