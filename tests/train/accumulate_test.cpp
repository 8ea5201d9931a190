// Steps over several batches: their gradient is the mean over the batches, and all else counts steps.
#include <atomic>
#include <cmath>
#include <memory>
#include <stdexcept>

#include <gtest/gtest.h>

#include <trous/train/clip.h>
#include <trous/train/trainer.h>

#include "core/thrown.h"
#include "core/with_threads.h"
#include "layers/toys.h"
#include "train/toys.h"

namespace trous {
namespace {

// Moves nothing and keeps the gradients of every step.
struct GradientKeeper {
  std::shared_ptr<std::vector<std::vector<Tensor>>> steps =
      std::make_shared<std::vector<std::vector<Tensor>>>();
  std::vector<Tensor> step(const std::vector<Tensor>& weights, const std::vector<Tensor>& gradients, double,
                           std::span<const StepScale>) {
    steps->push_back(gradients);
    return weights;
  }
  OptimizerState state() const { return {}; }
  void restore(const OptimizerState&) {}
  std::string description() const { return "GradientKeeper"; }
};

// 4 x 4 pixels of 0 or 1, of two classes, 16 images.
Splits tiny_bits() {
  const Dataset data{.name = "bits",
                     .source = "the tests",
                     .classes = {"zero", "one"},
                     .size = 16,
                     .image_shape = {4, 4, 1},
                     .sample = [](std::int64_t index) {
                       Random random(fold_in(Key{8}, static_cast<std::uint64_t>(index)));
                       std::vector<float> image;
                       std::vector<std::int32_t> mask;
                       for (int pixel = 0; pixel < 16; ++pixel) {
                         image.push_back(static_cast<float>(random.below(2)));
                         mask.push_back(static_cast<std::int32_t>(random.below(2)));
                       }
                       return Sample{Tensor({4, 4, 1}, image), Tensor({4, 4}, mask)};
                     }};
  return {data, data, data, {}};
}

std::vector<std::vector<Tensor>> gradients_of(std::int64_t batch, std::int64_t accumulate) {
  Sequential net{Conv2d{{.in_channels = 1, .out_channels = 2, .kernel = 1}}};
  for (const auto& [path, parameter] : parameters(net))
    parameter->value = Tensor::zeros(parameter->spec.shape, DType::float32);
  GradientKeeper keeper;
  Trainer(net, tiny_bits(),
          {.steps = 4,
           .batch = batch,
           .accumulate = accumulate,
           .optimizer = keeper,
           .class_weights = ClassWeighting::none})
      .run();
  return *keeper.steps;
}

// With weights of 0 each pixel adds (1/2 - 1) or 1/2 to the gradients of the biases, and, where it is 1, to
// those of the filters, divided by a power of 2: every number is exact in float32.
TEST(Accumulate, TheGradientOfTwoBatchesIsThatOfABatchOfBoth) {
  const auto whole = gradients_of(8, 1);
  ASSERT_EQ(whole.size(), 4u) << "two passes over 16 images";
  EXPECT_GT(global_norm(whole[0]), 0);
  for (const auto& [batch, accumulate] : {std::pair{4, 2}, {2, 4}, {1, 8}}) {
    const auto parts = gradients_of(batch, accumulate);
    ASSERT_EQ(parts.size(), 4u);
    for (std::size_t step = 0; step < 4; ++step) {
      for (std::size_t k = 0; k < whole[step].size(); ++k)
        EXPECT_TRUE(same_bits(parts[step][k], whole[step][k])) << accumulate << " batches, step " << step;
    }
  }
}

TrainOptions accumulating(std::int64_t accumulate) {
  return {.steps = 3,
          .batch = 4,
          .accumulate = accumulate,
          .learning_rate = 0.02,
          .schedule = Schedule::constant,
          .class_weights = ClassWeighting::none,
          .average = 0,
          .validate_every = 3,
          .seed = 5};
}

TEST(Accumulate, BitsDoNotDependOnThreads) {
  const auto run = [](int count) {
    const WithThreads scope(count);
    Trainer trainer(small_net(), striped(), accumulating(3));
    trainer.run();
    return Sequential{trainer.network()};
  };
  const Sequential one = run(1);
  EXPECT_TRUE(same_network(run(2), one));
  EXPECT_TRUE(same_network(run(3), one));
}

// No weight moves: two steps of a batch are one step of two, but for the optimizer.
TEST(Accumulate, LossesDropoutAndStatisticsAreThoseOfEachBatchInTurn) {
  const auto run = [](std::int64_t accumulate, std::int64_t steps) {
    TrainOptions options = accumulating(accumulate);
    options.optimizer = GradientKeeper();
    options.steps = options.validate_every = steps;
    std::vector<double> losses;
    Trainer trainer(small_net(), striped(), options);
    trainer.run({.on_step = [&](const StepReport& r) { losses.push_back(r.loss); }});
    return std::pair(losses, Sequential{trainer.network()});
  };
  const auto [each, of_each] = run(1, 4);
  const auto [both, of_both] = run(2, 2);
  EXPECT_EQ(both, (std::vector<double>{0.5 * (each[0] + each[1]), 0.5 * (each[2] + each[3])}));
  EXPECT_NE(each[0], each[1]);
  EXPECT_TRUE(same_network(of_both, of_each));
}

TEST(Accumulate, AllElseCountsSteps) {
  TrainOptions options = accumulating(3);
  options.schedule = Schedule::poly;
  std::vector<std::int64_t> steps;
  std::vector<double> rates, once_rates;
  double sum = 0;
  std::optional<ValidationReport> report;
  Trainer trainer(small_net(), striped(), options);
  trainer.run({.on_step =
                   [&](const StepReport& r) {
                     steps.push_back(r.step);
                     rates.push_back(r.learning_rate);
                     sum += r.loss;
                   },
               .on_validation = [&](const ValidationReport& r, const AnyLayer&) { report = r; }});
  EXPECT_EQ(steps, (std::vector<std::int64_t>{1, 2, 3}));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->step, 3);
  EXPECT_EQ(report->train_loss, sum / 3);
  options.accumulate = 1;
  Trainer once(small_net(), striped(), options);
  once.run({.on_step = [&](const StepReport& r) { once_rates.push_back(r.learning_rate); }});
  EXPECT_EQ(rates, once_rates);
}

TEST(Accumulate, ABatchThatCannotBeReadLeavesTheStateOfTheStepBefore) {
  Splits data = striped();
  const auto reads = std::make_shared<std::atomic<int>>(0);
  const auto broken = std::make_shared<std::atomic<bool>>(false);
  data.train.sample = [=, inner = data.train.sample](std::int64_t i) {
    if (*broken && ++*reads == 6) throw std::runtime_error("the disk is gone");
    return inner(i);
  };
  TrainOptions options = accumulating(3);
  options.loader_threads = 0;
  Trainer trainer(small_net(), data, options), undisturbed = trainer;
  undisturbed.run();
  const auto one_step = [&] { return trainer.step() >= 1; };
  trainer.run({.stop = one_step});
  const Sequential before{trainer.network()};
  *broken = true;
  EXPECT_THROW(trainer.run(), std::runtime_error);
  EXPECT_EQ(trainer.step(), 1);
  EXPECT_TRUE(same_network(Sequential{trainer.network()}, before))
      << "no statistic of the first batch is kept";
  *broken = false;
  trainer.run();
  EXPECT_TRUE(same_network(Sequential{trainer.network()}, Sequential{undisturbed.network()}));
}

TEST(Accumulate, DivergenceNamesTheStep) {
  Splits data = striped();
  const auto reads = std::make_shared<std::atomic<int>>(0);
  data.train.sample = [=, inner = data.train.sample](std::int64_t i) {
    Sample sample = inner(i);
    if (++*reads == 18) sample.image = Tensor::full({12, 12, 1}, DType::float32, std::nan(""));
    return sample;
  };
  TrainOptions options = accumulating(3);
  options.loader_threads = 0;
  Trainer trainer(small_net(), data, options);
  const TrainResult result = trainer.run();
  EXPECT_EQ(result.steps, 1);
  EXPECT_EQ(result.diverged, "the loss is NaN; the first tensor that went bad is the images at step 2");
}

TEST(Accumulate, IsAtLeastOne) {
  EXPECT_EQ(thrown<ArgumentError>([] { check_train_options({.accumulate = 0}); }),
            "train: accumulate 0 is not a whole number from 1 to 65536. The default is 1.");
}

}  // namespace
}  // namespace trous
