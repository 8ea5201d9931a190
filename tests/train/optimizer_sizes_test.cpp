// Optimizers on weights of every size, against a loop over single numbers: an optimizer cuts all weights
// together into ranges, and no element may move by another's slope, moment or scale.
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <trous/core/map.h>
#include <trous/core/random.h>
#include <trous/train/lamb.h>
#include <trous/train/lion.h>
#include <trous/train/optimizer.h>
#include <trous/train/rms_prop.h>

#include "core/with_threads.h"

namespace trous {
namespace {

using Tensors = std::vector<Tensor>;

constexpr int steps = 4;
double rate_at(int t) { return 0.01 / t; }

// Around the ranges' length, far above it, tiny, and none.
std::vector<Shape> odd_shapes() {
  return {{1}, {3, 5}, {map_grain}, {0, 4}, {map_grain - 1}, {7}, {map_grain + 1}, {3 * map_grain + 11}, {2}};
}

// Each weight has its own.
std::vector<StepScale> scales() {
  std::vector<StepScale> result;
  for (std::size_t i = 0; i < odd_shapes().size(); ++i) {
    const auto k = static_cast<double>(i);
    result.push_back({1 + 0.25 * k, i % 3 == 0 ? 0 : 0.5 * k});
  }
  return result;
}

Tensors draw(DType dtype, std::uint64_t key) {
  Tensors result;
  for (const Shape& shape : odd_shapes())
    result.push_back(uniform(shape, DType::float32, fold_in(Key{key}, result.size()), -1, 1).cast(dtype));
  return result;
}

// The weights after each step.
std::vector<Tensors> run(Optimizer optimizer, DType dtype) {
  const std::vector<StepScale> each = scales();
  std::vector<Tensors> weights{draw(dtype, 0)};
  for (int t = 1; t <= steps; ++t) {
    const Tensors slopes = draw(dtype, static_cast<std::uint64_t>(t));
    weights.push_back(optimizer.step(weights.back(), slopes, rate_at(t), each));
  }
  return weights;
}

// `Scalar` is the recursion of one number: double move(t, weight, slope, rate, decay scale).
template <class Scalar>
void expect_every_element(const Optimizer& optimizer, const Scalar& start) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const std::vector<Tensors> found = run(optimizer, dtype);
    std::vector<Tensors> slopes;
    for (int t = 1; t <= steps; ++t) slopes.push_back(draw(DType::float64, static_cast<std::uint64_t>(t)));
    const double epsilon = dtype == DType::float32 ? std::numeric_limits<float>::epsilon()
                                                   : std::numeric_limits<double>::epsilon();
    const std::vector<StepScale> each = scales();
    for (std::size_t i = 0; i < each.size(); ++i) {
      const std::vector<double> first = found[0][i].cast(DType::float64).to_vector<double>(),
                                last = found[steps][i].cast(DType::float64).to_vector<double>();
      for (std::size_t k = 0; k < first.size(); ++k) {
        Scalar scalar = start;
        double w = first[k];
        for (int t = 1; t <= steps; ++t) {
          const double g = slopes[static_cast<std::size_t>(t - 1)][i].values<double>()[k];
          w = scalar.move(t, w, g, rate_at(t) * each[i].learning_rate, each[i].weight_decay);
        }
        // A few roundings of numbers below 2 in each step.
        ASSERT_NEAR(last[k], w, 40 * epsilon) << name(dtype) << ", weight " << i << ", element " << k;
      }
    }
  }
}

struct ScalarSgd {
  SgdOptions o;
  double v = 0;
  double move(int, double w, double g, double rate, double decay_scale) {
    g += o.weight_decay * decay_scale * w;
    v = o.momentum * v + g;
    return w - rate * (o.nesterov ? g + o.momentum * v : v);
  }
};

struct ElementAdam {
  AdamOptions o;
  bool decoupled;
  double m = 0, v = 0;
  double move(int t, double w, double g, double rate, double decay_scale) {
    const double decay = o.weight_decay * decay_scale;
    if (!decoupled) g += decay * w;
    m = o.beta1 * m + (1 - o.beta1) * g;
    v = o.beta2 * v + (1 - o.beta2) * g * g;
    const double step =
        m / (1 - std::pow(o.beta1, t)) / (std::sqrt(v / (1 - std::pow(o.beta2, t))) + o.epsilon);
    return (decoupled ? w - rate * decay * w : w) - rate * step;
  }
};

TEST(OptimizerSizes, SgdMovesEveryElementByItsOwnSlope) {
  for (const SgdOptions& o : {SgdOptions{}, SgdOptions{.momentum = 0.9},
                              SgdOptions{.momentum = 0.9, .nesterov = true, .weight_decay = 0.1}}) {
    expect_every_element(Sgd(o), ScalarSgd{o});
  }
}

TEST(OptimizerSizes, AdamMovesEveryElementByItsOwnSlope) {
  for (const AdamOptions& o :
       {AdamOptions{.epsilon = 1e-2},
        AdamOptions{.beta1 = 0.8, .beta2 = 0.9, .epsilon = 1e-2, .weight_decay = 0.3}}) {
    expect_every_element(Adam(o), ElementAdam{o, false});
  }
}

