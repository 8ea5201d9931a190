// How training ends, when it asks to be saved, and what is judged before it begins.
#include <array>
#include <cmath>

#include <gtest/gtest.h>

#include <trous/core/choices.h>
#include <trous/core/error.h>
#include <trous/layers/classifier.h>
#include <trous/layers/network.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/boundary_loss.h>
#include <trous/ops/dice_loss.h>
#include <trous/ops/lovasz_loss.h>
#include <trous/ops/sigmoid_cross_entropy.h>
#include <trous/ops/softmax_cross_entropy.h>
#include <trous/ops/tversky_loss.h>
#include <trous/train/trainer.h>

#include "core/thrown.h"
#include "layers/toys.h"
#include "train/toys.h"

namespace trous {
namespace {

using Steps = std::vector<std::int64_t>;

TrainOptions short_run(std::int64_t steps = 8, std::int64_t validate_every = 2) {
  return {.steps = steps,
          .batch = 4,
          .learning_rate = 2e-3,
          .average = 0,
          .validate_every = validate_every,
          .loader_threads = 0,
          .seed = 5,
          .quiet = true};
}

Splits of_one_class() {
  Splits data = striped();
  data.validation.size = 1;
  data.validation.sample = [](std::int64_t) {
    return Sample{Tensor::zeros({12, 12, 1}, DType::float32), Tensor::ones({12, 12}, DType::int32)};
  };
  return data;
}

struct Ending {
  TrainResult result;
  Steps stale;
};

// One validation per step.
Ending steered(const std::vector<int>& right, std::int64_t patience, double min_delta = 0) {
  TrainOptions options = short_run(static_cast<std::int64_t>(right.size()), 1);
  options.patience = patience;
  options.min_delta = min_delta;
  Ending ended;
  ended.result = Trainer(steered_net(right), of_one_class(), options)
                     .run({.on_validation = [&](const ValidationReport& r, const AnyLayer&) {
                       ended.stale.push_back(r.stale);
                     }});
  return ended;
}

TEST(EarlyStopping, AfterAsManyValidationsWithoutABetterScore) {
  const Ending ended = steered({3, 6, 6, 5, 9, 9, 8, 9, 12, 12}, 3);
  EXPECT_EQ(ended.stale, (Steps{0, 0, 1, 2, 0, 1, 2, 3}));
  EXPECT_EQ(ended.result.steps, 8);
  EXPECT_EQ(ended.result.best_step, 5);
  EXPECT_EQ(ended.result.best_score, 0.75);
  EXPECT_FALSE(ended.result.interrupted);
  EXPECT_EQ(ended.result.stopped_early, "the last 3 validations were no better than 0.75, best at step 5");
}

TEST(EarlyStopping, IsOffWithoutPatienceAndNotSaidOfAFullRun) {
  EXPECT_EQ(steered({6, 6, 6, 6, 6}, 0).stale, (Steps{0, 1, 2, 3, 4}));
  EXPECT_EQ(steered({6, 6, 6, 6, 6}, 0).result.stopped_early, std::nullopt);
  // Patience ends in the last step: all steps are done.
  const TrainResult result = steered({6, 6, 6}, 2).result;
  EXPECT_EQ(result.steps, 3);
  EXPECT_EQ(result.stopped_early, std::nullopt);
}

// 12 columns: each is 1/12 = 0.083. Many small improvements are one large one: the score to beat stays.
TEST(EarlyStopping, WantsMoreThanMinDelta) {
  const Ending ended = steered({3, 4, 5, 6, 7, 8, 8, 8, 8, 8}, 3, 0.2);
  EXPECT_EQ(ended.stale, (Steps{0, 1, 2, 0, 1, 2, 3}));
  EXPECT_EQ(ended.result.best_step, 6) << "the best is kept, by however little";
  EXPECT_EQ(ended.result.best_score, 8 / 12.0);
  EXPECT_EQ(ended.result.stopped_early,
            "the last 3 validations were no better than 0.5 by 0.2, best at step 6");
}

TEST(Stop, EndsBetweenTwoStepsAndSavesFirst) {
  Trainer trainer(small_net(), striped(), short_run());
  Steps saved, asked;
  const TrainResult result = trainer.run({.on_save = [&] { saved.push_back(trainer.step()); },
                                          .stop =
                                              [&] {
                                                asked.push_back(trainer.step());
                                                return trainer.step() == 5;
                                              }});
  EXPECT_TRUE(result.interrupted);
  EXPECT_EQ(result.steps, 5);
  EXPECT_EQ(asked, (Steps{1, 2, 3, 4, 5}));
  EXPECT_EQ(saved, (Steps{2, 4, 5}));
  // It goes on where it stood.
  const TrainResult rest = trainer.run();
  EXPECT_FALSE(rest.interrupted);
  EXPECT_EQ(rest.steps, 8);
  Trainer whole(small_net(), striped(), short_run());
  whole.run();
  EXPECT_TRUE(same_network(Sequential{trainer.network()}, Sequential{whole.network()}));
  EXPECT_TRUE(same_network(Sequential{trainer.best()}, Sequential{whole.best()}));
}

TEST(Stop, AtTheLastStepInterruptsNothing) {
  Trainer trainer(small_net(), striped(), short_run(3));
  const TrainResult result = trainer.run({.stop = [&] { return trainer.step() == 3; }});
  EXPECT_FALSE(result.interrupted);
  EXPECT_EQ(result.steps, 3);
}

Steps saves(const TrainOptions& options) {
  Trainer trainer(small_net(), striped(), options);
  Steps saved;
  std::int64_t validated = 0;
  trainer.run({.on_validation = [&](const ValidationReport& r, const AnyLayer&) { validated = r.step; },
               .on_save =
                   [&] {
                     saved.push_back(trainer.step());
                     const bool due =
                         trainer.step() % options.validate_every == 0 || trainer.step() == options.steps;
                     EXPECT_EQ(validated == trainer.step(), due) << "a validation comes before its save";
                   }});
  return saved;
}

TEST(OnSave, ComesAtValidationsAndEverySaveEverySteps) {
  TrainOptions options = short_run(7, 3);
  EXPECT_EQ(saves(options), (Steps{3, 6, 7}));
  options.save_every = 2;
  EXPECT_EQ(saves(options), (Steps{2, 3, 4, 6, 7})) << "once where both fall together";
  options.save_every = 100;
  EXPECT_EQ(saves(options), (Steps{3, 6, 7}));
}

TEST(OnSave, NeverComesAfterADivergence) {
  Splits data = striped();
  data.train.sample = [inner = data.train.sample](std::int64_t index) {
    Sample sample = inner(index);
    if (index == 0) sample.image = Tensor::full({12, 12, 1}, DType::float32, std::nan(""));
    return sample;
  };
  TrainOptions options = short_run(40, 100);
  options.save_every = 1;
  Trainer trainer(small_net(), data, options);
  Steps saved;
  const TrainResult result = trainer.run({.on_save = [&] { saved.push_back(trainer.step()); }});
  ASSERT_TRUE(result.diverged);
  EXPECT_EQ(std::ssize(saved), result.steps);
  EXPECT_LT(result.steps, 17) << "64 images in batches of 4";
}

TEST(Warmup, RisesInALineAndThenFollowsTheSchedule) {
  TrainOptions options = short_run(10, 10);
  options.warmup = 4;
  options.learning_rate = 0.01;
  options.schedule = Schedule::cosine;
  std::vector<double> rates;
  Trainer(small_net(), striped(), options).run({.on_step = [&](const StepReport& r) {
    rates.push_back(r.learning_rate);
  }});
  ASSERT_EQ(rates.size(), 10u);
  for (int i = 0; i < 10; ++i) {
    const double expected =
        i < 4 ? 0.01 * (i + 1) / 5 : 0.005 * (1 + std::cos(std::acos(-1.0) * (i - 4) / 6));
    EXPECT_NEAR(rates[static_cast<std::size_t>(i)], expected, 1e-15);
  }
}

TEST(Losses, AreThoseOfTheirNames) {
  const Variable logits(numbers({2, 3, 4, 3}, 1));
  std::vector<std::int32_t> labels;
  for (int i = 0; i < 24; ++i) labels.push_back(i % 7 == 6 ? 255 : i % 3);
  const Tensor truth({2, 3, 4}, labels), weights({3}, std::vector<float>{0.5F, 1, 2});
  // Oracles: the formulas over the known pixels.
  double entropy = 0, focal = 0, mass = 0;
  std::array<double, 3> overlap{}, sizes{};
  const auto z = logits.value().to_vector<float>();
  for (std::size_t i = 0; i < 24; ++i) {
    if (labels[i] == 255) continue;
    std::array<double, 3> p{};
    double sum = 0;
    for (std::size_t c = 0; c < 3; ++c) sum += p[c] = std::exp(static_cast<double>(z[3 * i + c]));
    for (std::size_t c = 0; c < 3; ++c) p[c] /= sum;
    const auto t = static_cast<std::size_t>(labels[i]);
    const double w = std::array{0.5, 1.0, 2.0}[t];
    entropy -= w * std::log(p[t]);
    focal -= w * (1 - p[t]) * (1 - p[t]) * std::log(p[t]);
    mass += w;
    for (std::size_t c = 0; c < 3; ++c) sizes[c] += p[c] + (c == t);
    overlap[t] += p[t];
  }
  double dice = 0;
  for (std::size_t c = 0; c < 3; ++c) dice += (1 - 2 * overlap[c] / sizes[c]) / 3;
  const auto value = [&](std::string_view name) {
    const Loss loss = takes_class_weights(name) ? make_loss(name, weights) : make_loss(name);
    return loss(logits, truth).value().to_double();
  };
  EXPECT_NEAR(value("cross-entropy"), entropy / mass, 1e-6);
  EXPECT_NEAR(value("focal"), focal / mass, 1e-6);
  EXPECT_NEAR(value("dice"), dice, 0.05);  // smoothed
  EXPECT_NEAR(value("cross-entropy+dice"), entropy / mass + value("dice"), 1e-6);
  const auto expect_op = [&](const Variable& expected, std::string_view name, double smoothing = 0) {
    const std::optional<Tensor> given = takes_class_weights(name) ? std::optional(weights) : std::nullopt;
    EXPECT_EQ(make_loss(name, given, smoothing)(logits, truth).value().to_double(),
              expected.value().to_double())
        << name;
  };
  expect_op(sigmoid_cross_entropy(logits, truth, {.ignore_index = 255}), "bce");
  expect_op(tversky_loss(logits, truth, {.ignore_index = 255}), "tversky");
  expect_op(lovasz_loss(logits, truth, {.ignore_index = 255}), "lovasz");
  const auto smoothed = [&](double e) {
    return softmax_cross_entropy(logits, truth,
                                 {.class_weights = weights, .ignore_index = 255, .label_smoothing = e});
  };
  const Variable level = boundary_loss(logits, truth, {.ignore_index = 255});
  expect_op(smoothed(0) + 0.01 * level, "cross-entropy+boundary");
  expect_op(smoothed(0.25), "cross-entropy", 0.25);
  expect_op(smoothed(0.25) + dice_loss(logits, truth, {.ignore_index = 255}), "cross-entropy+dice", 0.25);
  expect_op(smoothed(0.25) + 0.01 * level, "cross-entropy+boundary", 0.25);
  EXPECT_EQ(thrown<ArgumentError>([] { make_loss("hinge"); }),
            "loss: \"hinge\" is not known. Choose " + listed(loss_names()) + '.');
}

TEST(Losses, SmoothLabelsWhereTheyCan) {
  EXPECT_EQ(thrown<ArgumentError>([] { make_loss("dice", std::nullopt, 0.1); }),
            "loss: dice with label smoothing 0.1, which it does not have. Take cross-entropy, "
            "cross-entropy+dice or cross-entropy+boundary, or no label smoothing.");
  EXPECT_EQ(thrown<ArgumentError>([] { make_loss("cross-entropy", std::nullopt, -1); }),
            "loss: label smoothing -1 is not in 0 to 1. 0.1 is usual, 0 is none.");
  for (const NamedLoss& row : named_losses()) EXPECT_NO_THROW(make_loss(row.name, std::nullopt, 0));
}

TEST(Losses, TheAbsentOneIsCrossEntropyAndAnyFunctionWillDo) {
  const auto trained = [](const Loss& loss, const std::optional<Tensor>& weights = std::nullopt) {
    TrainOptions options = short_run(3);
    options.loss = loss;
    if (weights) options.class_weights = *weights;
    if (!loss && !weights) options.class_weights = ClassWeighting::none;
    Trainer trainer(small_net(), striped(), options);
    double validation = 0;
    trainer.run({.on_validation = [&](const ValidationReport& r, const AnyLayer&) {
      validation = r.validation_loss.value();
    }});
    const auto own = evaluate_with(trainer.scored(), striped().validation,
                                   {.batch = 4, .loss = loss ? loss : make_loss("cross-entropy", weights)});
    EXPECT_EQ(validation, own.loss);
    return Sequential{trainer.network()};
  };
  const Tensor weights({3}, std::vector<float>{0, 1, 4});
  EXPECT_TRUE(same_network(trained(nullptr), trained(make_loss("cross-entropy"))));
  EXPECT_TRUE(same_network(trained(nullptr, weights), trained(make_loss("cross-entropy", weights))));
  EXPECT_FALSE(same_network(trained(nullptr), trained(make_loss("dice"))));
  int asked = 0;
  const Loss counted = [&](const Variable& logits, const Tensor& labels) {
    ++asked;
    return make_loss("focal")(logits, labels);
  };
  EXPECT_TRUE(same_network(trained(counted), trained(make_loss("focal"))));
  EXPECT_GE(asked, 3 + 2 * 4);  // steps and the batches of two validations
}

TEST(Rehearse, ChangesNothing) {
  TrainOptions options = short_run();
  options.average = 0.9;
  Trainer trainer(small_net(), striped(), options), other = trainer;
  for (int i = 0; i < 2; ++i) {
    const SafetensorsFile before = trainer.state();
    trainer.rehearse();
    const SafetensorsFile after = trainer.state();
    EXPECT_EQ(after.metadata, before.metadata);
    for (std::size_t k = 0; k < before.tensors.size(); ++k)
      EXPECT_TRUE(same_bits(after.tensors.at(k).second, before.tensors[k].second)) << before.tensors[k].first;
    trainer.run({.stop = [&] { return trainer.step() == 3; }});
  }
  trainer.run();
  other.run();
  EXPECT_TRUE(same_network(Sequential{trainer.network()}, Sequential{other.network()}));
}

TEST(Rehearse, ThrowsWhatWouldFailLater) {
  Conv2d four{{.in_channels = 1, .out_channels = 4, .kernel = 1}};
  initialize(four, Key{1});
  EXPECT_EQ(thrown<ShapeError>([&] { Trainer(four, striped(), short_run()).rehearse(); }),
            "segmentation: the network gives [4, 12, 12, 4], the data have 3 classes. Its last layer must "
            "give [batch, "
            "height, width, 3].");
  SmallClassifier labels({.in_channels = 1, .classes = 3, .width = 2});
  initialize(labels, Key{1});
  EXPECT_EQ(thrown<ShapeError>([&] { Trainer(labels, striped(), short_run()).run(); }),
            "segmentation: the network gives [4, 3], the data have 3 classes. Its last layer must give "
            "[batch, height, "
            "width, 3].");
  // The training images are padded to a size that the network takes, those of the validation are not.
  Sequential narrow{
      Conv2d{{.in_channels = 1, .out_channels = 4, .kernel = 16, .padding = Padding::valid}},
      Conv2dTranspose{{.in_channels = 4, .out_channels = 3, .kernel = 16, .padding = Padding::valid}}};
  initialize(narrow, Key{1});
  TrainOptions options = short_run();
  options.augmentation.crop = Window{.height = 16, .width = 16};
  EXPECT_EQ(
      thrown<ShapeError>([&] { Trainer(narrow, striped(), options).rehearse(); }),
      "0: conv2d: no window fits on the height axis. The filter spans 16 pixels (16 taps, rate 1), value has "
      "12. Use SAME, a smaller rate or a larger image.");
  Splits none = striped();
  none.train.size = 0;
  EXPECT_THROW(Trainer(small_net(), none, short_run()).rehearse(), ArgumentError);
}

}  // namespace
}  // namespace trous
