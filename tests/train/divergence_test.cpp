// A run that goes bad stops, says which tensor was first, and leaves the best weights it had.
#include <limits>

#include <gtest/gtest.h>

#include <trous/autograd/record.h>
#include <trous/core/map.h>
#include <trous/layers/network.h>
#include <trous/ops/arithmetic.h>
#include <trous/train/trainer.h>

#include "layers/toys.h"
#include "train/toys.h"

namespace trous {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

/// Passes its input on, but for one infinite element from the training pass number `from` on.
struct Explode {
  int from;
  std::shared_ptr<int> passes = std::make_shared<int>(0);

  Variable operator()(const Variable& x, Pass& pass) const {
    if (pass.is_training()) ++*passes;
    const bool bad = pass.is_training() && *passes >= from;
    return record({"explode", {}, std::string(pass.name_of(this))}, {x},
                  [bad](std::span<const Tensor> in) {
                    std::vector<float> values = in[0].to_vector<float>();
                    if (bad) values[5] = infinity;
                    return Tensor(in[0].shape(), values);
                  },
                  {{Reads::nothing(), [](const Vjp& v) { return v.grad(); }}});
  }
  static void parts(auto&, auto&&) {}
};

Conv2d head(std::int64_t in) {
  return Conv2d{{.in_channels = in, .out_channels = 3, .kernel = 1, .initializer = zeros()}};
}

template <class... Layers>
Sequential made(Layers... layers) {
  Sequential net{layers...};
  initialize(net, Key{1});
  return net;
}

const TrainOptions four_steps{.steps = 4,
                              .batch = 2,
                              .learning_rate = 2e-3,
                              .class_weights = ClassWeighting::none,
                              .average = 0,
                              .validate_every = 1,
                              .quiet = true};

TEST(Divergence, NamesTheFirstBadTensorAndItsLayer) {
  Sequential net = made(Conv2d{{.in_channels = 1, .out_channels = 8}},
                        Sequential{Explode{3}, BatchNorm{{.channels = 8}}}, head(8));
  std::vector<Sequential> best;
  std::vector<std::int64_t> steps;
  const TrainResult result = train(net, striped(), four_steps,
                                   {.on_step = [&](const StepReport& r) { steps.push_back(r.step); },
                                    .on_validation =
                                        [&](const ValidationReport& r, const AnyLayer& now) {
                                          if (r.best) best = {Sequential(std::vector<AnyLayer>{now})};
                                        }});
  EXPECT_EQ(result.diverged,
            "the loss is NaN; the first tensor that went bad is the output of explode f32[2, 12, 12, 8] of "
            "layer 1.0 "
            "at step 3");
  EXPECT_EQ(steps, (std::vector<std::int64_t>{1, 2})) << "the bad step did not count";
  ASSERT_EQ(best.size(), 1u);
  EXPECT_TRUE(same_network(Sequential(std::vector<AnyLayer>{net}), best[0]));
}

TEST(Divergence, InTheFirstStepLeavesTheFirstWeights) {
  Sequential net = made(Explode{1}, Conv2d{{.in_channels = 1, .out_channels = 4}}, head(4));
  const Sequential before = net;
  const TrainResult result = train(net, striped(), four_steps);
  EXPECT_EQ(result.diverged,
            "the loss is NaN; the first tensor that went bad is the output of explode "
            "f32[2, 12, 12, 1] of layer 0 at step 1");
  EXPECT_EQ(result.best_step, 0);
  EXPECT_TRUE(same_network(net, before));
}

TEST(Divergence, ABadWeightIsNamed) {
  Sequential net = made(Conv2d{{.in_channels = 1, .out_channels = 4}}, head(4));
  parameters(net)[0].part->value = Tensor::full({3, 3, 1, 4}, DType::float32, infinity);
  EXPECT_EQ(
      train(net, striped(), four_steps).diverged,
      "the loss is NaN; the first tensor that went bad is the weight 0.filters f32[3, 3, 1, 4] at step 1");
}

TEST(Divergence, BadImagesAreNamed) {
  Splits data = striped();
  data.train.sample = [](std::int64_t) {
    return Sample{Tensor::full({12, 12, 1}, DType::float32, std::numeric_limits<double>::quiet_NaN()),
                  Tensor::ones({12, 12}, DType::int32)};
  };
  Sequential net = made(Conv2d{{.in_channels = 1, .out_channels = 4}}, head(4));
  EXPECT_EQ(train(net, data, four_steps).diverged,
            "the loss is NaN; the first tensor that went bad is the images at step 1");
}

// With a head of zeros every pixel has the loss ln 3, so the cases below have a finite loss.
TEST(Divergence, AGradientThatGoesBadIsNamed) {
  const auto steep = [](const Variable& x) {
    return record({"steep"}, {x}, [](std::span<const Tensor> in) { return in[0]; },
                  {{Reads::nothing(),
                    [](const Vjp& v) { return Variable(Tensor::full(v.shape(0), v.dtype(0), infinity)); }}});
  };
  Sequential net = made(Conv2d{{.in_channels = 1, .out_channels = 8}}, steep, head(8));
  const Sequential before = net;
  EXPECT_EQ(
      train(net, striped(), four_steps).diverged,
      "the loss is 1.09861, but the gradient of 0.filters [3, 3, 1, 8] is not finite at step 1; the first "
      "tensor that went bad is what came into sum_to f32[2, 12, 12, 8], in the rule of broadcast_to")
      << "the rule of steep computes from values, so the next op is the first that is seen";
  EXPECT_TRUE(same_network(net, before));
}

TEST(Divergence, TheFirstOpOfTheBackwardThatGoesBadIsNamed) {
  const auto steep = [](const Variable& x) {
    return record({"steep"}, {x}, [](std::span<const Tensor> in) { return in[0]; },
                  {{Reads::nothing(), [](const Vjp& v) { return v.grad() * 3e38 * 1e9; }}});
  };
  Sequential net = made(Conv2d{{.in_channels = 1, .out_channels = 8}}, steep,
                        Conv2d{{.in_channels = 8, .out_channels = 3}});
  const std::optional<std::string> diverged = train(net, striped(), four_steps).diverged;
  ASSERT_TRUE(diverged);
  EXPECT_NE(diverged->find(
                "but the gradient of 0.filters [3, 3, 1, 8] is not finite at step 1; the first tensor that "
                "went bad is the output of scale f32["),
            std::string::npos)
      << *diverged;
}

TEST(Divergence, AWeightThatOverflowsInTheLastStepIsNamed) {
  Sequential net = made([](const Variable& x) { return x * 1e4; }, head(1));
  const Sequential before = net;
  TrainOptions options = four_steps;
  options.steps = 1;
  options.optimizer = Sgd();
  options.learning_rate = 3e38;
  EXPECT_EQ(train(net, striped(), options).diverged,
            "the loss is 1.09861, but the weight 1.filters [1, 1, 1, 3] is not finite after step 1");
  EXPECT_TRUE(same_network(net, before));
}

// Variance 1e60 is infinite in float32: the batch normalises to zeros, and only evaluation would suffer.
TEST(Divergence, ARunningStatisticThatOverflowsIsNamed) {
  Sequential net = made(
      Conv2d{{.in_channels = 1, .out_channels = 8}}, [](const Variable& x) { return x * 1e30; },
      BatchNorm{{.channels = 8}}, head(8));
  const Sequential before = net;
  EXPECT_EQ(train(net, striped(), four_steps).diverged,
            "the loss is 1.09861, but the statistic 2.running_variance [8] is not finite after step 1");
  EXPECT_TRUE(same_network(net, before));
}

}  // namespace
}  // namespace trous
