// The loop: it learns, repeats itself bit for bit on any number of threads, and leaks nothing.
#include <algorithm>
#include <cmath>
#include <limits>
#include <malloc.h>

#include <gtest/gtest.h>

#include <trous/data/shapes.h>
#include <trous/layers/network.h>
#include <trous/layers/networks.h>
#include <trous/ops/reduce.h>
#include <trous/train/trainer.h>

#include "core/thrown.h"
#include "core/with_threads.h"
#include "layers/toys.h"
#include "train/toys.h"

namespace trous {
namespace {

TrainOptions few_steps(std::int64_t steps = 6) {
  return {.steps = steps,
          .batch = 4,
          .learning_rate = 0.02,
          .class_weights = ClassWeighting::none,
          .average = 0,
          .validate_every = steps,
          .seed = 5,
          .quiet = true};
}

Sequential trained(const TrainOptions& options) {
  Sequential net = small_net();
  train(net, striped(), options);
  return net;
}

// Whatever a predictor makes of one pixel, it is right for half of it: if it gives bright and dark pixels one
// class, one IoU is about 1/2 and the other 0; if it gives them two, both are (1/4) / (3/4). The largest mean
// is 1/3, and chance moves it by a few hundredths on 16 images.
TEST(Trainer, ANetworkThatCanLearnDoesAndOneThatCannotDoesNot) {
  const TrainOptions options{.steps = 120,
                             .batch = 8,
                             .learning_rate = 0.02,
                             .class_weights = ClassWeighting::none,
                             .average = 0,
                             .validate_every = 40,
                             .quiet = true};
  const Splits data = striped();
  Sequential net = small_net(), blind = small_net(1);
  EXPECT_LT(*evaluate_on(net, data.test).mean_iou(1), 0.5) << "before";
  const TrainResult result = train(net, data, options);
  EXPECT_EQ(result.diverged, std::nullopt);
  // 3x3 filters see the stripes everywhere but at the border between them, some 2 of 12 columns.
  EXPECT_GT(*evaluate_on(net, data.test).mean_iou(1), 0.8);
  train(blind, data, options);
  EXPECT_LT(*evaluate_on(blind, data.test).mean_iou(1), 0.42);
}

// pytorch#2201: the number of threads changed what was learned. The images are large enough that kernels,
// statistics and losses are cut into several chunks.
TEST(Trainer, pytorch_2201_ThreadsChangeNoBit) {
  const Splits data = shapes({.size = 64, .train = 8, .validation = 2, .test = 2});
  const auto run = [&](int count) {
    const WithThreads scope(count);
    SmallDilated net({.in_channels = 3, .classes = 5, .width = 8});
    initialize(net, Key{3});
    train(net, data, few_steps(2));
    return net;
  };
  const SmallDilated one = run(1);
  EXPECT_TRUE(same_network(run(2), one));
  EXPECT_TRUE(same_network(run(3), one));
}

TEST(Trainer, RepeatsItselfForASeedAndOnlyForIt) {
  const Sequential first = trained(few_steps());
  EXPECT_TRUE(same_network(trained(few_steps()), first));
  TrainOptions other = few_steps();
  other.seed = 6;
  EXPECT_FALSE(same_network(trained(other), first));
}

TEST(Trainer, EveryStepDropsAnew) {
  Splits data = striped();
  data.train.sample = [](std::int64_t) { return stripes(1, 1).sample(0); };
  TrainOptions options = few_steps();
  options.learning_rate = 1e-30;  // what is left to differ between two steps is dropout
  options.validate_every = 2;
  std::vector<double> losses;
  Sequential net = small_net();
  train(net, data, options, {.on_step = [&](const StepReport& r) { losses.push_back(r.loss); }});
  std::sort(losses.begin(), losses.end());
  EXPECT_EQ(std::unique(losses.begin(), losses.end()) - losses.begin(), 6);
}

TEST(Trainer, ValidatesInTimeAndKeepsTheBest) {
  TrainOptions options = few_steps(10);
  options.validate_every = 4;
  Sequential net = small_net();
  std::vector<double> losses;
  std::vector<ValidationReport> reports;
  std::vector<Sequential> at;
  const TrainResult result =
      train(net, striped(), options,
            {.on_step =
                 [&](const StepReport& r) {
                   losses.push_back(r.loss);
                   EXPECT_EQ(r.step, static_cast<std::int64_t>(losses.size()));
                   EXPECT_EQ(r.steps, 10);
                   EXPECT_EQ(r.learning_rate, learning_rate_at(Schedule::poly, 0.02, r.step - 1, 10));
                 },
             .on_validation =
                 [&](const ValidationReport& r, const AnyLayer& now) {
                   reports.push_back(r);
                   at.push_back(Sequential(std::vector<AnyLayer>{now}));
                 }});
  ASSERT_EQ(losses.size(), 10u);
  ASSERT_EQ(reports.size(), 3u);
  double best = -1, loss = 0;
  std::size_t which = 0;
  const std::size_t borders[] = {0, 4, 8, 10};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(reports[i].step, static_cast<std::int64_t>(borders[i + 1]));
    double mean = 0;
    for (std::size_t s = borders[i]; s < borders[i + 1]; ++s) mean += losses[s];
    EXPECT_DOUBLE_EQ(reports[i].train_loss, mean / static_cast<double>(borders[i + 1] - borders[i]));
    const double score = *reports[i].scores["foreground_iou"];
    const bool better = score > best || (score == best && *reports[i].validation_loss < loss);
    EXPECT_EQ(reports[i].best, better);
    if (better) {
      best = score;
      loss = *reports[i].validation_loss;
      which = i;
    }
  }
  EXPECT_EQ(result.best_step, reports[which].step);
  EXPECT_EQ(result.best_score, best);
  EXPECT_TRUE(same_network(Sequential(std::vector<AnyLayer>{net}), at[which]));
  EXPECT_EQ(evaluate_on(net, striped().validation).mean_iou(1), best);
}

// Four steps too small to change a prediction, so that every validation has one score.
struct EqualScores {
  std::vector<double> losses;
  TrainResult result;
};

EqualScores of_equal_scores(double learning_rate) {
  TrainOptions options = few_steps(4);
  options.learning_rate = learning_rate;
  options.validate_every = 1;
  Sequential net{[](const Variable& x) { return x; },
                 Conv2d{{.in_channels = 1, .out_channels = 3, .kernel = 1}}};
  initialize(net, Key{1});
  EqualScores run;
  std::vector<double> scores;
  run.result =
      train(net, striped(), options, {.on_validation = [&](const ValidationReport& r, const AnyLayer&) {
              scores.push_back(*r.scores["foreground_iou"]);
              run.losses.push_back(*r.validation_loss);
            }});
  EXPECT_EQ(scores, std::vector<double>(4, scores.at(0)));
  return run;
}

TEST(Trainer, TheFirstOfEqualScoresIsTheBest) {
  EXPECT_EQ(of_equal_scores(1e-30).result.best_step, 1);  // changes no weight, so no loss
}

// A small validation split has few scores to give and reaches its highest early; the loss still tells.
TEST(Trainer, OfEqualScoresTheLowestLossIsTheBest) {
  const EqualScores run = of_equal_scores(1e-5);
  const auto lowest = std::min_element(run.losses.begin(), run.losses.end());
  EXPECT_LT(*lowest, run.losses[0]);
  EXPECT_EQ(run.result.best_step, lowest - run.losses.begin() + 1);
  EXPECT_EQ(run.result.best_loss, *lowest);
}

TEST(Trainer, ClassWeightsChangeTheLossAndBatchNormLearnsItsStatistics) {
  TrainOptions weighted = few_steps();
  weighted.class_weights = Tensor({3}, std::vector<float>{0, 1, 5});
  const Sequential net = trained(weighted), plain = trained(few_steps()), fresh = small_net();
  EXPECT_FALSE(same_network(net, plain));
  EXPECT_FALSE(same_bits(buffers(net)[0].part->get(), buffers(fresh)[0].part->get()));
}

TEST(Trainer, AVariableThatIsHeldKeepsItsValue) {
  Sequential net = small_net();
  const Variable held = parameters(net)[0].part->get();
  const Sequential copy = net;
  const std::vector<float> before = held.value().to_vector<float>();
  train(net, striped(), few_steps());
  EXPECT_EQ(held.value().to_vector<float>(), before);
  EXPECT_TRUE(same_network(copy, small_net()));
  EXPECT_FALSE(same_network(net, copy));
}

TEST(Trainer, pytorch_7343_TrainingLeavesNoMemoryBehind) {
  const StorageCount before = live_storage();
  { trained(few_steps()); }
  EXPECT_EQ(live_storage().buffers, before.buffers);
  EXPECT_EQ(live_storage().bytes, before.bytes);
}

// pytorch#143564, #25646: memory grew in a training loop. Tensors are counted one by one, and what else was
// allocated, nodes and rules above all, in bytes.
TEST(Trainer, pytorch_143564_MemoryIsFlatOverAThousandSteps) {
  std::vector<StorageCount> after;
  after.reserve(1000);
  std::vector<std::size_t> allocated(1000);
  Sequential net = small_net();
  TrainOptions options = few_steps(1000);
  options.loader_threads = 0;  // batches that are made ahead take memory too, now more and now less
  train(net, striped(), options, {.on_step = [&](const StepReport& r) {
          after.push_back(live_storage());
          allocated[static_cast<std::size_t>(r.step - 1)] = mallinfo2().uordblks;
        }});
  ASSERT_EQ(after.size(), 1000u);
  // From the second step on the first weights, which `best` holds, are no longer the current ones.
  for (std::size_t i = 2; i < after.size(); ++i) {
    ASSERT_EQ(after[i].buffers, after[1].buffers) << "step " << i + 1;
    ASSERT_EQ(after[i].bytes, after[1].bytes) << "step " << i + 1;
  }
  // A node takes some hundred bytes: one left behind by each step would be 90 KB.
  EXPECT_LE(allocated[999], allocated[99] + (16 << 10));
}

TEST(Trainer, PredictIsTheArgmaxInEvaluationMode) {
  const AnyLayer net = small_net();
  const Tensor images = numbers({3, 7, 9, 1}, 1);
  const Tensor labels = predict(net, images);
  EXPECT_EQ(labels.dtype(), DType::int32);
  EXPECT_EQ(labels.shape(), (Shape{3, 7, 9}));
  EXPECT_TRUE(same(labels, argmax(evaluate(net, images), -1)));
  EXPECT_TRUE(same(predict(net, images), labels));
}

TEST(Trainer, ScoresDoNotDependOnTheBatch) {
  const AnyLayer net = small_net();
  const Dataset set = striped().test;
  ConfusionMatrix one_by_one(3, {255});
  for (std::int64_t i = 0; i < set.size; ++i) {
    const Sample sample = set.sample(i);
    one_by_one.add(sample.target, predict(net, sample.image.reshaped({1, 12, 12, 1})).reshaped({12, 12}));
  }
  for (const std::int64_t batch : {1, 3, 16, 100}) {
    const ConfusionMatrix scores = evaluate_on(net, set, batch);
    for (int t = 0; t < 3; ++t) {
      for (int p = 0; p < 3; ++p) EXPECT_EQ(scores.count(t, p), one_by_one.count(t, p)) << "batch " << batch;
    }
  }
}

TEST(Trainer, RefusesOptionsBeforeItStarts) {
  Sequential net = small_net();
  const auto run = [&](const TrainOptions& options) {
    return [&net, options] { train(net, striped(), options); };
  };
  EXPECT_EQ(thrown<ArgumentError>(run({.steps = 0})),
            "train: steps 0 is not a whole number from 1 to 1099511627776. The default is 400.");
  EXPECT_EQ(thrown<ArgumentError>(run({.batch = -1})),
            "train: batch -1 is not a whole number from 1 to 65536. The default is 16.");
  EXPECT_EQ(thrown<ArgumentError>(run({.learning_rate = 0})),
            "train: learning_rate 0 is not a number above 0. The default is 0.008.");
  EXPECT_THROW(run({.learning_rate = std::nan("")})(), ArgumentError);
  EXPECT_THROW(run({.learning_rate = std::numeric_limits<double>::infinity()})(), ArgumentError);
  EXPECT_EQ(thrown<ArgumentError>(run({.steps = 10, .warmup = 10})),
            "train: warmup 10 of 10 steps. Give 0 for none, or fewer steps than there are.");
  EXPECT_THROW(run({.warmup = -1})(), ArgumentError);
  EXPECT_EQ(thrown<ArgumentError>(run({.patience = -1})),
            "train: patience -1 is not a whole number from 0 to 1099511627776. The default is 0.");
  EXPECT_THROW(run({.save_every = -1})(), ArgumentError);
  EXPECT_THROW(run({.loader_threads = -1})(), ArgumentError);
  EXPECT_EQ(thrown<ArgumentError>(run({.clip_norm = -1})),
            "train: clip_norm -1 is not a number of 0 or more. The default is 0.");
  const double nan = std::nan(""), infinite = std::numeric_limits<double>::infinity();
  EXPECT_THROW(run({.clip_norm = nan})(), ArgumentError);
  EXPECT_THROW(run({.average = 1})(), ArgumentError);
  EXPECT_THROW(run({.average = nan})(), ArgumentError);
  EXPECT_THROW(run({.min_delta = -0.1})(), ArgumentError);
  EXPECT_THROW(run({.min_delta = nan})(), ArgumentError);
  EXPECT_THROW(run({.min_delta = infinite})(), ArgumentError);
  EXPECT_EQ(thrown<ShapeError>(run({.class_weights = Tensor::ones({4}, DType::float32)})),
            "class weights: [4] for 3 classes. Give one weight per class.");
  EXPECT_EQ(thrown<ArgumentError>([&] { evaluate_on(net, striped().test, 0); }),
            "evaluate_on: batch 0. Give 1 or more.");
  EXPECT_TRUE(same_network(net, small_net()));
}

TEST(Train, ANetworkOfOtherClassesIsRefused) {
  Conv2d net{{.in_channels = 3, .out_channels = 4, .kernel = 1}};
  initialize(net, Key{1});
  const Splits data = shapes({.size = 16, .train = 4, .validation = 2, .test = 2});
  EXPECT_EQ(
      thrown<ShapeError>([&] { train(net, data, {.steps = 1, .batch = 2, .quiet = true}); }),
      "segmentation: the network gives [2, 16, 16, 4], the data have 5 classes. Its last layer must give "
      "[batch, height, "
      "width, 5].");
}

}  // namespace
}  // namespace trous
