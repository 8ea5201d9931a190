// Optimizers against six steps of PyTorch's, or of loops in float64 that were written from the papers of Lion
// and LAMB, stored in golden/data/optimizers.safetensors, whose script is golden/make_optimizer_goldens.py.
#include <map>
#include <span>

#include <gtest/gtest.h>

#include <trous/data/safetensors.h>
#include <trous/train/lamb.h>
#include <trous/train/lion.h>
#include <trous/train/optimizer.h>
#include <trous/train/rms_prop.h>

#include "data/scratch.h"

namespace trous {
namespace {

// As in the script.
Tensor script_numbers(const Shape& shape, std::int64_t salt) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < shape.elements(); ++i)
    values.push_back(static_cast<double>((7919 * i + 104729 * salt) % 2001 - 1000) / 1024);
  return {shape, values};
}

void expect_pytorch(const std::string& name, Optimizer optimizer, std::span<const StepScale> scales = {}) {
  const SafetensorsFile file = read_safetensors(golden("optimizers.safetensors"));
  const std::map<std::string, Tensor> stored(file.tensors.begin(), file.tensors.end());
  std::vector<Tensor> weights{script_numbers({3, 2}, 0), script_numbers({5}, 1)};
  for (std::int64_t t = 0; t < 6; ++t) {
    const std::vector<Tensor> gradients{script_numbers({3, 2}, 10 * (t + 1)),
                                        script_numbers({5}, 10 * (t + 1) + 1)};
    const double rate = 0.125 / static_cast<double>(t + 1);
    weights = optimizer.step(weights, gradients, rate, scales);
    for (std::size_t k = 0; k < 2; ++k) {
      const Tensor& expected = stored.at(name + '/' + std::to_string(t) + '/' + std::to_string(k));
      ASSERT_EQ(expected.shape(), weights[k].shape());
      for (std::size_t i = 0; i < expected.values<double>().size(); ++i) {
        // Six steps of about ten roundings each, of script_numbers below 2.
        EXPECT_NEAR(weights[k].values<double>()[i], expected.values<double>()[i], 6 * 10 * 2 * 1.2e-16)
            << name << ", step " << t << ", weight " << k << ", element " << i;
      }
    }
  }
}

TEST(OptimizerGoldens, Sgd) {
  expect_pytorch("sgd", Sgd());
  expect_pytorch("momentum", Sgd({.momentum = 0.9}));
  expect_pytorch("nesterov", Sgd({.momentum = 0.75, .nesterov = true, .weight_decay = 0.125}));
}

TEST(OptimizerGoldens, Adam) {
  expect_pytorch("adam", Adam());
  expect_pytorch("adam_decay", Adam({.beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-3, .weight_decay = 0.125}));
}

TEST(OptimizerGoldens, AdamW) {
  expect_pytorch("adamw", AdamW());
  expect_pytorch("adamw_decay", AdamW({.beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-3, .weight_decay = 0.25}));
}

TEST(OptimizerGoldens, RmsProp) {
  expect_pytorch("rmsprop", RmsProp());
  expect_pytorch("rmsprop_momentum",
                 RmsProp({.alpha = 0.75, .epsilon = 1e-3, .momentum = 0.5, .weight_decay = 0.125}));
}

TEST(OptimizerGoldens, Lion) {
  expect_pytorch("lion", Lion());
  expect_pytorch("lion_decay", Lion({.beta1 = 0.5, .beta2 = 0.75, .weight_decay = 0.25}));
}

TEST(OptimizerGoldens, Lamb) {
  expect_pytorch("lamb", Lamb());
  expect_pytorch("lamb_decay", Lamb({.beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-3, .weight_decay = 0.25}));
}

TEST(OptimizerGoldens, ParameterGroups) {
  const std::vector<StepScale> scales{{0.5, 0}, {2, 3}};
  expect_pytorch("sgd_groups", Sgd({.momentum = 0.75, .nesterov = true, .weight_decay = 0.125}), scales);
  expect_pytorch("adam_groups", Adam({.weight_decay = 0.125}), scales);
  expect_pytorch("adamw_groups", AdamW({.weight_decay = 0.25}), scales);
  expect_pytorch("rmsprop_groups", RmsProp({.momentum = 0.5, .weight_decay = 0.125}), scales);
  expect_pytorch("lion_groups", Lion(), scales);
  expect_pytorch("lamb_groups", Lamb(), scales);
}

}  // namespace
}  // namespace trous
