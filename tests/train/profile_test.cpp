// A profile counts what ran, adds up to the steps, and finds the op at which memory was highest.
#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include <trous/autograd/grad.h>
#include <trous/autograd/record.h>
#include <trous/core/storage.h>
#include <trous/layers/network.h>
#include <trous/ops/pointwise.h>
#include <trous/ops/reshape.h>
#include <trous/train/profile.h>

#include "train/toys.h"

namespace trous {
namespace {

// An op on float64 whose forward takes `scratch` bytes and gives `elements` numbers.
Variable takes(const Variable& x, std::size_t scratch, std::int64_t elements, const std::string& kind,
               const std::string& name = {}, std::size_t scratch_of_rule = 0) {
  return record({.kind = kind, .name = name}, {x},
                [=](std::span<const Tensor>) {
                  const Storage memory(scratch);
                  return Tensor::zeros({elements}, DType::float64);
                },
                {Rule(Reads::nothing(), [=](const Vjp& v) {
                  return takes(v.grad(), scratch_of_rule, v.shape(0).elements(), kind + "_grad");
                })});
}

Variable start() { return track(Tensor::zeros({1000}, DType::float64)); }

const OpProfile& op_of(const StepProfile& profile, StepPhase phase, const std::string& kind) {
  static const OpProfile none;
  for (const OpProfile& op : profile.ops) {
    if (op.phase == phase && op.kind == kind) return op;
  }
  ADD_FAILURE() << "no " << kind;
  return none;
}

TEST(StepProfiler, FindsTheOpWhoseScratchMakesThePeak) {
  const Variable x = start();
  StepProfiler profiler;
  profiler.begin(StepPhase::forward);
  {
    Variable a = takes(x.value(), 0, 1000, "a");
    Variable b = takes(a, 5000, 1000, "b", "middle");  // 8000 of a, 5000, 8000 of its result
    takes(b, 0, 500, "c");
  }
  profiler.end_step();
  const MemoryPeak peak = profiler.profile().memory;
  EXPECT_EQ(peak.before, live_storage().bytes);
  EXPECT_EQ(peak.added, 21000);
  EXPECT_EQ(peak.phase, StepPhase::forward);
  EXPECT_EQ(peak.kind, "b");
  EXPECT_EQ(peak.layer, "middle");
}

TEST(StepProfiler, ALaterOpMayStandHigherAndTheStepThatNeedsMostCounts) {
  const Variable x = start();
  StepProfiler profiler;
  for (const std::int64_t elements : {100, 700, 200}) {
    profiler.begin(StepPhase::forward);
    {
      const Variable a = takes(x.value(), 0, 1000, "a");
      const Variable b = takes(a, 5000, 1000, "b");
      takes(b, 0, elements, elements == 700 ? "most" : "less");  // 16000, 8 elements
    }
    profiler.end_step();
  }
  const MemoryPeak peak = profiler.profile().memory;
  EXPECT_EQ(peak.added, 16000 + 5600);
  EXPECT_EQ(peak.kind, "most");
}

TEST(StepProfiler, FindsAPeakInARuleAndOutsideOps) {
  const Variable x = start();
  StepProfiler profiler;
  profiler.begin(StepPhase::forward);
  Variable y = takes(x, 0, 1, "a", "layer", 50000);
  profiler.begin(StepPhase::backward);
  const std::vector<Variable> gradients = grad(y, {x});
  profiler.end_step();
  StepProfile profile = profiler.profile();
  EXPECT_EQ(profile.memory.phase, StepPhase::backward);
  EXPECT_EQ(profile.memory.kind, "a_grad");
  EXPECT_EQ(profile.memory.layer, "layer") << "whose rule it is";
  EXPECT_EQ(profile.memory.added, 8 + 8 + 50000 + 8000) << "y, the seed, scratch, the gradient";

  profiler.begin(StepPhase::update);
  { const Storage moments(90000); }
  profiler.end_step();
  profile = profiler.profile();
  EXPECT_EQ(profile.memory.added, 90000);
  EXPECT_EQ(profile.memory.phase, StepPhase::update);
  EXPECT_EQ(profile.memory.kind, "");
  EXPECT_EQ(profile.memory.layer, "");
}

TEST(StepProfiler, CountsNothingBetweenSteps) {
  StepProfiler profiler;
  relu(start());
  profiler.begin(StepPhase::forward);
  relu(start());
  profiler.end_step();
  relu(start());
  const Storage after(100000);
  profiler.end_step();
  const StepProfile profile = profiler.profile();
  ASSERT_EQ(profile.seconds.size(), 1u);
  ASSERT_EQ(profile.ops.size(), 1u);
  EXPECT_EQ(profile.ops[0].calls, 1);
  EXPECT_LT(profile.memory.added, 100000);
  profiler.clear();
  EXPECT_TRUE(profiler.profile().seconds.empty());
  EXPECT_TRUE(profiler.profile().ops.empty());
}

TEST(StepProfiler, AStepThatDoesNotEndCountsNowhere) {
  StepProfiler profiler;
  profiler.begin(StepPhase::batch);
  profiler.begin(StepPhase::forward);
  { const Storage scratch(100000); }
  relu(start());
  profiler.begin(StepPhase::batch);  // of the next
  profiler.begin(StepPhase::forward);
  relu(start());
  profiler.end_step();
  const StepProfile profile = profiler.profile();
  ASSERT_EQ(profile.seconds.size(), 1u);
  EXPECT_EQ(op_of(profile, StepPhase::forward, "relu").calls, 1);
  EXPECT_LT(profile.memory.added, 100000);
  const double phases = std::accumulate(profile.phase_seconds.begin(), profile.phase_seconds.end(), 0.0);
  EXPECT_NEAR(phases, profile.total(), 1e-9);
}

TEST(StepProfiler, CountsEachTensorOfACallOnceAndAViewNot) {
  const Variable x = start();  // 8000 bytes
  StepProfiler profiler;
  profiler.begin(StepPhase::forward);
  relu(x);
  reshape(x, {10, 100});
  record({"twice"}, {x, x}, [](std::span<const Tensor>) { return Tensor::zeros({5}, DType::float64); },
         {Rule::not_differentiable(), Rule::not_differentiable()});
  record({"kept"}, {x},
         [](std::span<const Tensor>) {
           return Computed(Tensor::zeros({5}, DType::float64), {Tensor::zeros({3}, DType::float32)});
         },
         {Rule::not_differentiable()});
  profiler.end_step();
  const StepProfile profile = profiler.profile();
  EXPECT_EQ(op_of(profile, StepPhase::forward, "relu").bytes, 16000);
  EXPECT_EQ(op_of(profile, StepPhase::forward, "reshape").bytes, 0);
  EXPECT_EQ(op_of(profile, StepPhase::forward, "twice").bytes, 8000 + 40);
  EXPECT_EQ(op_of(profile, StepPhase::forward, "kept").bytes, 8000 + 40 + 12);
  EXPECT_EQ(op_of(profile, StepPhase::forward, "kept").unknown_costs, 1) << "of an op that does not say it";
  EXPECT_EQ(op_of(profile, StepPhase::forward, "relu").unknown_costs, 0);
  ASSERT_EQ(profile.layers.size(), 1u);
  EXPECT_GE(profile.layers[0].unknown_costs, 1);
}

// Two convolutions on 12 x 12 pixels: 3x3 from 1 to 8 channels, where 12 * 3 - 2 = 34 reads of an axis lie
// inside, and 1x1 from 8 to 3.
Sequential known_net() {
  Sequential net{Conv2d{{.in_channels = 1, .out_channels = 8, .bias = false}},
                 [](const Variable& x) { return relu(x); },
                 Conv2d{{.in_channels = 8, .out_channels = 3, .kernel = 1, .bias = false}}};
  initialize(net, Key{1});
  return net;
}

StepProfile profile_of(const Sequential& net, std::int64_t steps, std::int64_t accumulate = 1) {
  Trainer trainer(
      net, striped(),
      {.steps = steps, .batch = 4, .accumulate = accumulate, .validate_every = 1, .loader_threads = 0});
  StepProfiler profiler;
  trainer.run({.on_step = [&](const StepReport&) { profiler.end_step(); },
               .on_phase = [&](StepPhase phase) { profiler.begin(phase); }});
  return profiler.profile();
}

TEST(StepProfiler, CountsTheOpsOfAKnownNetwork) {
  const StepProfile profile = profile_of(known_net(), 3);
  EXPECT_EQ(profile.seconds.size(), 3u);
  const std::int64_t first = 4 * 34 * 34 * 8, second = 4 * 144 * 8 * 3;
  const OpProfile& forward = op_of(profile, StepPhase::forward, "conv2d");
  EXPECT_EQ(forward.calls, 3 * 2) << "and none of the validations between the steps";
  EXPECT_EQ(forward.multiply_adds, 3 * (first + second));
  EXPECT_EQ(forward.bytes, 3 * 4 * (4 * 144 * (1 + 8) + 9 * 8 + 4 * 144 * (8 + 3) + 8 * 3));
  const OpProfile& weights = op_of(profile, StepPhase::backward, "conv2d_filter_grad");
  EXPECT_EQ(weights.calls, 3 * 2);
  EXPECT_EQ(weights.multiply_adds, 3 * (first + second));
  const OpProfile& images = op_of(profile, StepPhase::backward, "conv2d_transpose");
  EXPECT_EQ(images.calls, 3) << "no gradient of the images is asked";
  EXPECT_EQ(images.multiply_adds, 3 * second);
  EXPECT_EQ(op_of(profile, StepPhase::forward, "relu").calls, 3);
  for (const OpProfile& op : profile.ops) {
    EXPECT_TRUE(op.phase == StepPhase::forward || op.phase == StepPhase::backward) << op.kind;
    EXPECT_EQ(op.unknown_costs, 0) << op.kind;
  }
}

TEST(StepProfiler, CountsAllBatchesOfAStep) {
  const StepProfile profile = profile_of(known_net(), 2, 3);
  EXPECT_EQ(profile.seconds.size(), 2u);
  EXPECT_EQ(op_of(profile, StepPhase::forward, "conv2d").calls, 2 * 3 * 2);
  EXPECT_EQ(op_of(profile, StepPhase::backward, "conv2d_filter_grad").calls, 2 * 3 * 2);
  const double phases = std::accumulate(profile.phase_seconds.begin(), profile.phase_seconds.end(), 0.0);
  EXPECT_NEAR(phases, profile.total(), 1e-9);
}

TEST(StepProfiler, GivesLayersTheirForwardAndTheirRules) {
  const StepProfile profile = profile_of(known_net(), 2);
  std::vector<std::string> paths;
  std::int64_t multiply_adds = 0, of_ops = 0;
  for (const LayerProfile& layer : profile.layers) {
    paths.push_back(layer.path);
    multiply_adds += layer.multiply_adds;
    if (layer.path == "0") {
      EXPECT_EQ(layer.multiply_adds, 2 * 2 * (4 * 34 * 34 * 8)) << "forward, filters";
    }
    if (layer.path == "2") {
      EXPECT_EQ(layer.multiply_adds, 2 * 3 * (4 * 144 * 8 * 3)) << "and the image";
    }
  }
  EXPECT_NE(std::find(paths.begin(), paths.end(), "0"), paths.end());
  EXPECT_NE(std::find(paths.begin(), paths.end(), "2"), paths.end());
  for (const OpProfile& op : profile.ops) of_ops += op.multiply_adds;
  EXPECT_EQ(multiply_adds, of_ops);
}

TEST(StepProfiler, AddsUp) {
  const StepProfile profile = profile_of(small_net(), 4);
  const double phases = std::accumulate(profile.phase_seconds.begin(), profile.phase_seconds.end(), 0.0);
  EXPECT_NEAR(phases, profile.total(), 1e-9);
  double ops = 0, layers = 0;
  for (const StepPhase phase :
       {StepPhase::batch, StepPhase::forward, StepPhase::backward, StepPhase::update}) {
    EXPECT_GE(profile.outside_ops(phase), 0);
    ops += profile.in_ops(phase);
  }
  for (const LayerProfile& layer : profile.layers) layers += layer.forward + layer.backward;
  EXPECT_NEAR(layers, ops, 1e-9);
  EXPECT_LE(ops, profile.total());
  EXPECT_GT(ops, 0);
  for (std::size_t i = 1; i < profile.ops.size(); ++i)
    EXPECT_GE(profile.ops[i - 1].seconds, profile.ops[i].seconds);
}

TEST(StepProfiler, ChangesNoBitOfWhatIsLearned) {
  Trainer plain(known_net(), striped(), {.steps = 3, .batch = 4}), watched = plain;
  plain.run();
  StepProfiler profiler;
  watched.run({.on_step = [&](const StepReport&) { profiler.end_step(); },
               .on_phase = [&](StepPhase phase) { profiler.begin(phase); }});
  const auto expected = parameters(plain.network());
  const auto found = parameters(watched.network());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_TRUE(same_bits(found[i].part->get().value(), expected[i].part->get().value()));
}

}  // namespace
}  // namespace trous
