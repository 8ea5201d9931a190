// Scores and losses of tasks beside plain loops in float64; what a checkpoint says of its task.
#include <array>
#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include <trous/core/error.h>
#include <trous/ops/arithmetic.h>

#include "core/thrown.h"
#include "layers/toys.h"
#include "train/tasks.h"

namespace trous {
namespace {

Batch task_batch(const Dataset& set, std::int64_t first, std::int64_t last) {
  std::vector<std::int64_t> indices;
  for (std::int64_t i = first; i < last; ++i) indices.push_back(i);
  return make_batch(set, indices);
}

// The outputs of each sample alone, as float64.
std::vector<std::vector<double>> outputs_of_each(const AnyLayer& net, const Dataset& set) {
  std::vector<std::vector<double>> all;
  for (std::int64_t i = 0; i < set.size; ++i) {
    Pass pass;
    const Variable output = net(inputs_of(task_batch(set, i, i + 1), set.more), pass);
    all.push_back(output.value().cast(DType::float64).to_vector<double>());
  }
  return all;
}

TEST(TaskScores, AccuracyIsTheShareOfLabelsThatCount) {
  const TaskCase of = task_cases()[1];
  const Dataset& set = of.data.validation;
  const auto outputs = outputs_of_each(of.net, set);
  double right = 0, counted = 0, minus_log = 0;
  for (std::int64_t i = 0; i < set.size; ++i) {
    const auto label = set.sample(i).target.item<std::int32_t>();
    if (label == 255) continue;
    const std::vector<double>& z = outputs[static_cast<std::size_t>(i)];
    double sum = 0;
    for (const double one : z) sum += std::exp(one);
    minus_log += std::log(sum) - z[static_cast<std::size_t>(label)];
    right += std::max_element(z.begin(), z.end()) - z.begin() == label;
    ++counted;
  }
  ASSERT_GT(counted, 0);
  ASSERT_LT(counted, set.size);
  for (const std::int64_t batch : {1, 4, 11}) {
    std::vector<std::int32_t> predicted;
    const Evaluation seen = evaluate_with(
        of.net, set,
        {.batch = batch,
         .on_batch = [&](std::int64_t first, const Batch&, const Tensor&, const Tensor& predictions) {
           EXPECT_EQ(first, std::ssize(predicted));
           for (const std::int32_t one : predictions.values<std::int32_t>()) predicted.push_back(one);
         }});
    EXPECT_EQ(seen.scores["accuracy"], right / counted);
    EXPECT_EQ(seen.scores.ranking(), right / counted);
    EXPECT_NEAR(*seen.scores["negative_log_likelihood"], minus_log / counted, 3 * task_rounding);
    for (std::size_t i = 0; i < outputs.size(); ++i)
      EXPECT_EQ(predicted[i], std::max_element(outputs[i].begin(), outputs[i].end()) - outputs[i].begin());
    EXPECT_EQ(seen.scores.confusion()->classes(), 3);
    EXPECT_EQ(seen.scores.calibration().size(), 15U);
    EXPECT_TRUE(seen.scores.pairs().empty());
  }
}

// The similarity of two images [12, 13], window by window.
double task_similarity(const std::vector<double>& truth, const std::vector<double>& prediction) {
  double total = 0, weights = 0;
  const auto weight = [](std::size_t at) {
    const auto row = at / 11, column = at % 11;
    const double i = static_cast<double>(row) - 5, j = static_cast<double>(column) - 5;
    return std::exp(-(i * i + j * j) / 4.5);
  };
  for (std::size_t at = 0; at < 121; ++at) weights += weight(at);
  for (const std::size_t corner : {0, 1, 2, 13, 14, 15}) {
    double t = 0, p = 0, tt = 0, pp = 0, tp = 0;
    for (std::size_t at = 0; at < 121; ++at) {
      const double w = weight(at) / weights;
      const double a = truth[corner + at / 11 * 13 + at % 11],
                   b = prediction[corner + at / 11 * 13 + at % 11];
      t += w * a, p += w * b, tt += w * a * a, pp += w * b * b, tp += w * a * b;
    }
    total += (2 * t * p + 1e-4) * (2 * (tp - t * p) + 9e-4) /
             ((t * t + p * p + 1e-4) * (tt - t * t + pp - p * p + 9e-4));
  }
  return total / 6;
}

TEST(TaskScores, OfImagesAreThoseOfLoops) {
  const TaskCase of = task_cases()[2];
  const Dataset& set = of.data.validation;
  const auto outputs = outputs_of_each(of.net, set);
  double squares = 0, distances = 0, similarity = 0, mean = 0, deviations = 0;
  std::vector<double> truths;
  for (std::int64_t i = 0; i < set.size; ++i) {
    const std::vector<double>& output = outputs[static_cast<std::size_t>(i)];
    const auto truth = set.sample(i).target.cast(DType::float64).to_vector<double>();
    for (std::size_t k = 0; k < truth.size(); ++k) {
      squares += (output[k] - truth[k]) * (output[k] - truth[k]);
      distances += std::abs(output[k] - truth[k]);
      truths.push_back(truth[k]);
    }
    similarity += task_similarity(truth, output) / static_cast<double>(set.size);
  }
  const auto count = static_cast<double>(truths.size());
  for (const double truth : truths) mean += truth / count;
  for (const double truth : truths) deviations += (truth - mean) * (truth - mean);
  const double mse = squares / count;
  for (const std::int64_t batch : {1, 2, 5}) {  // the last batch of two is one
    const Scores scores = evaluate_with(of.net, set, {.batch = batch}).scores;
    EXPECT_NEAR(*scores["mse"], mse, mse * task_rounding);
    EXPECT_EQ(scores.ranking(), scores["mse"]);
    EXPECT_NEAR(*scores["mae"], distances / count, distances / count * task_rounding);
    EXPECT_NEAR(*scores["rmse"], std::sqrt(mse), std::sqrt(mse) * task_rounding);
    EXPECT_NEAR(*scores["r2"], 1 - squares / deviations, squares / deviations * 4 * task_rounding);
    EXPECT_NEAR(*scores["psnr"], -10 * std::log10(mse), 10 * task_rounding);
    // A weighted mean of 121 numbers of size 1, which a division by C2 = 9e-4 enlarges.
    EXPECT_NEAR(*scores["ssim"], similarity, 8 * 121 * 0x1p-53 / 9e-4);
    EXPECT_EQ(scores["accuracy"], std::nullopt);
    EXPECT_EQ(scores.confusion(), std::nullopt);
  }
}

// What a network that halves images gives for tiles cannot be put together to what it gives for the whole.
TEST(TaskScores, OfMasksOfAnotherSizeTakeLargeImagesWhole) {
  const Dataset set{
      .name = "halves",
      .classes = {"dark", "bright"},
      .size = 1,
      .image_shape = {2, 1100, 2},
      .sample =
          [](std::int64_t) {
            return Sample{Tensor::ones({2, 1100, 2}, DType::float32), Tensor::zeros({1, 550}, DType::int32)};
          },
      .target = {.name = "mask", .role = Role::mask, .shape = {1, 550}}};
  const AnyLayer halving = AveragePool2d{{.window = 2, .stride = 2}};
  EXPECT_EQ(evaluate_with(halving, set, {}).scores["pixel_accuracy"], 1);
}

TEST(TaskScores, HaveWhatTheTargetsAllow) {
  const auto names_for = [](const Task& task, const Dataset& set) {
    std::vector<std::string> names;
    for (const Score& score : task.scores(set).all()) {
      names.push_back(score.name);
      EXPECT_EQ(score.value.value_or(0), 0) << score.name << " of nothing";
      EXPECT_EQ(score.value.has_value(), score.name == "count") << score.name;
      EXPECT_NO_THROW(Criterion::score(score.name));
    }
    EXPECT_EQ(task.scores(set).criterion(), Criterion::latest);
    EXPECT_EQ(task.scores(set).ranking(), std::nullopt);
    return names;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(names_for(segmentation(), stripes(1, 1)),
            (Names{"mean_iou", "foreground_iou", "pixel_accuracy"}));
  EXPECT_EQ(names_for(classification(), bright_labels(1, 1)),
            (Names{"accuracy", "mean_class_accuracy", "negative_log_likelihood", "brier",
                   "expected_calibration_error"}));
  Dataset six = bright_labels(1, 1);
  six.classes = {"a", "b", "c", "d", "e", "f"};
  EXPECT_EQ(names_for(classification(), six)[1], "top_accuracy");
  EXPECT_EQ(names_for(regression(), half_means(1, 1)), (Names{"mse", "mae", "r2", "rmse"}));
  EXPECT_EQ(names_for(regression(), darker_images(1, 1)),
            (Names{"mse", "psnr", "ssim", "mae", "r2", "rmse"}));
  Dataset small = darker_images(1, 1);
  small.target.shape = {10, 13, 1};
  EXPECT_EQ(names_for(regression(), small), (Names{"mse", "psnr", "mae", "r2", "rmse"}));
  EXPECT_EQ(names_for(own_task(), half_means(1, 1)), (Names{"count", "largest_error"}));
  const Scores own = own_task().scores(half_means(1, 1));
  EXPECT_TRUE(own.confusion() == std::nullopt && own.calibration().empty() && own.pairs().empty());
  EXPECT_NE(thrown<Error>([&] { own.as<SegmentationScores>(); }).find("but those of another task."),
            std::string::npos);
}

TEST(TaskScores, PairsAreEvenlyOverAllThatWasAdded) {
  const Dataset set = half_means(1, 1);
  for (const std::int64_t count : {1, 999, 1000, 1001, 2001, 2002, 7000}) {
    std::int64_t stride = 1;
    while ((count + stride - 1) / stride > 1000) stride *= 2;
    std::vector<TruthAndPrediction> expected;
    for (std::int64_t i = 0; i < count; i += stride)
      expected.push_back({static_cast<double>(i), static_cast<double>(-i)});
    ASSERT_LE(expected.size(), 1000U);
    for (const std::int64_t part : {std::int64_t{1}, std::int64_t{37}, count}) {
      RegressionTaskScores scores(set);
      for (std::int64_t first = 0; first < count; first += part) {
        std::vector<float> truth, prediction;
        for (std::int64_t i = first; i < std::min(count, first + part); ++i) {
          truth.push_back(static_cast<float>(i));
          prediction.push_back(static_cast<float>(-i));
        }
        const Shape shape{std::ssize(truth)};
        scores.add({.images = Tensor::zeros(shape, DType::float32), .targets = Tensor(shape, truth)},
                   Tensor(shape, prediction), Tensor(shape, prediction));
      }
      EXPECT_EQ(scores.pairs(), expected) << count << " elements, " << part << " at a time";
    }
  }
}

// A loss may read all tensors of the samples, and the network those that are inputs.
TEST(TaskLoss, OfABatchReadsWhatTheSamplesHold) {
  const Dataset set = darker_images(6, 1, true);
  const Batch batch = task_batch(set, 0, 6);
  const std::vector<Variable> inputs = inputs_of(batch, set.more);
  ASSERT_EQ(inputs.size(), 2U);
  EXPECT_TRUE(same_bits(inputs[0].value(), batch.images));
  EXPECT_TRUE(same_bits(inputs[1].value(), batch.more[1]));
  const Loss weighted = [](const Variable& output, const Batch& b) {
    return mean(b.more[0] * (output - b.targets) * (output - b.targets));
  };
  // a - b / 2 is image - (1 - image) / 2.
  const AnyLayer net = [](const Variable& a, const Variable& b) { return a - 0.5 * b; };
  double expected = 0;
  for (std::int64_t i = 0; i < 6; ++i) {
    const Sample sample = set.sample(i);
    for (std::size_t k = 0; k < 156; ++k) {
      const auto x = static_cast<double>(sample.image.values<float>()[k]);
      const double error = x - (1 - x) / 2 - x / 2;
      expected += static_cast<double>(sample.more[0].values<float>()[k]) * error * error / (6 * 156);
    }
  }
  for (const std::int64_t size : {1, 4, 6}) {
    // Each square is rounded to float32 a few times, and so is each sum of at most 936 of them.
    const Evaluation seen = evaluate_with(net, set, {.batch = size, .loss = weighted});
    EXPECT_NEAR(seen.loss.value(), expected, 32 * expected * 0x1p-24);
  }
  EXPECT_EQ(thrown<ArgumentError>([&] { weighted(inputs[0], batch.targets); }),
            "loss: this loss reads whole batches. Give it the Batch, not its targets alone.");
  EXPECT_EQ(thrown<ArgumentError>([&] { Loss()(inputs[0], batch); }),
            "loss: there is no loss. Give a function of outputs and targets.");
  EXPECT_TRUE(weighted && !Loss(nullptr));
}

TEST(TaskLoss, NamesAreThoseOfTheTargets) {
  using Names = std::vector<std::string_view>;
  const Names masks = loss_names_for(Role::mask), labels = loss_names_for(Role::label);
  EXPECT_EQ(masks, (Names{"cross-entropy", "dice", "focal", "cross-entropy+dice", "bce", "tversky", "lovasz",
                          "cross-entropy+boundary"}));
  EXPECT_EQ(labels, (Names{masks.begin(), masks.end() - 1}));
  for (const Role role : {Role::image, Role::points, Role::numbers})
    EXPECT_EQ(loss_names_for(role), (Names{"mse", "l1", "huber"}));
  const Batch labelled = task_batch(bright_labels(5, 1), 0, 5);
  for (const std::string_view name : labels)
    EXPECT_TRUE(std::isfinite(make_loss(name)(Variable(numbers({5, 3}, 1)), labelled).value().to_double()))
        << name;
}

// The metadata of checkpoints of segmentation, as it was before there were tasks.
TEST(TaskCheckpoint, SaysOnlyWhatDiffersFromSegmentation) {
  const std::string head =
      R"({"network":"","classes":[],"data":"","seed":"0","step":0,"steps":400,"best_step":0,)";
  const auto told = [](const TaskCase& of) {
    return Trainer(of.net, of.data, {.task = of.task}).state().metadata.at("trous");
  };
  const std::vector<TaskCase> cases = task_cases();
  const std::string untrained = head + R"("chosen_by":"foreground_iou","best_loss":null,"best_score":null)";
  EXPECT_EQ(told(cases[0]), untrained + "}");
  EXPECT_EQ(told(cases[1]), untrained + R"(,"task":"classification"})");
  EXPECT_EQ(told(cases[3]), untrained + R"(,"task":"largest"})");
  CheckpointInfo info{.task = "regression",
                      .steps = 400,
                      .chosen_by = Criterion::score("mse", Better::lower),
                      .best_score = 0.25};
  const auto metadata = to_metadata(info);
  EXPECT_EQ(
      metadata.at("trous"),
      head + R"("chosen_by":"mse","best_loss":null,"best_score":0.25,"better":"lower","task":"regression"})");
  const CheckpointInfo read = checkpoint_info("f", {.tensors = {}, .metadata = metadata});
  EXPECT_EQ(read.task, "regression");
  EXPECT_EQ(read.chosen_by, info.chosen_by);
  EXPECT_EQ(read.chosen_by.better(), Better::lower);
  info.chosen_by = Criterion::score("accuracy");
  EXPECT_EQ(to_metadata(info).at("trous").find("better"), std::string::npos);
  EXPECT_EQ(checkpoint_info("f", {.tensors = {}, .metadata = to_metadata(info)}).chosen_by.better(),
            Better::higher);
}

}  // namespace
}  // namespace trous
