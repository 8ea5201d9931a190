// Parts of a network that learn at a rate of their own, or not at all; clipping and the weights' average,
// against loops of the test.
#include <array>
#include <cmath>

#include <gtest/gtest.h>

#include <trous/autograd/grad.h>
#include <trous/autograd/record.h>
#include <trous/core/error.h>
#include <trous/layers/network.h>
#include <trous/train/trainer.h>

#include "core/thrown.h"
#include "layers/toys.h"
#include "train/toys.h"

namespace trous {
namespace {

TrainOptions sgd(std::vector<ParameterGroup> groups, double weight_decay = 0) {
  return {.steps = 4,
          .batch = 4,
          .learning_rate = 0.05,
          .schedule = Schedule::constant,
          .optimizer = Sgd({.weight_decay = weight_decay}),
          .class_weights = ClassWeighting::none,
          .groups = std::move(groups),
          .average = 0,
          .validate_every = 4,
          .loader_threads = 0,
          .seed = 5};
}

AnyLayer after_steps(const TrainOptions& options, const Sequential& net = small_net()) {
  Trainer trainer(net, striped(), options);
  trainer.run();
  return trainer.network();
}

/// The value of the parameter or statistic at `path`.
Tensor at(const AnyLayer& net, const std::string& path) {
  for (const auto& [name, parameter] : parameters(net)) {
    if (name == path) return parameter->get().value();
  }
  for (const auto& [name, buffer] : buffers(net)) {
    if (name == path) return buffer->get();
  }
  throw std::runtime_error("no tensor " + path);
}

std::vector<std::string> that_moved(const AnyLayer& net) {
  const AnyLayer fresh = small_net();
  std::vector<std::string> moved;
  for (const char* path : {"0.filters", "0.bias", "1.scale", "1.offset", "4.filters", "4.bias",
                           "1.running_mean", "1.running_variance"}) {
    if (!same_bits(at(net, path), at(fresh, path))) moved.emplace_back(path);
  }
  return moved;
}

using Paths = std::vector<std::string>;

TEST(Groups, ARateOfZeroMovesNoWeightButStatistics) {
  EXPECT_EQ(that_moved(after_steps(sgd({{.path = "", .learning_rate = 0}}, 0.1))),
            (Paths{"1.running_mean", "1.running_variance"}));
  EXPECT_EQ(
      that_moved(after_steps(sgd({{.path = "1", .learning_rate = 0}, {.path = "0", .learning_rate = 0}}))),
      (Paths{"4.filters", "4.bias", "1.running_mean", "1.running_variance"}));
}

TEST(Groups, AFrozenPartStaysBitForBitWithItsStatistics) {
  for (const Optimizer& optimizer :
       {Optimizer(Sgd({.momentum = 0.9, .weight_decay = 0.1})), Optimizer(AdamW({.weight_decay = 0.5}))}) {
    TrainOptions options = sgd({{.path = "1", .frozen = true}, {.path = "0.filters", .frozen = true}});
    options.optimizer = optimizer;
    options.average = 0.5;
    Trainer trainer(small_net(), striped(), options);
    trainer.run();
    EXPECT_EQ(that_moved(trainer.network()), (Paths{"0.bias", "4.filters", "4.bias"}));
    EXPECT_EQ(that_moved(trainer.scored()), (Paths{"0.bias", "4.filters", "4.bias"}));
    Paths kept;
    for (const auto& [name, tensor] : trainer.state().tensors) {
      if (name.starts_with("optimizer/") && !name.starts_with("optimizer/second/"))
        kept.push_back(name.substr(name.rfind('/') + 1));
    }
    EXPECT_EQ(kept, (Paths{"0.bias", "4.filters", "4.bias"})) << "no moment of what is frozen";
  }
}

// An op whose rule counts how often it is asked.
TEST(Groups, AFrozenPartIsAskedForNoGradient) {
  const auto asked = std::make_shared<int>(0);
  const auto counting = [asked](const Variable& x) {
    return record({"counting"}, {x}, [](std::span<const Tensor> in) { return in[0]; },
                  {{Reads::nothing(), [asked](const Vjp& v) {
                      ++*asked;
                      return v.grad();
                    }}});
  };
  Sequential net{Conv2d{{.in_channels = 1, .out_channels = 4}}, counting,
                 Conv2d{{.in_channels = 4, .out_channels = 3}}};
  initialize(net, Key{1});
  after_steps(sgd({}), net);
  EXPECT_EQ(*asked, 4);
  *asked = 0;
  after_steps(sgd({{.path = "0", .frozen = true}}), net);
  EXPECT_EQ(*asked, 0);
}

TEST(Groups, TheFirstThatFitsCounts) {
  const std::vector<ParameterGroup> narrow_first{{.path = "4.bias"}, {.path = "4", .frozen = true}};
  const std::vector<ParameterGroup> wide_first{{.path = "4", .frozen = true}, {.path = "4.bias"}};
  const Paths rest{"0.filters", "0.bias", "1.scale", "1.offset"};
  const auto moved = [&](const std::vector<ParameterGroup>& groups) {
    Paths paths = that_moved(after_steps(sgd(groups)));
    std::erase_if(paths, [](const std::string& path) { return path.starts_with("1.running"); });
    return paths;
  };
  EXPECT_EQ(moved(narrow_first), (Paths{"0.filters", "0.bias", "1.scale", "1.offset", "4.bias"}));
  EXPECT_EQ(moved(wide_first), rest);
}

// "1" is a part, "1.sc" and "" are a beginning of a word and everything.
TEST(Groups, APathIsOfWholeParts) {
  EXPECT_EQ(thrown<ArgumentError>([] { Trainer(small_net(), striped(), sgd({{.path = "1.sc"}})); }),
            "train: no parameter lies below \"1.sc\". The first of 6 is 0.filters. Give a path that "
            "`parameters(net)` lists, or what it begins with.");
  EXPECT_EQ(thrown<ArgumentError>([] { Trainer(small_net(), striped(), sgd({{.path = "encoder"}})); }),
            "train: no parameter lies below \"encoder\". The first of 6 is 0.filters. Give a path that "
            "`parameters(net)` lists, or what it begins with.");
  EXPECT_THROW(Trainer(small_net(), striped(), sgd({{.path = "1."}})), ArgumentError);
  EXPECT_NO_THROW(Trainer(small_net(), striped(), sgd({{.path = ""}})));
}

TEST(Groups, RefuseFactorsBelow0AndAFrozenNetwork) {
  EXPECT_EQ(thrown<ArgumentError>(
                [] { Trainer(small_net(), striped(), sgd({{.path = "0", .learning_rate = -1}})); }),
            "train: group \"0\" has learning_rate -1, weight_decay 1. They are factors, 0 or more.");
  for (const double bad : {std::nan(""), HUGE_VAL, -0.1}) {
    EXPECT_THROW(Trainer(small_net(), striped(), sgd({{.path = "0", .learning_rate = bad}})), ArgumentError);
    EXPECT_THROW(Trainer(small_net(), striped(), sgd({{.path = "0", .weight_decay = bad}})), ArgumentError);
  }
  const std::string nothing =
      "train: every parameter is frozen, so there is nothing to learn. Leave a part free.";
  EXPECT_EQ(
      thrown<ArgumentError>([] { Trainer(small_net(), striped(), sgd({{.path = "", .frozen = true}})); }),
      nothing);
  EXPECT_EQ(thrown<ArgumentError>([] {
              Trainer(small_net(), striped(),
                      sgd({{.path = "0", .frozen = true},
                           {.path = "1", .frozen = true},
                           {.path = "4", .frozen = true}}));
            }),
            nothing);
}

constexpr std::int64_t parts = 3;

// A loss that is linear in the weights of the 1x1 head: sum of `slope` * logits. Its gradient in filter and
// bias is known by hand where every image is 1 everywhere: the batch's pixels times the slope.
struct Linear {
  Splits data = striped();
  Conv2d net{{.in_channels = 1, .out_channels = parts, .kernel = 1}};
  std::array<double, parts> slope{3e-3, -4e-3, 0};
  std::array<double, parts> filters{0.5, -0.25, 2}, bias{1, 2, -3};

