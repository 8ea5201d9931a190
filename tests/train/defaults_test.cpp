// What training does where nothing is said: class weights that are counted when they are needed, an average,
// and progress; and class weights with which nothing could be learned.
#include <atomic>
#include <cmath>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/survey.h>
#include <trous/layers/network.h>
#include <trous/train/trainer.h>

#include "core/thrown.h"
#include "layers/toys.h"
#include "train/toys.h"

namespace trous {
namespace {

TrainOptions one_step() { return {.steps = 1, .batch = 4, .loader_threads = 0, .seed = 5, .quiet = true}; }

Sequential after(const TrainOptions& options) {
  Trainer trainer(small_net(), striped(), options);
  trainer.run();
  return Sequential{trainer.network()};
}

TEST(Defaults, TheTrainingSplitWeighsItsClasses) {
  TrainOptions said = one_step();
  said.class_weights = class_weights(ClassWeighting::inverse_sqrt, class_pixels(striped().train));
  EXPECT_TRUE(same_network(after(one_step()), after(said)));
  said.class_weights = ClassWeighting::inverse_sqrt;
  EXPECT_TRUE(same_network(after(one_step()), after(said)));
  said.class_weights = ClassWeighting::enet;
  EXPECT_FALSE(same_network(after(one_step()), after(said)));
  said.class_weights = ClassWeighting::none;
  TrainOptions plain = one_step();
  plain.loss = make_loss("cross-entropy");
  EXPECT_FALSE(same_network(after(one_step()), after(said)));
  EXPECT_TRUE(same_network(after(plain), after(said)));
}

// How often a run of one step looks at a training sample.
struct Looks {
  std::int64_t constructed, run;
};

Looks looks(const TrainOptions& options) {
  const auto count = std::make_shared<std::atomic<std::int64_t>>(0);
  Splits data = striped();
  data.train.sample = [count, sample = data.train.sample](std::int64_t i) {
    ++*count;
    return sample(i);
  };
  Trainer trainer(small_net(), data, options), copy = trainer;
  const std::int64_t constructed = *count;
  trainer.rehearse();
  copy.run();
  return {constructed, *count};
}

TEST(Defaults, PixelsAreCountedOnceForAllCopiesAndOnlyWhereTheyMatter) {
  const std::int64_t batches = 2 * 4, all = striped().train.size;
  const auto expect = [&](const TrainOptions& options, std::int64_t counted) {
    const Looks seen = looks(options);
    EXPECT_EQ(seen.constructed, 0);
    EXPECT_EQ(seen.run, batches + counted);
  };
  TrainOptions options = one_step();
  expect(options, all);
  options.class_weights = Tensor({3}, std::vector<float>{1, 1, 2});
  expect(options, 0);
  options.class_weights = Tensor({3}, std::vector<float>{0, 1, 2});
  expect(options, all);
  options.class_weights = ClassWeighting::none;
  expect(options, 0);
  options.class_weights = std::nullopt;
  options.loss = make_loss("dice");
  expect(options, 0);
}

TEST(Defaults, ClassWeightsThatNoLossCanUseAreRefused) {
  const auto refused = [](const std::vector<float>& weights) {
    TrainOptions options = one_step();
    options.class_weights = Tensor({3}, weights);
    return thrown<ArgumentError>([&] { Trainer(small_net(), striped(), options); });
  };
  EXPECT_EQ(refused({1, -0.5F, 1}),
            "class weights: class 1 has -0.5. Give each class a finite number, 0 or more.");
  EXPECT_EQ(refused({1, 1, NAN}),
            "class weights: class 2 has nan. Give each class a finite number, 0 or more.");
  EXPECT_EQ(refused({INFINITY, 1, 1}),
            "class weights: class 0 has inf. Give each class a finite number, 0 or more.");
  EXPECT_EQ(refused({0, 0, 0}),
            "class weights: 0, 0, 0 are all 0, so no pixel counts and nothing is learned. Give at least one "
            "class more than 0.");
  TrainOptions options = one_step();
  options.class_weights = Tensor({3}, std::vector<double>{1, 1, 1});
  EXPECT_EQ(thrown<DTypeError>([&] { Trainer(small_net(), striped(), options); }),
            "class weights: they are float64. Give float32: weights.cast(DType::float32).");
}

TEST(Defaults, WeightsOfClassesThatNeverOccurTeachNothing) {
  const std::vector<std::int64_t> pixels = class_pixels(striped().train);
  ASSERT_EQ(pixels[0], 0);
  TrainOptions options = one_step();
  options.class_weights = Tensor({3}, std::vector<float>{2.5F, 0, 0});
  const std::string refusal =
      "class weights: 2.5, 0, 0 are 0 for every class that occurs, so nothing is learned. The classes have "
      "0, " +
      std::to_string(pixels[1]) + ", " + std::to_string(pixels[2]) +
      " training pixels. Give a class that has some more than 0.";
  EXPECT_EQ(thrown<ArgumentError>([&] { Trainer(small_net(), striped(), options).rehearse(); }), refusal);
  EXPECT_EQ(thrown<ArgumentError>([&] { Trainer(small_net(), striped(), options).run(); }), refusal);
}

// keras#8159: an option that the loss did not look at was accepted, and did nothing.
TEST(Defaults, keras_8159_ClassWeightsAreNeverIgnored) {
  TrainOptions options = one_step();
  options.class_weights = ClassWeighting::enet;
  options.loss = make_loss("focal");
  EXPECT_EQ(
      thrown<ArgumentError>([&] { Trainer(small_net(), striped(), options); }),
      "train: class_weights beside a loss would do nothing. Give make_loss the weights, or leave the loss "
      "out for cross-entropy.");
  EXPECT_EQ(thrown<ArgumentError>([] { make_loss("dice", Tensor::ones({3}, DType::float32)); }),
            "loss: dice with class weights [3]. Dice weighs all classes that occur alike. Take "
            "cross-entropy+dice, or no class weights.");
  EXPECT_FALSE(takes_class_weights("dice"));
  for (const char* name : {"cross-entropy", "focal", "cross-entropy+dice"})
    EXPECT_TRUE(takes_class_weights(name)) << name;
  EXPECT_THROW(takes_class_weights("hinge"), ArgumentError);
}

TEST(Defaults, ANetworkLearnsWithNothingSaid) {
  Sequential net = small_net();
  testing::internal::CaptureStderr();
  const TrainResult result = train(net, striped());
  const std::string shown = testing::internal::GetCapturedStderr();
  EXPECT_EQ(result.steps, TrainOptions().steps);
  // 3x3 filters see the stripes everywhere but at the border between them, some 2 of 12 columns.
  EXPECT_GT(evaluate_on(net, striped().test).mean_iou(1), 0.8);
  EXPECT_TRUE(shown.starts_with(" step   40/400  ")) << shown;
  EXPECT_EQ(std::count(shown.begin(), shown.end(), '\n'), 10) << "a line each tenth where nobody watches";
  for (const char c : shown) ASSERT_TRUE(c == '\n' || (c >= ' ' && c <= '~')) << shown;
}

TEST(Defaults, ProgressIsOfTrainAloneAndNotTwice) {
  const auto shown = [](auto&& act) {
    testing::internal::CaptureStderr();
    act();
    return testing::internal::GetCapturedStderr();
  };
  TrainOptions loud = one_step();
  loud.quiet = false;
  EXPECT_TRUE(shown([&] {
                Sequential net = small_net();
                train(net, striped(), loud);
              }).starts_with(" step  1/1  "));
  EXPECT_EQ(shown([&] {
              Sequential net = small_net();
              train(net, striped(), one_step());
            }),
            "");
  EXPECT_EQ(shown([&] {
              Sequential net = small_net();
              train(net, striped(), loud, {.on_step = [](const StepReport&) {}});
            }),
            "");
  EXPECT_EQ(shown([&] { Trainer(small_net(), striped(), loud).run(); }), "");
}

}  // namespace
}  // namespace trous
