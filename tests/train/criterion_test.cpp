// What chooses the best weights where validation shows no foreground: nnUNet#2530, kraken#581 and
// Project-MONAI/tutorials#1099 kept the first weights for ever, their score 0 being that of nothing.
#include <cmath>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/data/ignore.h>
#include <trous/ops/reduce.h>
#include <trous/train/trainer.h>

#include "core/thrown.h"
#include "layers/toys.h"
#include "train/toys.h"

namespace trous {
namespace {

using Steps = std::vector<std::int64_t>;

// Stripes to train on; one validation image, every pixel of which has this label.
Splits validated_on(std::int32_t label) {
  Splits data = striped();
  data.validation.size = 1;
  data.validation.sample = [label](std::int64_t) {
    return Sample{Tensor::zeros({12, 12, 1}, DType::float32), Tensor::full({12, 12}, DType::int32, label)};
  };
  return data;
}

struct Ended {
  TrainResult result;
  Steps best, stale;
  std::vector<std::optional<double>> scores, losses;
  std::vector<double> rates;
};

// One validation per step: number k calls `columns[k]` columns class 1, the others background.
Ended steered(const std::vector<int>& columns, const Splits& data, TrainOptions options = {}) {
  options.steps = static_cast<std::int64_t>(columns.size());
  options.batch = 4;
  options.validate_every = 1;
  options.loader_threads = 0;
  if (!options.loss) options.class_weights = ClassWeighting::none;
  Ended ended;
  Trainer trainer(steered_net(columns), data, options);
  ended.result = trainer.run({.on_step = [&](const StepReport& r) { ended.rates.push_back(r.learning_rate); },
                              .on_validation =
                                  [&](const ValidationReport& r, const AnyLayer&) {
                                    if (r.best) ended.best.push_back(r.step);
                                    ended.stale.push_back(r.stale);
                                    ended.scores.push_back(r.scores["foreground_iou"]);
                                    ended.losses.push_back(r.validation_loss);
                                  }});
  return ended;
}

// By hand: the logits are 1 for the class that is called and 0 for the two others, and all truth is
// background.
double loss_of(int columns) {
  return (columns * std::log(2 + std::exp(1.0)) + (12 - columns) * std::log(1 + 2 * std::exp(-1.0))) / 12;
}

TEST(Criterion, IsAPropertyOfTheTruthsAndNotOfPredictions) {
  const auto of = [](std::vector<std::int64_t> counts, std::vector<std::int32_t> ignored = {}) {
    return criterion_for(ConfusionMatrix::from_counts(3, std::move(counts), std::move(ignored)));
  };
  EXPECT_EQ(of({5, 0, 0, 0, 0, 0, 1, 0, 0}), Criterion::foreground_iou) << "one pixel, not found";
  EXPECT_EQ(of({5, 7, 7, 0, 0, 0, 0, 0, 0}), Criterion::validation_loss) << "predicted, and never there";
  EXPECT_EQ(of({0, 0, 0, 0, 0, 0, 0, 0, 0}), Criterion::latest);
  EXPECT_EQ(of({0, 0, 0, 0, 0, 0, 0, 0, 3}, {0, 1}), Criterion::foreground_iou);
  EXPECT_EQ(criterion_for(ConfusionMatrix::from_counts(1, {4})), Criterion::validation_loss);
}

TEST(Criterion, HasNames) {
  for (const Criterion& criterion :
       {Criterion::foreground_iou, Criterion::validation_loss, Criterion::latest})
    EXPECT_EQ(parse_criterion(name(criterion)), criterion);
  EXPECT_EQ(name(Criterion::validation_loss), "validation_loss");
  EXPECT_EQ(parse_criterion("accuracy"), Criterion::score("accuracy"));
  for (const char* no_score :
       {"", "2nd", "_iou", "mean iou", "IoU", "mean-iou", "latest", "validation_loss"}) {
    EXPECT_EQ(thrown<ArgumentError>([&] { Criterion::score(no_score); }),
              text("criterion: \"", no_score,
                   "\" is no name of a score. Scores are named by letters a to z, digits and '_', such as "
                   "foreground_iou or accuracy."));
  }
}

TEST(Criterion, AScoreOfWhichLessIsBetterIsRankedThatWay) {
  const Criterion mse = Criterion::score("mse", Better::lower);
  EXPECT_EQ(merit(mse, 0.25, 7), -0.25);
  EXPECT_EQ(merit(Criterion::score("psnr"), 30, 7), 30);
  EXPECT_EQ(merit(mse, std::nullopt, 7), std::nullopt);
  EXPECT_EQ(merit(mse, std::nan(""), 7), std::nullopt) << "a network that gives NaN is never the best";
  EXPECT_TRUE(breaks_tie(mse, 1, 2));
}

// The network that calls less of the background something else is better, though the IoU of class 1 is 0
// where it is called anywhere, and absent where it is not.
TEST(Criterion, nnUNet_2530_WithoutForegroundInValidationTheLossChooses) {
  const std::vector<int> columns{12, 6, 7, 0, 3, 0, 1};
  const Ended ended = steered(columns, validated_on(0));
  EXPECT_EQ(ended.best, (Steps{1, 2, 4}));
  EXPECT_EQ(ended.stale, (Steps{0, 0, 1, 0, 1, 2, 3}));
  EXPECT_EQ(ended.result.best_step, 4);
  EXPECT_EQ(ended.result.chosen_by, Criterion::validation_loss);
  ASSERT_TRUE(ended.result.best_loss);
  EXPECT_NEAR(*ended.result.best_loss, loss_of(0), 1e-6);
  for (std::size_t k = 0; k < columns.size(); ++k) {
    EXPECT_NEAR(ended.losses[k].value(), loss_of(columns[k]), 1e-6);
    EXPECT_EQ(ended.scores[k], columns[k] > 0 ? std::optional(0.0) : std::nullopt);
  }
}

TEST(Criterion, MONAI_tutorials_1099_TheScoreOfNothingIsAbsentAndNotZero) {
  const Ended ended = steered({6, 0}, validated_on(0));
  EXPECT_EQ(ended.result.best_score, std::nullopt);
  Trainer trainer(steered_net({6, 0}), validated_on(0),
                  {.steps = 2, .batch = 4, .class_weights = ClassWeighting::none, .validate_every = 1});
  EXPECT_EQ(trainer.best_info().best_score, std::nullopt) << "before the first validation";
  trainer.run();
  const CheckpointInfo info = trainer.best_info();
  EXPECT_EQ(info.best_score, std::nullopt);
  EXPECT_EQ(info.chosen_by, Criterion::validation_loss);
  EXPECT_NEAR(info.best_loss.value(), loss_of(0), 1e-6);
  EXPECT_EQ(steered({6, 0}, validated_on(1)).result.best_score, 0.5) << "half of class 1 is found";
}

TEST(Criterion, kraken_581_PatienceGoesByTheLoss) {
  TrainOptions options{.patience = 3};
  const Ended ended = steered({12, 9, 6, 6, 7, 9, 0, 0}, validated_on(0), options);
  EXPECT_EQ(ended.stale, (Steps{0, 0, 0, 1, 2, 3}));
  EXPECT_EQ(ended.result.steps, 6);
  EXPECT_EQ(ended.result.best_step, 3);
  EXPECT_EQ(ended.result.stopped_early, text("the last 3 validation losses were no lower than ",
                                             *ended.result.best_loss, ", lowest at step 3"));
  // A column is 1 / 12 of the loss: three of them are less than 0.3, and the reference stays.
  options.min_delta = 0.3;
  const Ended coarse = steered({12, 9, 6, 3, 2, 1, 0, 0, 0}, validated_on(0), options);
  EXPECT_EQ(coarse.stale, (Steps{0, 1, 0, 1, 0, 1, 2, 3}));
  EXPECT_EQ(coarse.best, (Steps{1, 2, 3, 4, 5, 6, 7})) << "the best is kept, by however little";
  EXPECT_EQ(coarse.result.stopped_early, text("the last 3 validation losses were no lower than ",
                                              *coarse.losses[4], " by 0.3, lowest at step 7"));
}

// Falling losses are improvements: the seventh validation cuts nothing, as it would if all scored 0.
TEST(Criterion, ThePlateauGoesByTheLoss) {
  const TrainOptions options{.learning_rate = 0.01, .schedule = Schedule::plateau};
  const Ended falling = steered({12, 11, 10, 9, 8, 7, 6, 5, 4}, validated_on(0), options);
  EXPECT_EQ(falling.rates, std::vector<double>(9, 0.01));
  const Ended flat = steered(std::vector<int>(9, 5), validated_on(0), options);
  EXPECT_EQ(flat.rates, (std::vector<double>{0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.005, 0.005}));
}

TEST(Criterion, WhereNothingCountsTheLatestWeightsAreKept) {
  const TrainOptions options{.learning_rate = 0.01, .schedule = Schedule::plateau, .patience = 2};
  for (const Splits& data : {validated_on(255), ignoring(validated_on(0), 0)}) {
    const Ended ended = steered({5, 0, 12, 3, 5, 5, 5, 5, 5}, data, options);
    EXPECT_EQ(ended.result.chosen_by, Criterion::latest);
    EXPECT_EQ(ended.result.best_step, 9);
    EXPECT_EQ(ended.result.best_score, std::nullopt);
    EXPECT_EQ(ended.result.best_loss, std::nullopt);
    EXPECT_EQ(ended.losses, std::vector<std::optional<double>>(9));
    EXPECT_EQ(ended.result.stopped_early, std::nullopt);
    EXPECT_EQ(ended.rates, std::vector<double>(9, 0.01));
  }
}

// A loss that is no number is no better than any, and worse than any that is one, though it came first.
TEST(Criterion, ALossThatIsNoNumberIsNeverTheBestForLong) {
  const Loss entropy = make_loss("cross-entropy");
  TrainOptions options{.loss = [entropy](const Variable& logits, const Tensor& labels) {
    const Variable loss = entropy(logits, labels);
    const bool all_one =
        sum(logits).value().to_double() == 144 && logits.value().values<float>()[1 + 3 * 11] == 1;
    return all_one ? Variable(Tensor::full({}, DType::float32, std::nan(""))) : loss;
  }};
  const Ended ended = steered({12, 12, 6, 12, 7}, validated_on(0), options);
  EXPECT_EQ(ended.best, (Steps{1, 3}));
  EXPECT_EQ(ended.stale, (Steps{0, 1, 0, 1, 2}));
  options.patience = 2;
  EXPECT_EQ(steered({12, 12, 12, 0}, validated_on(0), options).result.stopped_early,
            "the last 2 validation losses were NaN or infinite");
}

// What is ignored is no foreground that could choose: only class 1 shows, and it does not count.
TEST(Criterion, AnIgnoredClassDoesNotChoose) {
  Splits data = validated_on(1);
  data.validation.sample = [](std::int64_t) {
    std::vector<std::int32_t> half(144);
    for (std::size_t pixel = 0; pixel < 144; ++pixel) half[pixel] = pixel % 12 < 6;
    return Sample{Tensor::zeros({12, 12, 1}, DType::float32), Tensor({12, 12}, half)};
  };
  EXPECT_EQ(steered({12, 6}, data).result.chosen_by, Criterion::foreground_iou);
  const Ended ended = steered({12, 6, 3, 8}, ignoring(data, 1));
  EXPECT_EQ(ended.result.chosen_by, Criterion::validation_loss);
  EXPECT_EQ(ended.best, (Steps{1, 2})) << "with 6, and with 3, all of the six columns that count are right";
}

}  // namespace
}  // namespace trous
