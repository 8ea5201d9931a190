// The memory of a training and of a prediction is known before it is taken: forecasts are compared with the
// peaks that are measured.
#include <memory>
#include <string>
#include <tuple>

#include <gtest/gtest.h>

#include <trous/core/storage.h>
#include <trous/layers/named_networks.h>
#include <trous/layers/network.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/reduce.h>
#include <trous/train/evaluate.h>
#include <trous/train/memory.h>
#include <trous/train/trainer.h>

#include "core/thrown.h"
#include "train/memory_peaks.h"
#include "train/toys.h"

namespace trous {
namespace {

// Noise, and labels of all classes.
Dataset noise(const Shape& images, std::int64_t classes) {
  std::vector<std::string> names;
  for (std::int64_t c = 0; c < classes; ++c) names.push_back(std::to_string(c));
  return {.name = "noise",
          .source = "the tests",
          .classes = names,
          .size = images[0],
          .image_shape = {images[1], images[2], images[3]},
          .sample = [=](std::int64_t index) {
            Random random(fold_in(Key{5}, static_cast<std::uint64_t>(index)));
            Tensor image = Tensor::uninitialized({images[1], images[2], images[3]}, DType::float32);
            Tensor mask = Tensor::uninitialized({images[1], images[2]}, DType::int32);
            for (float& value : image.mutable_values<float>()) value = static_cast<float>(random.uniform());
            for (std::int32_t& label : mask.mutable_values<std::int32_t>())
              label = static_cast<std::int32_t>(random.below(classes));
            return Sample{image, mask};
          }};
}

std::int64_t measured_training(const AnyLayer& net, const Shape& images, std::int64_t classes,
                               const TrainOptions& options) {
  return peak_of_training(net, noise(images, classes), options);
}

class NetworkMemory : public testing::TestWithParam<Shape> {};

AnyLayer built(const NamedNetwork& network, std::int64_t channels) {
  AnyLayer net = network.build({.in_channels = channels, .classes = 4}).layer;
  initialize(net, Key{1});
  return net;
}

// Batch, height, width, channels. Only the first has extents that the strides of all networks divide.
INSTANTIATE_TEST_SUITE_P(Sizes, NetworkMemory,
                         testing::Values(Shape{2, 64, 96, 1}, Shape{1, 41, 67, 3}, Shape{5, 97, 130, 1},
                                         Shape{3, 150, 75, 3}, Shape{1, 256, 199, 1}),
                         [](const auto& info) {
                           const Shape& s = info.param;
                           return text(s[0], 'x', s[1], 'x', s[2], 'x', s[3]);
                         });

TEST_P(NetworkMemory, pytorch_rfcs_108_OfATrainingIsKnownBeforehand) {
  for (const NamedNetwork& network : named_networks()) {
    if (!network.per_pixel) continue;  // the data are masks; of others see memory_roles_test.cpp
    const AnyLayer net = built(network, GetParam()[3]);
    const std::int64_t predicted = training_memory(net, GetParam(), no_batches_ahead).at(GetParam()).storage;
    expect_ratio_near_1(predicted, measured_training(net, GetParam(), 4, no_batches_ahead),
                        std::string(network.name));
  }
}

TEST_P(NetworkMemory, mxnet_14888_OfAPredictionIsKnownBeforehand) {
  for (const NamedNetwork& network : named_networks()) {
    if (!network.per_pixel) continue;  // the data are masks; of others see memory_roles_test.cpp
    const AnyLayer net = built(network, GetParam()[3]);
    const std::int64_t predicted = predicted_memory(net, GetParam(), false).storage;
    const std::int64_t peak = peak_of([&] { predict(net, Tensor::full(GetParam(), DType::float32, 0.25)); });
    expect_ratio_near_1(predicted, peak, std::string(network.name));
  }
}

TEST_P(NetworkMemory, OfAnEvaluationIsKnownBeforehand) {
  const Loss loss = make_loss("cross-entropy+dice");
  for (const NamedNetwork& network : named_networks()) {
    if (!network.per_pixel) continue;  // the data are masks; of others see memory_roles_test.cpp
    const AnyLayer net = built(network, GetParam()[3]);
    const std::int64_t predicted = evaluation_memory(net, GetParam(), loss).at(GetParam()).storage;
    const Dataset data = noise(GetParam(), 4);
    const std::int64_t peak =
        peak_of([&] { evaluate_with(net, data, {.batch = GetParam()[0], .loss = loss}); });
    expect_ratio_near_1(predicted, peak, std::string(network.name));
  }
}

TEST(MemoryForecast, OneForecastIsForAllSizes) {
  const AnyLayer net = built(named_networks()[0], 1);
  const MemoryForecast forecast = training_memory(net, {4, 96, 96, 1}, no_batches_ahead);
  for (const Shape& images : {Shape{1, 96, 96, 1}, Shape{9, 64, 128, 1}, Shape{2, 160, 224, 1}}) {
    expect_ratio_near_1(forecast.at(images).storage, measured_training(net, images, 4, no_batches_ahead),
                        text(images));
  }
}

// Of whole images and of images in tiles.
TEST(EvaluationMemory, OfEveryNamedNetworkIsKnownBeforehand) {
  for (const NamedNetwork& network : named_networks()) {
    if (!network.per_pixel) continue;  // the data are masks; of others see memory_roles_test.cpp
    const AnyLayer net = built(network, 2);
    for (const Shape& images : {Shape{3, 90, 120, 2}, Shape{2, 1100, 700, 2}}) {
      const Loss loss = make_loss("cross-entropy");
      const Dataset data = noise(images, 4);
      const std::int64_t predicted = EvaluationMemory(net, images, loss).resident(images[0]);
      const std::int64_t peak =
          peak_of([&] { evaluate_with(net, data, {.batch = images[0], .loss = loss}); });
      EXPECT_GE(predicted, 0.9 * static_cast<double>(peak)) << network.name << ' ' << images;
      EXPECT_LE(predicted, 1.3 * static_cast<double>(peak)) << network.name << ' ' << images;
    }
  }
}

// Losses, optimizers, averages and frozen parts change what a step keeps.
TEST(MemoryForecast, CountsWhatTheOptionsAdd) {
  const AnyLayer net = built(named_networks()[1], 1);
  const Shape images{2, 70, 90, 1};
  const std::vector<TrainOptions> all{
      {.optimizer = make_optimizer("sgd"), .loss = make_loss("dice"), .average = 0, .loader_threads = 0},
      {.loss = make_loss("focal"), .clip_norm = 1, .loader_threads = 0},
      {.accumulate = 4, .optimizer = make_optimizer("rmsprop"), .loader_threads = 0},
      {.optimizer = make_optimizer("lamb"), .loss = make_loss("bce"), .loader_threads = 0},
      {.optimizer = make_optimizer("lion"), .loss = make_loss("tversky"), .loader_threads = 0},
      {.loss = make_loss("lovasz"), .loader_threads = 0},
      {.loss = make_loss("cross-entropy+boundary", std::nullopt, 0.1), .loader_threads = 0},
      {.loss = make_loss("cross-entropy+dice"),
       .groups = {{.path = "stem", .frozen = true}},
       .loader_threads = 0}};
  for (const TrainOptions& options : all) {
    expect_ratio_near_1(training_memory(net, images, options).at(images).storage,
                        measured_training(net, images, 4, options), options.optimizer.description());
  }
}

// A network of 4 MB of weights on images of 8 x 8 pixels: weights, their best copies, moments, average and
// gradients are nearly all of its memory.
TEST(MemoryForecast, CountsTheWeightsAndTheirCompanions) {
  Sequential net{Conv2d{{.in_channels = 1, .out_channels = 1024, .kernel = 1}},
                 Conv2d{{.in_channels = 1024, .out_channels = 1024, .kernel = 1}},
                 Conv2d{{.in_channels = 1024, .out_channels = 3, .kernel = 1}}};
  initialize(net, Key{1});
  const Shape images{1, 8, 8, 1};
  const MemoryForecast forecast = training_memory(net, images, no_batches_ahead);
  expect_ratio_near_1(forecast.at(images).storage, measured_training(net, images, 3, no_batches_ahead),
                      "weights");
  EXPECT_GT(forecast.at({0, 8, 8, 1}).storage, 5 * 4 * 1024 * 1024);
}

// A mean over all pixels leaves one value of a channel for each image.
TEST(MemoryForecast, OfANetworkWithAMeanOverTheImage) {
  Sequential net{Conv2d{{.in_channels = 1, .out_channels = 6, .kernel = 3}},
                 [](const Variable& x) {
                   return x + mean(x, {1, 2}, true);
                 },
                 Conv2d{{.in_channels = 6, .out_channels = 3, .kernel = 1}}};
  initialize(net, Key{1});
  const Shape images{3, 120, 77, 1};
  expect_ratio_near_1(training_memory(net, images, no_batches_ahead).at(images).storage,
                      measured_training(net, images, 3, no_batches_ahead), "mean");
}

TEST(MemoryForecast, GrowsWithTheBatch) {
  const MemoryForecast forecast = prediction_memory(built(named_networks()[2], 1), {1, 50, 60, 1});
  const std::int64_t one = forecast.at({1, 50, 60, 1}).storage, two = forecast.at({2, 50, 60, 1}).storage;
  EXPECT_GT(two, one);
  EXPECT_NEAR(static_cast<double>(forecast.at({10, 50, 60, 1}).storage),
              static_cast<double>(one + 9 * (two - one)), static_cast<double>(two - one) / 100);
}

TEST(MemoryForecast, CountsTheBatchesAhead) {
  const AnyLayer net = built(named_networks()[0], 1);
  const Shape images{2, 40, 50, 1};
  const auto with = training_memory(net, images, {.loader_threads = 1}).at(images);
  const auto without = training_memory(net, images, {.loader_threads = 0}).at(images);
  EXPECT_EQ(with.storage - without.storage, 4 * 2 * 40 * 50 * (4 + 4));
}

// First fit leaves gaps between large buffers, and none between small ones.
TEST(MemoryForecast, ResidentMemoryHasTheGapsOfLargeBuffers) {
  const MemoryForecast forecast = training_memory(built(named_networks()[2], 1), {1, 512, 512, 1});
  const PredictedMemory large = forecast.at({1, 512, 512, 1}), small = forecast.at({1, 64, 64, 1});
  EXPECT_GT(large.resident, large.storage * 21 / 20);
  EXPECT_LT(large.resident, large.storage * 3 / 2);
  EXPECT_EQ(small.resident, small.storage);
}

TEST(MemoryForecast, OfOpsThatDependOnTheSizeIsNotKnown) {
  const AnyLayer net = [](const Variable& x) { return x.shape()[1] > 40 ? relu(relu(x)) : relu(x); };
  EXPECT_EQ(thrown<ArgumentError>([&] {
              prediction_memory(net, {1, 64, 64, 1});
            }),
            "memory: of images of 32x32 and of sizes up to 64x64, the work does not do the same ops, so its "
            "memory at another size is not known. Measure it: storage_peak().");
}

TEST(MemoryForecast, PredictedMemoryIsThatOfTheDefaultOptions) {
  const AnyLayer net = built(named_networks()[0], 1);
  const Shape images{2, 40, 50, 1};
  EXPECT_EQ(predicted_memory(net, images, true).storage, training_memory(net, images).at(images).storage);
  EXPECT_EQ(predicted_memory(net, images, false).storage, prediction_memory(net, images).at(images).storage);
}

TEST(MemoryForecast, DoesNotRunAtTheRealSize) {
  const AnyLayer net = built(named_networks()[0], 1);
  const Shape images{64, 8192, 8192, 1};
  std::int64_t predicted = 0;
  const std::int64_t taken = peak_of([&] { predicted = predicted_memory(net, images, true).storage; });
  EXPECT_LT(taken, 100'000'000);
  EXPECT_GT(predicted, 1'000'000'000'000);
}

TEST(MemoryForecast, LeavesNoMemoryInUse) {
  const AnyLayer net = built(named_networks()[0], 1);
  const std::int64_t before = live_storage().bytes;
  predicted_memory(net, {1, 40, 40, 1}, true);
  EXPECT_EQ(live_storage().bytes, before);
}

TEST(MemoryForecast, RefusesWhatIsNoBatchOfImages) {
  const AnyLayer net = built(named_networks()[0], 1);
  EXPECT_EQ(thrown<ShapeError>([&] {
              predicted_memory(net, {40, 40, 1}, false);
            }),
            "memory: images have shape [40, 40, 1]. Give [batch, height, width, channels].");
}

TEST(MemoryForecast, ThrowsWhatTheNetworkThrowsForImagesThatAreTooSmall) {
  const AnyLayer net = built(named_networks()[2], 1);
  EXPECT_THROW(predicted_memory(net, {1, 20, 500, 1}, false), ShapeError);
}

}  // namespace
}  // namespace trous