TEST(OptimizerSizes, AdamWMovesEveryElementByItsOwnSlope) {
  const AdamWOptions o{.beta1 = 0.8, .beta2 = 0.9, .epsilon = 1e-2, .weight_decay = 0.3};
  expect_every_element(AdamW(o), ElementAdam{{o.beta1, o.beta2, o.epsilon, o.weight_decay}, true});
}

struct ElementLion {
  LionOptions o;
  double m = 0;
  double move(int, double w, double g, double rate, double decay_scale) {
    const double c = o.beta1 * m + (1 - o.beta1) * g, sign = c > 0 ? 1 : c < 0 ? -1 : 0;
    m = o.beta2 * m + (1 - o.beta2) * g;
    return w - rate * (sign + o.weight_decay * decay_scale * w);
  }
};

struct ElementRmsProp {
  RmsPropOptions o;
  double s = 0, v = 0;
  double move(int, double w, double g, double rate, double decay_scale) {
    g += o.weight_decay * decay_scale * w;
    s = o.alpha * s + (1 - o.alpha) * g * g;
    v = o.momentum * v + g / (std::sqrt(s) + o.epsilon);
    return w - rate * v;
  }
};

TEST(OptimizerSizes, RmsPropMovesEveryElementByItsOwnSlope) {
  const RmsPropOptions o{.alpha = 0.75, .epsilon = 1e-2, .momentum = 0.5, .weight_decay = 0.1};
  expect_every_element(RmsProp(o), ElementRmsProp{o});
}

// Roundings change the sign of c only where it is within a few of them of 0, as in none of these draws.
TEST(OptimizerSizes, LionMovesEveryElementByItsOwnSlope) {
  const LionOptions o{.beta1 = 0.5, .beta2 = 0.75, .weight_decay = 0.25};
  expect_every_element(Lion(o), ElementLion{o});
}

// Each tensor alone, since the length of a step belongs to it as a whole.
TEST(OptimizerSizes, LambMovesEveryWeightByALengthOfItsOwn) {
  const std::vector<StepScale> each = scales();
  Lamb lamb({.epsilon = 1e-2, .weight_decay = 0});
  const Tensors weights = draw(DType::float64, 0), slopes = draw(DType::float64, 1);
  const Tensors moved = lamb.step(weights, slopes, 0.125, each);
  for (std::size_t i = 0; i < each.size(); ++i) {
    const std::span<const double> w = weights[i].values<double>(), g = slopes[i].values<double>(),
                                  after = moved[i].values<double>();
    double from = 0, to = 0, dot = 0, way = 0;
    for (std::size_t k = 0; k < w.size(); ++k) {
      const double u = g[k] / (std::abs(g[k]) + 1e-2), change = w[k] - after[k];  // the first step of Adam
      from += w[k] * w[k];
      to += u * u;
      dot += u * change;
      way += change * change;
    }
    // |change| is rate |w|, in the direction of u. A sum of n rounded squares is off by n epsilon at most,
    // and the changes are differences of numbers up to 1.
    const double rate = 0.125 * each[i].learning_rate,
                 bound = 4 * static_cast<double>(w.size() + 4) * std::numeric_limits<double>::epsilon();
    EXPECT_NEAR(std::sqrt(way), rate * std::sqrt(from), bound * (1 + std::sqrt(from))) << "weight " << i;
    EXPECT_NEAR(dot, std::sqrt(to * way), bound * (1 + dot)) << "weight " << i;
  }
}

TEST(OptimizerSizes, BitsDoNotDependOnThreads) {
  for (const Optimizer& optimizer :
       {Optimizer(Sgd({.momentum = 0.9, .weight_decay = 0.1})), Optimizer(Adam()), Optimizer(AdamW()),
        Optimizer(RmsProp({.momentum = 0.9})), Optimizer(Lion()), Optimizer(Lamb())}) {
    std::vector<Tensors> one = [&] {
      const WithThreads scope(1);
      return run(optimizer, DType::float32);
    }();
    for (const int count : {2, 3}) {
      const WithThreads scope(count);
      const std::vector<Tensors> more = run(optimizer, DType::float32);
      for (std::size_t i = 0; i < odd_shapes().size(); ++i)
        EXPECT_TRUE(same_bits(one[steps][i], more[steps][i])) << count << " threads, weight " << i;
    }
  }
}

// 0 times infinity would be NaN.
TEST(OptimizerSizes, WithoutDecayTheMomentsDoNotSeeTheWeight) {
  const Tensor w({3}, std::vector<float>{1, std::numeric_limits<float>::infinity(), 2});
  const Tensor g = Tensor::full({3}, DType::float32, 0.5);
  for (Optimizer optimizer : {Optimizer(Sgd({.momentum = 0.9})), Optimizer(Adam()), Optimizer(AdamW()),
                              Optimizer(RmsProp()), Optimizer(Lion()), Optimizer(Lamb())}) {
    optimizer.step({w}, {g}, 0.1);
    for (const auto& [name, tensors] : state_of(optimizer).moments)
      EXPECT_TRUE(all_finite(tensors[0])) << name;
  }
}

}  // namespace
}  // namespace trous