  Linear() {
    for (Dataset* set : {&data.train, &data.validation}) {
      set->sample = [](std::int64_t) {
        return Sample{Tensor::ones({12, 12, 1}, DType::float32), Tensor::ones({12, 12}, DType::int32)};
      };
    }
    const auto tensor = [](const std::array<double, parts>& values, const Shape& shape) {
      return Tensor(shape, std::vector<float>(values.begin(), values.end()));
    };
    parameters(net)[0].part->value = tensor(filters, {1, 1, 1, parts});
    parameters(net)[1].part->value = tensor(bias, {parts});
  }

  Loss loss() const {
    return [slope = slope](const Variable& logits, const Tensor&) {
      return record({"linear"}, {logits},
                    [slope](std::span<const Tensor> in) {
                      double sum = 0;
                      const std::vector<float> values = in[0].to_vector<float>();
                      for (std::size_t i = 0; i < values.size(); ++i) sum += slope[i % parts] * values[i];
                      return Tensor::full({}, DType::float32, sum);
                    },
                    {{Reads::nothing(), [slope](const Vjp& v) {
                        Tensor result = Tensor::uninitialized(v.shape(0), v.dtype(0));
                        auto out = result.mutable_values<float>();
                        for (std::size_t i = 0; i < out.size(); ++i)
                          out[i] = static_cast<float>(slope[i % parts]);
                        return Variable(result);
                      }}});
    };
  }
};

// The gradient is 2 images of 144 pixels times the slope, for filter and bias alike: its norm is
// 288 * 5e-3 * sqrt 2 = 2.036.
TEST(Groups, FactorsAndClippingAreThoseOfThePaper) {
  for (const double clip : {0.0, 100.0, 0.1}) {
    Linear linear;
    TrainOptions options = sgd({{.path = "filters", .learning_rate = 0.5, .weight_decay = 3}}, 0.1);
    options.batch = 2;
    options.clip_norm = clip;
    options.class_weights = std::nullopt;
    options.loss = linear.loss();
    Trainer trainer(linear.net, linear.data, options);
    std::vector<double> norms;
    trainer.run({.on_step = [&](const StepReport& r) { norms.push_back(r.gradient_norm); }});
    const double norm = 288 * 5e-3 * std::sqrt(2.0), by = clip > 0 && norm > clip ? clip / norm : 1;
    ASSERT_EQ(norms.size(), 4u);
    for (const double reported : norms) EXPECT_NEAR(reported, norm, 1e-5);
    std::array<double, parts> filters = linear.filters, bias = linear.bias;
    for (int step = 0; step < 4; ++step) {
      for (std::size_t i = 0; i < parts; ++i) {
        filters[i] -= 0.05 * 0.5 * (by * 288 * linear.slope[i] + 0.3 * filters[i]);
        bias[i] -= 0.05 * (by * 288 * linear.slope[i] + 0.1 * bias[i]);
      }
    }
    for (std::size_t i = 0; i < parts; ++i) {
      EXPECT_NEAR(at(trainer.network(), "filters").to_vector<float>()[i], filters[i], 2e-6)
          << "clip " << clip;
      EXPECT_NEAR(at(trainer.network(), "bias").to_vector<float>()[i], bias[i], 2e-6) << "clip " << clip;
    }
  }
}

// Frozen weights have no gradient, so they do not count for the norm.
TEST(Groups, TheNormIsOfWhatLearns) {
  Linear linear;
  TrainOptions options = sgd({{.path = "filters", .frozen = true}});
  options.batch = 2;
  options.class_weights = std::nullopt;
  options.loss = linear.loss();
  Trainer trainer(linear.net, linear.data, options);
  trainer.run({.on_step = [&](const StepReport& r) { EXPECT_NEAR(r.gradient_norm, 288 * 5e-3, 1e-5); }});
}

TEST(Average, IsScoredAndKept) {
  TrainOptions options{.steps = 6,
                       .batch = 4,
                       .learning_rate = 0.02,
                       .average = 0.25,
                       .validate_every = 1,
                       .loader_threads = 0,
                       .seed = 5};
  Trainer trainer(small_net(), striped(), options);
  const Paths paths{"0.filters", "0.bias", "1.scale",        "1.offset",
                    "4.filters", "4.bias", "1.running_mean", "1.running_variance"};
  std::vector<std::vector<double>> averages;
  for (const std::string& path : paths)
    averages.push_back(at(trainer.network(), path).cast(DType::float64).to_vector<double>());
  EXPECT_TRUE(same_network(Sequential{trainer.scored()}, Sequential{trainer.network()}));
  std::optional<AnyLayer> best;
  double t = 0;
  trainer.run(
      {.on_step =
           [&](const StepReport&) {
             const double d = std::min(0.25, (1 + t) / (10 + t));
             ++t;
             for (std::size_t p = 0; p < paths.size(); ++p) {
               const auto now = at(trainer.network(), paths[p]).to_vector<float>();
               for (std::size_t i = 0; i < now.size(); ++i)
                 averages[p][i] = d * averages[p][i] + (1 - d) * static_cast<double>(now[i]);
             }
           },
       .on_validation =
           [&](const ValidationReport& report, const AnyLayer& net) {
             for (std::size_t p = 0; p < paths.size(); ++p) {
               const auto scored = at(net, paths[p]).to_vector<float>();
               for (std::size_t i = 0; i < scored.size(); ++i)
                 ASSERT_NEAR(scored[i], averages[p][i], 1e-6) << paths[p] << " at step " << report.step;
             }
             EXPECT_FALSE(same_network(Sequential{net}, Sequential{trainer.network()}));
             EXPECT_EQ(report.scores["foreground_iou"], evaluate_on(net, striped().validation).mean_iou(1));
             if (report.best) best = net;
           }});
  ASSERT_TRUE(best);
  EXPECT_TRUE(same_network(Sequential{trainer.best()}, Sequential{*best}));
}

}  // namespace
}  // namespace trous
