// The memory of trainings on labels, numbers and images is known before it is taken, as that of masks is.
#include <string>

#include <gtest/gtest.h>

#include <trous/layers/dense.h>
#include <trous/layers/named_networks.h>
#include <trous/layers/network.h>
#include <trous/train/evaluate.h>
#include <trous/train/memory.h>

#include "core/thrown.h"
#include "train/memory_peaks.h"

namespace trous {
namespace {

// What a network of four outputs learns from images of this shape.
Dataset noise_with(const Shape& images, Role role) {
  const Shape image{images[1], images[2], images[3]};
  const Shape target = role == Role::label   ? Shape{}
                       : role == Role::image ? Shape{images[1], images[2], 4}
                                             : Shape{4};
  return {.name = "noise",
          .source = "the tests",
          .classes =
              role == Role::label ? std::vector<std::string>{"a", "b", "c", "d"} : std::vector<std::string>(),
          .size = images[0],
          .image_shape = image,
          .sample =
              [=](std::int64_t index) {
                Random random(fold_in(Key{5}, static_cast<std::uint64_t>(index)));
                const auto drawn = [&](const Shape& shape) {
                  Tensor result = Tensor::uninitialized(shape, DType::float32);
                  for (float& value : result.mutable_values<float>())
                    value = static_cast<float>(random.uniform());
                  return result;
                };
                Tensor pixels = drawn(image);
                if (role != Role::label) return Sample{pixels, drawn(target)};
                return Sample{pixels, Tensor({}, std::vector{static_cast<std::int32_t>(random.below(4))})};
              },
          .target = {.name = "target", .role = role, .shape = target}};
}

AnyLayer four_outputs(const NamedNetwork& network, std::int64_t channels) {
  AnyLayer net = network.build({.in_channels = channels, .classes = 4}).layer;
  initialize(net, Key{1});
  return net;
}

bool suits(const NamedNetwork& network, Role role) { return network.per_pixel == lies_on_pixels(role); }

class RoleMemory : public testing::TestWithParam<std::tuple<Role, Shape>> {
 protected:
  // Calls `check` with each network that can learn the role.
  template <class Check>
  void for_each_network(const Check& check) const {
    int checked = 0;
    for (const NamedNetwork& network : named_networks()) {
      if (!suits(network, role_)) continue;
      check(four_outputs(network, images_[3]), std::string(network.name));
      ++checked;
    }
    EXPECT_GE(checked, 1);
  }

