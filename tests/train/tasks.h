// Tiny data sets, networks and a task of a user's own, for the tests of tasks.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <trous/core/map.h>
#include <trous/layers/dense.h>
#include <trous/layers/resample.h>
#include <trous/ops/reduce.h>
#include <trous/train/trainer.h>

#include "train/toys.h"

namespace trous {

/// A sum of n terms that are rounded apart differs by at most n units in the last place of their sizes.
inline constexpr double task_rounding = 2000 * 0x1p-53;

/// Images of noise around a random brightness, whose label is the third of 0..1 in which the brightness lies;
/// every fifth label is unknown.
inline Dataset bright_labels(std::int64_t size, std::uint64_t seed) {
  return {.name = "bright labels",
          .classes = {"dark", "grey", "white"},
          .size = size,
          .image_shape = {6, 5, 1},
          .sample =
              [seed](std::int64_t i) {
                const Key key = fold_in(Key{seed}, static_cast<std::uint64_t>(i));
                const double brightness = Random(key).uniform();
                const Tensor image =
                    uniform({6, 5, 1}, DType::float32, key, 0.8 * brightness, 0.2 + 0.8 * brightness);
                return Sample{image,
                              Tensor::full({}, DType::int32, i % 5 == 4 ? 255 : std::floor(3 * brightness))};
              },
          .target = {.name = "class", .role = Role::label}};
}

/// Random images, whose target is the same image twice as dark; with a further image that is 1 - image, which
/// a network takes, and weights that it does not.
inline Dataset darker_images(std::int64_t size, std::uint64_t seed, bool two_inputs = false) {
  const Shape shape{12, 13, 1};
  Dataset set{.name = "darker images",
              .size = size,
              .image_shape = shape,
              .sample =
                  [=](std::int64_t i) {
                    const Key key = fold_in(Key{seed}, static_cast<std::uint64_t>(i));
                    const Tensor image = uniform(shape, DType::float32, key);
                    Sample sample{image, map(image, [](auto x) { return x / 2; })};
                    if (two_inputs) {
                      sample.more = {uniform(shape, DType::float32, fold_in(key, 1), 0.5, 2),
                                     map(image, [](auto x) { return 1 - x; })};
                    }
                    return sample;
                  },
              .target = {.name = "darker", .role = Role::image, .shape = shape}};
  if (two_inputs) {
    set.more = {{.name = "weights", .role = Role::image, .shape = shape},
                {.name = "negative", .role = Role::image, .shape = shape, .input = true}};
  }
  return set;
}

/// Images and two numbers: the mean of the left and of the right half.
inline Dataset half_means(std::int64_t size, std::uint64_t seed) {
  return {.name = "half means",
          .size = size,
          .image_shape = {4, 6, 1},
          .sample =
              [seed](std::int64_t i) {
                const Tensor image =
                    uniform({4, 6, 1}, DType::float32, fold_in(Key{seed}, static_cast<std::uint64_t>(i)));
                std::vector<float> means(2);
                for (std::size_t k = 0; k < 24; ++k) means[k % 6 / 3] += image.values<float>()[k] / 12;
                return Sample{image, Tensor({2}, means)};
              },
          .target = {.name = "means", .role = Role::numbers, .shape = {2}}};
}

/// Scores of a user's own, with no members but the three that are asked for.
class LargestError {
 public:
  void add(const Batch& batch, const Tensor&, const Tensor& prediction) {
    const auto truths = batch.targets.values<float>(), predictions = prediction.values<float>();
    for (std::size_t k = 0; k < truths.size(); ++k) {
      largest_ =
          std::max(largest_, std::abs(static_cast<double>(predictions[k]) - static_cast<double>(truths[k])));
      ++count_;
    }
  }
  std::vector<Score> all() const {
    return {{"count", static_cast<double>(count_)},
            {"largest_error", count_ > 0 ? std::optional(largest_) : std::nullopt}};
  }
  Criterion criterion() const {
    return count_ > 0 ? Criterion::score("largest_error", Better::lower) : Criterion::latest;
  }

 private:
  double largest_ = 0;
  std::int64_t count_ = 0;
};

inline Task own_task() {
  Task task = regression();
  task.name = "largest";
  task.leading = Criterion::score("largest_error", Better::lower);
  task.default_loss = [](const Dataset&, const std::optional<ClassWeights>&) { return make_loss("l1"); };
  task.scores = [](const Dataset&) { return LargestError(); };
  task.baselines = nullptr;
  return task;
}

/// A task with what it is tried on.
struct TaskCase {
  Task task;
  Splits data;
  Sequential net;
};

inline Sequential pooled_net(std::int64_t outputs) {
  Sequential net{Conv2d{{.in_channels = 1, .out_channels = 4}}, BatchNorm{{.channels = 4}},
                 [](const Variable& x) {
                   return mean(relu(x), {1, 2});
                 },
                 Dropout{{.probability = 0.1}}, Dense{{.in_features = 4, .out_features = outputs}}};
  initialize(net, Key{2});
  return net;
}

inline Sequential image_net() {
  Sequential net{Conv2d{{.in_channels = 1, .out_channels = 4}}, BatchNorm{{.channels = 4}},
                 Dropout{{.probability = 0.1}}, Conv2d{{.in_channels = 4, .out_channels = 1, .kernel = 1}}};
  initialize(net, Key{2});
  return net;
}

/// The three tasks of the library, and one of a user's own.
inline std::vector<TaskCase> task_cases() {
  return {
      {segmentation(), striped(), small_net()},
      {classification(), {bright_labels(40, 1), bright_labels(11, 2), bright_labels(7, 3)}, pooled_net(3)},
      {regression(), {darker_images(20, 1), darker_images(5, 2), darker_images(5, 3)}, image_net()},
      {own_task(), {half_means(20, 1), half_means(7, 2), half_means(5, 3)}, pooled_net(2)}};
}

/// A network whose evaluations are chosen: number k gives `of(shape, values[k])`.
struct Scripted {
  std::vector<double> values;
  std::function<Tensor(const Shape&, double)> of;
  std::shared_ptr<std::size_t> asked = std::make_shared<std::size_t>(0);

  Variable operator()(const Variable& x, Pass& pass) const {
    return pass.is_training() ? x : Variable(of(x.shape(), values.at((*asked)++)));
  }
  static void parts(auto&, auto&&) {}
};

}  // namespace trous
