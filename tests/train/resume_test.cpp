// A run that is saved and resumed in a new trainer does what an undisturbed one does, bit for bit.
#include <gtest/gtest.h>

#include <trous/train/trainer.h>

#include "core/with_threads.h"
#include "data/scratch.h"
#include "layers/toys.h"
#include "train/toys.h"

namespace trous {
namespace {

// The bytes of a state, as a file has them.
Bytes written(const SafetensorsFile& file) {
  const Scratch scratch;
  write_safetensors(scratch / "state.safetensors", file);
  return slurp(scratch / "state.safetensors");
}

// Everything at once; each case below changes one thing. Validations after steps 3, 6 and 8.
TrainOptions everything() {
  return {.steps = 8,
          .batch = 4,
          .learning_rate = 0.02,
          .groups = {{.path = "0", .learning_rate = 0.5, .weight_decay = 2}},
          .clip_norm = 0.5,
          .average = 0.9,
          .augmentation = {.flip_horizontal = true, .shift = 0.2, .noise = 0.05},
          .validate_every = 3,
          .patience = 6,
          .seed = 7};
}

TrainCallbacks until(const Trainer& trainer, std::int64_t step) {
  return {.stop = [&trainer, step] { return trainer.step() >= step; }};
}

// Trains to `pause`, saves to a file, goes on from there in another trainer, and compares with one that never
// stopped.
void expect_resumes(const TrainOptions& options, std::int64_t pause, const Splits& data = striped()) {
  SCOPED_TRACE(testing::Message() << "saved after step " << pause);
  const Scratch scratch;
  const std::string path = scratch / "last.safetensors";
  Trainer whole(small_net(), data, options), first(small_net(), data, options);
  const TrainResult expected = whole.run();
  if (pause > 0) {
    const TrainResult paused = first.run(until(first, pause));
    ASSERT_EQ(paused.steps, pause);
    EXPECT_EQ(paused.interrupted, pause < options.steps);
  }
  write_safetensors(path, first.state({.network = "a net", .classes = {}, .data = "stripes"}));

  Sequential other = small_net();
  initialize(other, Key{99});
  Trainer second(other, data, options);
  second.restore(path, read_safetensors(path));
  EXPECT_EQ(second.step(), pause);
  EXPECT_EQ(written(second.state({.network = "a net", .classes = {}, .data = "stripes"})), slurp(path))
      << "restored, it says the same";
  const TrainResult result = second.run();
  EXPECT_EQ(result.steps, expected.steps);
  EXPECT_EQ(result.best_step, expected.best_step);
  EXPECT_EQ(result.chosen_by, expected.chosen_by);
  EXPECT_EQ(result.best_score, expected.best_score);
  EXPECT_EQ(result.best_loss, expected.best_loss);
  EXPECT_EQ(result.interrupted, false);
  EXPECT_EQ(result.stopped_early, expected.stopped_early);
  EXPECT_EQ(written(second.state()), written(whole.state()));
  EXPECT_TRUE(same_network(Sequential{second.best()}, Sequential{whole.best()}));
  EXPECT_TRUE(same_network(Sequential{second.scored()}, Sequential{whole.scored()}));
}

TEST(Resume, FromEveryStep) {
  for (std::int64_t pause = 0; pause <= 8; ++pause) expect_resumes(everything(), pause);
}

TEST(Resume, WhereTheLossOrNothingChooses) {
  for (const double label : {0.0, 255.0}) {
    Splits data = striped();
    data.validation.sample = [inner = data.validation.sample, label](std::int64_t i) {
      return Sample{inner(i).image, Tensor::full({12, 12}, DType::int32, label)};
    };
    for (std::int64_t pause = 0; pause <= 8; ++pause) expect_resumes(everything(), pause, data);
  }
}

TEST(Resume, BetweenStepsOfSeveralBatches) {
  TrainOptions options = everything();
  options.accumulate = 3;
  for (const std::int64_t pause : {0, 1, 4, 8}) expect_resumes(options, pause);
}

TEST(Resume, WithEveryOptimizer) {
  std::vector<Optimizer> all{Sgd(),
                             Sgd({.momentum = 0.9}),
                             Sgd({.momentum = 0.9, .nesterov = true, .weight_decay = 0.01}),
                             Adam(),
                             Adam({.beta1 = 0.5, .weight_decay = 0.01}),
                             AdamW()};
  for (const NamedOptimizer& row : named_optimizers()) all.push_back(make_optimizer(row.name));
  for (const Optimizer& optimizer : all) {
    TrainOptions options = everything();
    options.optimizer = optimizer;
    expect_resumes(options, 4);
  }
}

TEST(Resume, WithEverySchedule) {
  for (const NamedSchedule& row : named_schedules()) {
    TrainOptions options = everything();
    options.schedule = row.value;
    options.warmup = 3;
    expect_resumes(options, 2);
    expect_resumes(options, 5);
  }
}

// No score is better by 1 than the first, so the seventh validation cuts the rate, and the thirteenth.
TEST(Resume, WithAPlateauBeforeAndAfterItsCuts) {
  TrainOptions options = everything();
  options.schedule = Schedule::plateau;
  options.steps = 15;
  options.validate_every = 1;
  options.min_delta = 1;
  options.patience = 0;
  std::vector<double> rates;
  Trainer(small_net(), striped(), options).run({.on_step = [&](const StepReport& r) {
    rates.push_back(r.learning_rate);
  }});
  std::vector<double> expected(7, 0.02);
  expected.insert(expected.end(), 6, 0.01);
  expected.insert(expected.end(), 2, 0.005);
  EXPECT_EQ(rates, expected);
  for (const std::int64_t pause : {3, 6, 7, 9, 13, 14}) expect_resumes(options, pause);
}

TEST(Resume, WithoutAnAverageAnAugmentationOrAClip) {
  TrainOptions options{.steps = 5,
                       .batch = 3,
                       .class_weights = ClassWeighting::none,
                       .average = 0,
                       .validate_every = 4,
                       .seed = 1};
  expect_resumes(options, 2);
  options.class_weights = Tensor({3}, std::vector<float>{0, 1, 3});
  expect_resumes(options, 4);
  options.groups = {{.path = "0", .frozen = true}, {.path = "1", .frozen = true}};
  options.average = 0.5;
  expect_resumes(options, 3);
}

TEST(Resume, OnOtherThreadsAndLoaders) {
  TrainOptions options = everything();
  Trainer reference(small_net(), striped(), options);
  reference.run();
  const Bytes expected = written(reference.state());
  for (const int threads : {1, 2}) {
    for (const int loaders : {0, 1, 2}) {
      const WithThreads scope(threads);
      options.loader_threads = loaders;
      options.save_every = loaders;  // when it saves changes nothing either
      expect_resumes(options, 5);
      Trainer first(small_net(), striped(), options);
      first.run(until(first, 5));
      options.loader_threads = 1;
      options.save_every = 0;
      Trainer second(small_net(), striped(), options);
      second.restore("last", first.state());
      second.run();
      EXPECT_EQ(written(second.state()), expected) << threads << " threads, " << loaders << " loaders";
    }
  }
}

TEST(Resume, SaysTheSameOfTheValidations) {
  const auto told = [](Trainer& trainer, const TrainCallbacks& more) {
    std::vector<std::string> lines;
    TrainCallbacks callbacks = more;
    callbacks.on_step = [&](const StepReport& r) {
      EXPECT_GE(r.waited, 0);
      EXPECT_GT(r.gradient_norm, 0);
      EXPECT_EQ(r.step, trainer.step());
      lines.push_back(testing::PrintToString(std::vector<double>{r.loss, r.learning_rate, r.gradient_norm}));
    };
    callbacks.on_validation = [&](const ValidationReport& r, const AnyLayer& net) {
      EXPECT_EQ(r.step, trainer.step());
      EXPECT_TRUE(same_network(Sequential{net}, Sequential{trainer.scored()}));
      lines.push_back(testing::PrintToString(std::vector<std::optional<double>>{
          r.train_loss, r.validation_loss, r.scores["foreground_iou"], double(r.best), double(r.stale)}));
    };
    trainer.run(callbacks);
    return lines;
  };
  for (const std::int64_t pause : {2, 3, 4}) {  // in between two validations, at one, and after one
    Trainer whole(small_net(), striped(), everything()), first = whole, second = whole;
    std::vector<std::string> lines = told(first, until(first, pause));
    second.restore("last", first.state());
    for (std::string& line : told(second, {})) lines.push_back(std::move(line));
    EXPECT_EQ(lines, told(whole, {}));
  }
}

// A state is of a step, not of an hour or a process.
TEST(Resume, TwoRunsLeaveTheSameBytes) {
  const auto once = [] {
    Trainer trainer(small_net(), striped(), everything());
    trainer.run(until(trainer, 5));
    return written(trainer.state({.network = "net", .classes = {"a", "b", "c"}, .data = "stripes"}));
  };
  EXPECT_EQ(once(), once());
}

TEST(Resume, ARestoredTrainerForgetsWhatEndedItsOwnRun) {
  TrainOptions options = everything();
  options.validate_every = 1;
  options.patience = 4;
  options.min_delta = 1;
  Trainer whole(small_net(), striped(), options), first = whole, second = whole;
  const TrainResult ended = whole.run();
  EXPECT_EQ(ended.steps, 5);
  ASSERT_TRUE(ended.stopped_early);
  first.run(until(first, 2));
  Trainer stopped = whole;
  stopped.restore("last", first.state());
  const TrainResult paused = stopped.run(until(stopped, 3));
  EXPECT_TRUE(paused.interrupted);
  EXPECT_EQ(paused.stopped_early, std::nullopt);
  const TrainResult again = stopped.run();
  EXPECT_EQ(again.steps, 5);
  EXPECT_EQ(again.stopped_early, ended.stopped_early);
  EXPECT_EQ(written(stopped.state()), written(whole.state()));
  // The state after the end: it has nothing left to do, and says why.
  second.restore("last", whole.state());
  EXPECT_EQ(second.run({.on_step = [](const StepReport&) { FAIL(); }}).stopped_early, ended.stopped_early);
}

// An exception ends a validation; the state that is saved then goes on with it, to the same bytes.
TEST(Resume, AValidationThatWasEndedIsMadeFirst) {
  struct Enough {};
  std::vector<ValidationReport> reports;
  const TrainCallbacks noting{
      .on_validation = [&](const ValidationReport& report, const AnyLayer&) { reports.push_back(report); }};
  Trainer whole(small_net(), striped(), everything());
  whole.run(noting);
  const std::vector<ValidationReport> expected = std::exchange(reports, {});
  for (const std::int64_t at : {3, 8}) {  // in the run and at its end
    reports.clear();
    Trainer ended(small_net(), striped(), everything());
    TrainCallbacks ending = noting;
    ending.on_validation_progress = [&](std::int64_t done, std::int64_t) {
      if (ended.step() == at && done == 8) throw Enough();
    };
    EXPECT_THROW(ended.run(ending), Enough);
    EXPECT_TRUE(ended.validation_due());
    EXPECT_EQ(ended.step(), at);
    const Scratch scratch;
    write_safetensors(scratch / "state.safetensors", ended.state());
    Trainer resumed(small_net(), striped(), everything());
    resumed.restore(scratch / "state.safetensors", read_safetensors(scratch / "state.safetensors"));
    int saves = 0;
    TrainCallbacks going_on = noting;
    going_on.on_save = [&] { ++saves; };
    resumed.run(going_on);
    EXPECT_FALSE(resumed.validation_due());
    EXPECT_EQ(saves, at == 3 ? 3 : 1);
    EXPECT_EQ(written(resumed.state()), written(whole.state())) << at;
    ASSERT_EQ(reports.size(), expected.size());
    for (std::size_t i = 0; i < reports.size(); ++i) {
      EXPECT_EQ(reports[i].step, expected[i].step);
      EXPECT_EQ(reports[i].train_loss, expected[i].train_loss);
      EXPECT_EQ(reports[i].validation_loss, expected[i].validation_loss);
      EXPECT_EQ(reports[i].learning_rate, expected[i].learning_rate);
      EXPECT_EQ(reports[i].best, expected[i].best);
    }
  }
}

}  // namespace
}  // namespace trous