  const Role role_ = std::get<0>(GetParam());
  const Shape images_ = std::get<1>(GetParam());
};

INSTANTIATE_TEST_SUITE_P(Roles, RoleMemory,
                         testing::Combine(testing::Values(Role::label, Role::numbers, Role::image),
                                          testing::Values(Shape{2, 64, 96, 1}, Shape{1, 41, 67, 3},
                                                          Shape{5, 97, 130, 1}, Shape{3, 150, 75, 3})),
                         [](const auto& info) {
                           const Shape& s = std::get<1>(info.param);
                           return text(name(std::get<0>(info.param)), '_', s[0], 'x', s[1], 'x', s[2], 'x',
                                       s[3]);
                         });

TEST_P(RoleMemory, OfATrainingIsKnownBeforehand_slow) {
  for_each_network([&](const AnyLayer& net, const std::string& name) {
    const auto predicted = training_memory(net, images_, no_batches_ahead, role_).at(images_);
    expect_ratio_near_1(predicted.storage,
                        peak_of_training(net, noise_with(images_, role_), no_batches_ahead), name);
  });
}

TEST_P(RoleMemory, OfAnEvaluationIsKnownBeforehand_slow) {
  const Loss loss = make_loss(role_ == Role::label ? "cross-entropy" : "l1");
  for_each_network([&](const AnyLayer& net, const std::string& name) {
    const auto predicted = evaluation_memory(net, images_, loss, role_).at(images_);
    const Dataset data = noise_with(images_, role_);
    expect_ratio_near_1(predicted.storage,
                        peak_of([&] { evaluate_with(net, data, {.batch = images_[0], .loss = loss}); }),
                        name);
  });
}

TEST(MemoryOfRoles, OneForecastIsForAllSizesAndBatches) {
  for (const NamedNetwork& network : named_networks()) {
    if (network.per_pixel) continue;
    const AnyLayer net = four_outputs(network, 1);
    const MemoryForecast forecast = training_memory(net, {4, 96, 96, 1}, no_batches_ahead, Role::label);
    EXPECT_TRUE(forecast.any_size());
    for (const Shape& images : {Shape{2, 96, 96, 1}, Shape{9, 64, 128, 1}, Shape{2, 160, 224, 1}}) {
      expect_ratio_near_1(forecast.at(images).storage,
                          peak_of_training(net, noise_with(images, Role::label), no_batches_ahead),
                          text(images));
    }
  }
}

// Of images in tiles, and of labels of images that are as large and have none.
TEST(MemoryOfRoles, OfLargeImagesIsKnownBeforehand_slow) {
  const Shape images{2, 1100, 700, 2};
  for (const Role role : {Role::label, Role::image}) {
    for (const NamedNetwork& network : named_networks()) {
      if (!suits(network, role)) continue;
      const AnyLayer net = four_outputs(network, 2);
      const Dataset data = noise_with(images, role);
      const std::int64_t predicted = EvaluationMemory(net, images, nullptr, role).resident(images[0]);
      const std::int64_t peak = peak_of([&] { evaluate_with(net, data, {.batch = images[0]}); });
      EXPECT_GE(predicted, 0.9 * static_cast<double>(peak)) << network.name;
      EXPECT_LE(predicted, 1.3 * static_cast<double>(peak)) << network.name;
    }
  }
}

// A layer that reads all pixels fixes their number.
AnyLayer of_one_size(std::int64_t height, std::int64_t width) {
  Sequential net{Conv2d{{.in_channels = 1, .out_channels = 4, .kernel = 3}}, Flatten{},
                 Dense{{.in_features = 4 * height * width, .out_features = 4}}};
  initialize(net, Key{1});
  return net;
}

TEST(MemoryOfRoles, OfANetworkThatTakesOneSize) {
  for (const Shape& images : {Shape{7, 28, 28, 1}, Shape{3, 100, 72, 1}}) {
    const AnyLayer net = of_one_size(images[1], images[2]);
    const MemoryForecast forecast = training_memory(net, images, no_batches_ahead, Role::label);
    EXPECT_FALSE(forecast.any_size());
    for (const std::int64_t batch : {std::int64_t{2}, images[0]}) {
      const Shape some{batch, images[1], images[2], 1};
      expect_ratio_near_1(forecast.at(some).storage,
                          peak_of_training(net, noise_with(some, Role::label), no_batches_ahead), text(some));
    }
  }
}

TEST(MemoryOfRoles, OfANetworkThatTakesOneSizeIsThatOfNoOther) {
  const MemoryForecast forecast = training_memory(of_one_size(28, 28), {4, 28, 28, 1}, {}, Role::label);
  EXPECT_EQ(thrown<ShapeError>([&] {
              forecast.at({4, 28, 60, 1});
            }),
            "memory: the network takes images of 28x28 alone, and is asked for 28x60. Ask for their size.");
}

TEST(MemoryOfRoles, BatchesAheadHoldTheTargetsOfTheirRole) {
  const Shape images{2, 40, 50, 1};
  for (const Role role : {Role::label, Role::numbers, Role::image}) {
    for (const NamedNetwork& network : named_networks()) {
      if (!suits(network, role)) continue;
      const AnyLayer net = four_outputs(network, 1);
      const auto with = training_memory(net, images, {.loader_threads = 1}, role).at(images);
      const auto without = training_memory(net, images, {.loader_threads = 0}, role).at(images);
      const std::int64_t target = noise_with(images, role).target.shape.elements();
      EXPECT_EQ(with.storage - without.storage, 4 * 2 * (40 * 50 + target) * 4) << network.name;
    }
  }
}

TEST(MemoryOfRoles, RefusesOutputsThatAreNoneOfTheRole) {
  const auto refused = [](const AnyLayer& net, Role role) {
    return thrown<ShapeError>([&] { training_memory(net, {2, 32, 32, 1}, {}, role); });
  };
  Conv2d of_pixels{{.in_channels = 1, .out_channels = 4, .kernel = 3}};
  initialize(of_pixels, Key{1});
  EXPECT_EQ(refused(of_pixels, Role::label),
            "memory: the network gives [2, 32, 32, 4] for images [2, 32, 32, 1]. Its last layer must give "
            "[batch, classes].");
  const AnyLayer of_images = of_one_size(32, 32);
  EXPECT_EQ(refused(of_images, Role::mask),
            "memory: the network gives [2, 4] for images [2, 32, 32, 1]. Its last layer must give [batch, "
            "height, width, classes].");
  EXPECT_EQ(refused(of_images, Role::image),
            "memory: the network gives [2, 4] for images [2, 32, 32, 1]. Its last layer must give [batch, "
            "height, width, channels].");
}

}  // namespace
}  // namespace trous
