// A Trainer with each task: what chooses the best weights, and that a run can stop and go on anywhere.
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <trous/core/choices.h>
#include <trous/core/error.h>
#include <trous/ops/arithmetic.h>

#include "core/thrown.h"
#include "core/with_threads.h"
#include "data/scratch.h"
#include "layers/toys.h"
#include "train/tasks.h"

namespace trous {
namespace {

using BestSteps = std::vector<std::int64_t>;

Bytes state_bytes(const Trainer& trainer) {
  const Scratch scratch;
  write_safetensors(scratch / "state", trainer.state());
  return slurp(scratch / "state");
}

TrainOptions task_options(const TaskCase& of) {
  return {.steps = 6,
          .batch = 3,
          .accumulate = 2,
          .learning_rate = 0.02,
          .task = of.task,
          .clip_norm = 0.3,
          .average = 0.8,
          .validate_every = 2,
          .patience = 5,
          .seed = 3};
}

TEST(Task, StopsAndGoesOnAtAnyStepBitForBit) {
  for (const TaskCase& of : task_cases()) {
    SCOPED_TRACE(of.task.name);
    TrainOptions options = task_options(of);
    options.augmentation.noise = 0.05;
    Trainer whole(of.net, of.data, options);
    const TrainResult expected = whole.run();
    const Bytes bytes = state_bytes(whole);
    EXPECT_EQ(expected.steps, 6);
    for (const std::int64_t pause : {0, 1, 2, 3, 4, 6}) {
      Trainer first(of.net, of.data, options), second(of.net, of.data, options);
      if (pause > 0) first.run({.stop = [&] { return first.step() == pause; }});
      second.restore("first", first.state());
      const TrainResult result = second.run();
      EXPECT_EQ(result.chosen_by, expected.chosen_by);
      EXPECT_EQ(result.chosen_by.better(), expected.chosen_by.better());
      EXPECT_EQ(result.best_score, expected.best_score);
      EXPECT_EQ(state_bytes(second), bytes) << "saved after step " << pause;
    }
  }
}

TEST(Task, GivesTheSameBytesOnAnyNumberOfThreads) {
  for (const TaskCase& of : task_cases()) {
    std::vector<Bytes> all;
    for (const int count : {1, 3}) {
      const WithThreads scope(count);
      TrainOptions options = task_options(of);
      options.loader_threads = count - 1;
      Trainer trainer(of.net, of.data, options);
      trainer.run();
      all.push_back(state_bytes(trainer));
    }
    EXPECT_EQ(all[0], all[1]) << of.task.name;
  }
}

// Every part of a training acts for every task: without it the weights are others.
TEST(Task, AveragesClipsAndAccumulates) {
  for (const TaskCase& of : task_cases()) {
    SCOPED_TRACE(of.task.name);
    const auto trained = [&](const auto& change) {
      TrainOptions options = task_options(of);
      change(options);
      Trainer trainer(of.net, of.data, options);
      trainer.run();
      return trainer;
    };
    const Trainer all = trained([](TrainOptions&) {});
    EXPECT_FALSE(same_network(Sequential{all.scored()}, Sequential{all.network()}))
        << "scored is the average";
    for (const Trainer& other : {trained([](TrainOptions& o) { o.clip_norm = 0; }),
                                 trained([](TrainOptions& o) { o.accumulate = 1; })})
      EXPECT_FALSE(same_network(Sequential{other.network()}, Sequential{all.network()}));
    const Trainer plain = trained([](TrainOptions& o) { o.average = 0; });
    EXPECT_TRUE(same_network(Sequential{plain.scored()}, Sequential{all.network()}));
    // What was reported of the best is what the best network scores.
    const CheckpointInfo info = all.best_info();
    const Evaluation again = evaluate_with(all.best(), of.data.validation, {.batch = 3, .task = of.task});
    EXPECT_EQ(info.best_score, again.scores.ranking());
    EXPECT_EQ(info.task, of.task.name);
  }
}

// Two numbers go in, and `targets` is learned, all of which are 0; validation number k sees `of(values[k])`.
struct Script {
  SampleField target;
  std::vector<std::string> classes = {};
  std::optional<Task> task = std::nullopt;
  std::int64_t outputs = 1;
  std::function<Tensor(const Shape&, double)> of = [](const Shape& shape, double value) {
    return Tensor::full(shape, DType::float32, value);
  };
};

struct ScriptEnd {
  TrainResult result;
  BestSteps best, stale;
  std::vector<double> rates;
};

Trainer scripted_trainer(const Script& script, const std::vector<double>& values, TrainOptions options) {
  options.steps = static_cast<std::int64_t>(values.size());
  options.batch = 4;
  options.validate_every = 1;
  options.average = 0;
  options.task = script.task;
  const Dataset set{.name = "zeros",
                    .classes = script.classes,
                    .size = 4,
                    .image_shape = {2},
                    .sample =
                        [target = script.target](std::int64_t) {
                          return Sample{Tensor::zeros({2}, DType::float32),
                                        Tensor::zeros(target.shape, dtype_of(target.role))};
                        },
                    .target = script.target};
  Sequential net{Dense{{.in_features = 2, .out_features = script.outputs}}, Scripted{values, script.of}};
  initialize(net, Key{1});
  return Trainer(net, {set, set, set}, options);
}

ScriptEnd run_script(const Script& script, const std::vector<double>& values,
                     const TrainOptions& options = {}) {
  ScriptEnd end;
  end.result = scripted_trainer(script, values, options)
                   .run({.on_step = [&](const StepReport& r) { end.rates.push_back(r.learning_rate); },
                         .on_validation =
                             [&](const ValidationReport& r, const AnyLayer&) {
                               if (r.best) end.best.push_back(r.step);
                               end.stale.push_back(r.stale);
                             }});
  return end;
}

const Script numbers_script{.target = {.name = "number", .role = Role::numbers, .shape = {1}}};

// `right` of the four samples have the largest logit at their class, which is 0, the others at class 1.
const Script labels_script{.target = {.name = "class", .role = Role::label},
                           .classes = {"a", "b"},
                           .outputs = 2,
                           .of = [](const Shape& shape, double right) {
                             std::vector<float> logits(8);
                             for (std::size_t i = 0; i < 4; ++i)
                               logits[2 * i + (static_cast<double>(i) < right ? 0 : 1)] = 1;
                             return Tensor(shape, logits);
                           }};

TEST(Task, TheBestHasTheLowestSquareTheHighestAccuracyOrWhatTheOwnTaskSays) {
  const ScriptEnd squares = run_script(numbers_script, {3, 2, -2.5, 1, 1.5, -0.5, 4});
  EXPECT_EQ(squares.best, (BestSteps{1, 2, 4, 6}));
  EXPECT_EQ(squares.stale, (BestSteps{0, 0, 1, 0, 1, 0, 1}));
  EXPECT_EQ(squares.result.best_score, 0.25);
  EXPECT_EQ(squares.result.chosen_by, Criterion::score("mse"));
  EXPECT_EQ(squares.result.chosen_by.better(), Better::lower);

  const ScriptEnd accuracy = run_script(labels_script, {1, 3, 2, 4, 0});
  EXPECT_EQ(accuracy.best, (BestSteps{1, 2, 4}));
  EXPECT_EQ(accuracy.result.best_score, 1);
  EXPECT_EQ(accuracy.result.chosen_by, Criterion::score("accuracy"));
  EXPECT_EQ(accuracy.result.chosen_by.better(), Better::higher);

  Script own = numbers_script;
  own.task = own_task();
  const ScriptEnd largest = run_script(own, {-3, 2, 2.5, 1});
  EXPECT_EQ(largest.best, (BestSteps{1, 2, 4}));
  EXPECT_EQ(largest.result.best_score, 1);
  EXPECT_EQ(largest.result.chosen_by, Criterion::score("largest_error"));
}

TEST(Task, PatienceSaysTheScoreThatWasToBeBeaten) {
  EXPECT_EQ(run_script(numbers_script, {3, 2, 4, 2, 3, 1}, {.patience = 3}).result.stopped_early,
            "the last 3 validations were no better than 4, best at step 2");
  EXPECT_EQ(run_script(labels_script, {1, 3, 2, 0, 4}, {.patience = 2}).result.stopped_early,
            "the last 2 validations were no better than 0.75, best at step 2");
  // 9, 6.25 and 4: less by 5 than 9 is the last one alone, which the next two are not.
  const ScriptEnd coarse =
      run_script(numbers_script, {3, 2.5, 1.5, 1.25, 1, 0}, {.patience = 2, .min_delta = 5});
  EXPECT_EQ(coarse.stale, (BestSteps{0, 1, 0, 1, 2}));
  EXPECT_EQ(coarse.result.stopped_early,
            "the last 2 validations were no better than 2.25 by 5, best at step 5");
  const double nan = std::nan("");
  EXPECT_EQ(run_script(numbers_script, {nan, nan, nan, 1}, {.patience = 2}).result.stopped_early,
            "the last 2 validations had no score that is a number");
}

TEST(Task, ThePlateauFollowsAScoreOfWhichLessIsBetter) {
  const TrainOptions options{.learning_rate = 0.01, .schedule = Schedule::plateau};
  EXPECT_EQ(run_script(numbers_script, {9, 8, 7, 6, 5, 4, 3, 2, 1}, options).rates,
            std::vector<double>(9, 0.01));
  EXPECT_EQ(run_script(numbers_script, {1, 2, 3, 4, 5, 6, 7, 8, 9}, options).rates,
            (std::vector<double>{0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.005, 0.005}));
}

// The PSNR of a perfect prediction is infinite: nothing is better, and a state, whose numbers are finite,
// knows it.
TEST(Task, AnInfiniteScoreIsTheBestAlsoAfterAResume) {
  struct Psnr {
    RegressionScores scores;
    void add(const Batch& batch, const Tensor&, const Tensor& prediction) {
      scores.add(batch.targets, prediction);
    }
    std::vector<Score> all() const { return {{"psnr", scores.psnr()}}; }
    static Criterion criterion() { return Criterion::score("psnr"); }
  };
  Script script = numbers_script;
  script.task = own_task();
  script.task->scores = [](const Dataset&) { return Psnr(); };
  script.task->leading = Psnr::criterion();
  const std::vector<double> values{1, 0, 0.5, 0, 0.25};
  TrainOptions options{.learning_rate = 0.01, .schedule = Schedule::plateau};
  const ScriptEnd end = run_script(script, values, options);
  EXPECT_EQ(end.best, (BestSteps{1, 2}));
  EXPECT_EQ(end.result.best_score, std::numeric_limits<double>::infinity());
  Trainer whole = scripted_trainer(script, values, options);
  whole.run();
  Trainer first = scripted_trainer(script, values, options);
  first.run({.stop = [&] { return first.step() == 2; }});
  Trainer second = scripted_trainer(script, {0.5, 0, 0.25, 9, 9}, options);
  second.restore("first", first.state());
  EXPECT_EQ(second.run().best_step, 2);
  EXPECT_EQ(state_bytes(second), state_bytes(whole));
}

TEST(Task, OutputsThatDoNotFitAreRefused) {
  const auto refusal = [](const Task& task, const Dataset& data, const Shape& output) {
    return thrown<ShapeError>([&] { task.check_output(output, data); });
  };
  for (const TaskCase& of : task_cases()) {
    Trainer(of.net, of.data, task_options(of)).rehearse();
    Sequential other = of.net;
    other.layers.push_back([](const Variable& x) { return mean(x, {1}); });
    EXPECT_THROW(Trainer(other, of.data, task_options(of)).rehearse(), ShapeError) << of.task.name;
  }
  EXPECT_EQ(refusal(segmentation(), stripes(1, 1), {2, 12, 12, 4}),
            "segmentation: the network gives [2, 12, 12, 4], the data have 3 classes. Its last layer must "
            "give [batch, "
            "height, width, 3].");
  EXPECT_EQ(refusal(classification(), bright_labels(1, 1), {2, 4}),
            "classification: the network gives [2, 4], the data have one of 3 classes for each image. Its "
            "last layer must "
            "give [batch, 3].");
  for (const Shape& output : {Shape{2, 12, 13}, Shape{2, 12, 13, 2}, Shape{}})
    EXPECT_EQ(
        refusal(regression(), darker_images(1, 1), output),
        text("regression: the network gives ", output,
             ", the targets of a sample are [12, 13, 1]. Its last layer must give them for each sample, "
             "behind the batch."));
}

TEST(Task, NetworksTasksAndOptionsThatDoNotFitAreRefused) {
  const Splits two{darker_images(4, 1, true), darker_images(4, 2, true), darker_images(4, 3, true)};
  EXPECT_EQ(
      thrown<ArgumentError>([&] { Trainer(image_net(), two, {}); }),
      "train: the network takes 1 value, and a sample of darker images has 2 inputs. Give a network of as "
      "many values, or say which fields are inputs.");
  const AnyLayer sum = [](const Variable& a, const Variable& b) { return a + b; };
  const TaskCase numbers = task_cases()[2];
  EXPECT_EQ(
      thrown<ArgumentError>([&] { Trainer(sum, numbers.data, {}); }),
      "train: the network takes 2 values, and a sample of darker images has 1 input. Give a network of as "
      "many values, or say which fields are inputs.");
  EXPECT_EQ(
      thrown<ArgumentError>(
          [&] { Trainer(numbers.net, numbers.data, {.class_weights = ClassWeighting::enet}); }),
      "train: class_weights where the targets of darker images have the role image, which has no classes. "
      "Leave them out.");
  Task torn = own_task();
  torn.predict = nullptr;
  const std::string needed =
      "train: the task \"largest\" has no predict. It needs check_output, default_loss, "
      "predict and scores.";
  EXPECT_EQ(thrown<ArgumentError>([&] { Trainer(numbers.net, numbers.data, {.task = torn}); }), needed);
  EXPECT_EQ(thrown<ArgumentError>([&] { evaluate_with(numbers.net, numbers.data.test, {.task = torn}); }),
            needed);
  EXPECT_EQ(
      thrown<ArgumentError>([&] { evaluate_on(numbers.net, numbers.data.test); }),
      "evaluate_on: the targets of darker images have the role image, not mask. Take evaluate_with, whose "
      "scores are those of the task.");
  EXPECT_EQ(task_for(stripes(1, 1)).name, "segmentation");
  EXPECT_EQ(task_for(bright_labels(1, 1)).name, "classification");
  EXPECT_EQ(task_for(darker_images(1, 1)).name, "regression");
  EXPECT_EQ(task_for(half_means(1, 1)).name, "regression");
  EXPECT_EQ(task_for(half_means(1, 1), own_task()).name, "largest");
}

TEST(Task, OfThreeOnlyTheOneThatTheTargetsSuggestSuitsAndAnyOther) {
  const Dataset masks = striped().train, labels = bright_labels(8, 1), images = darker_images(8, 1);
  for (const Dataset* data : {&masks, &labels, &images}) {
    const std::string suggested = task_for(*data).name;
    for (const Task& task : named_tasks())
      EXPECT_EQ(suits(task, *data), task.name == suggested) << data->name;
    EXPECT_TRUE(suits(Task{.name = "counting"}, *data));
  }
  EXPECT_EQ(listed(names_in(named_tasks())), "segmentation, classification or regression");
  EXPECT_EQ(named_task("regression").name, "regression");
  EXPECT_EQ(thrown<ArgumentError>([] { named_task("counting"); }),
            "task: \"counting\" is not known. Choose segmentation, classification or regression.");
  EXPECT_EQ(thrown<ArgumentError>([] { add_named_task(regression()); }),
            "task: \"regression\" cannot be added. There is a task of this name. Choose another.");
}

TEST(Task, IsLedByOneOfItsScoresInTheirDirection) {
  const auto refusal = [](const Criterion& leading) {
    Task task = own_task();
    task.leading = leading;
    return thrown<ArgumentError>([&] { task_for(half_means(1, 1), task); });
  };
  EXPECT_EQ(refusal(Criterion::foreground_iou),
            "train: the task \"largest\" has foreground_iou as leading, and its scores are count and "
            "largest_error. Name one of them.");
  Task counts = own_task();
  counts.scores = [](const Dataset&) {
    struct Counts : LargestError {
      Criterion criterion() const { return Criterion::score("count"); }
    };
    return Counts();
  };
  counts.leading = Criterion::score("count", Better::lower);
  EXPECT_EQ(
      thrown<ArgumentError>([&] { task_for(half_means(1, 1), counts); }),
      "train: the task \"largest\" has count, the lower the better, as leading, and to the criterion of its "
      "scores the higher is better. Let both say the same.");
}

TEST(Task, AStateOfAnotherTaskIsRefused) {
  const TaskCase own = task_cases()[3];
  Trainer trainer(own.net, own.data, {.task = own.task}), other(own.net, own.data, {});
  const Bytes before = state_bytes(other);
  EXPECT_EQ(
      thrown<FileError>([&] { other.restore("last", trainer.state()); }),
      "last: it was saved with task largest, and regression is asked for. Resume with the task it was saved "
      "with.");
  EXPECT_EQ(state_bytes(other), before);
}

struct SummedInputs {
  Conv2d conv{{.in_channels = 1, .out_channels = 1}};
  Variable operator()(const Variable& a, const Variable& b, Pass& pass) const { return conv(a + b, pass); }
  static void parts(auto& self, auto&& f) { f("conv", self.conv); }
};

// The first NaN is in what the samples hold.
TEST(Task, DivergenceNamesTheTensorOfTheSamples) {
  const auto diverged = [](std::size_t field) {
    Dataset set = darker_images(4, 1, true);
    set.sample = [inner = set.sample, field](std::int64_t i) {
      Sample sample = inner(i);
      tensor_of(sample, field) = Tensor::full({12, 13, 1}, DType::float32, std::nan(""));
      return sample;
    };
    const Loss weighted = [](const Variable& output, const Batch& batch) {
      return mean(batch.more[0] * (output - batch.targets) * (output - batch.targets));
    };
    SummedInputs net;
    initialize(net, Key{1});
    return Trainer(net, {set, set, set}, {.steps = 2, .batch = 2, .loss = weighted}).run().diverged;
  };
  const std::vector<std::string> names{"images", "targets", "weights of the samples",
                                       "negative of the samples"};
  for (std::size_t field = 0; field < names.size(); ++field) {
    EXPECT_EQ(diverged(field),
              "the loss is NaN; the first tensor that went bad is the " + names[field] + " at step 1");
  }
}

}  // namespace
}  // namespace trous
