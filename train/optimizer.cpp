#include <array>
#include <cmath>

#include <trous/core/choices.h>
#include <trous/core/error.h>
#include <trous/train/detail/optimizer_parts.h>
#include <trous/train/lamb.h>
#include <trous/train/lion.h>
#include <trous/train/optimizer.h>
#include <trous/train/rms_prop.h>

namespace trous {
namespace {

using detail::check_decay;
using detail::check_epsilon;
using detail::check_range;
using detail::check_state;
using detail::check_step;
using detail::for_each_range;
using detail::scale_of;
using detail::uninitialized_like;
using detail::zeros_like;

// One pass over some elements of a weight w with gradient g, in the order of the formulas in optimizer.h. The
// output does not overlap the inputs. A decay of 0 leaves the gradient as it is, even where w is not finite.
template <class T>
struct SgdLoop {
  T momentum, decay, rate;
  bool nesterov;

  void operator()(std::int64_t count, const T* w, const T* g, const T* v, T* __restrict moved,
                  T* __restrict velocity) const {
    const T m = momentum, d = decay, r = rate;
    const bool decays = d != 0, ahead = nesterov;
    for (std::int64_t k = 0; k < count; ++k) {
      const T slope = decays ? g[k] + d * w[k] : g[k], speed = m * v[k] + slope;
      velocity[k] = speed;
      moved[k] = w[k] - r * (ahead ? slope + m * speed : speed);
    }
  }
};

// The step itself is computed in float64.
template <class T>
struct AdamLoop {
  T beta1, fresh1, beta2, fresh2, decay, kept;  // decay: what is added to the slope
  double mean_scale, square_scale, epsilon;

  void operator()(std::int64_t count, const T* w, const T* g, const T* m, const T* v, T* __restrict moved,
                  T* __restrict first, T* __restrict second) const {
    const auto [b1, f1, b2, f2, d, k1, scale1, scale2, small] = *this;
    const bool decays = d != 0;
    for (std::int64_t k = 0; k < count; ++k) {
      const T slope = decays ? g[k] + d * w[k] : g[k];
      const T mean = b1 * m[k] + f1 * slope, square = b2 * v[k] + f2 * (slope * slope);
      first[k] = mean;
      second[k] = square;
      moved[k] = k1 * w[k] - static_cast<T>(scale1 * mean / (std::sqrt(scale2 * square) + small));
    }
  }
};

}  // namespace

Sgd::Sgd(const SgdOptions& options) : options_(options) {
  check_range("Sgd", "momentum", options.momentum);
  check_decay("Sgd", options.weight_decay);
  if (options.nesterov && options.momentum == 0) {
    throw ArgumentError("Sgd: nesterov needs a momentum above 0. Set momentum, 0.9 is usual.");
  }
}

std::vector<Tensor> Sgd::step(const std::vector<Tensor>& weights, const std::vector<Tensor>& gradients,
                              double learning_rate, std::span<const StepScale> scales) {
  check_step("Sgd", weights, gradients, velocity_, scales);
  if (velocity_.empty()) velocity_ = zeros_like(weights);
  std::vector<Tensor> moved = uninitialized_like(weights), velocity = uninitialized_like(weights);
  for_each_range(weights, [&](std::size_t i, std::int64_t begin, std::int64_t end) {
    const StepScale scale = scale_of(scales, i);
    visit_floating("Sgd", weights[i].dtype(), [&]<class T> {
      const SgdLoop<T> loop{.momentum = static_cast<T>(options_.momentum),
                            .decay = static_cast<T>(options_.weight_decay * scale.weight_decay),
                            .rate = static_cast<T>(learning_rate * scale.learning_rate),
                            .nesterov = options_.nesterov};
      loop(end - begin, weights[i].values<T>().data() + begin, gradients[i].values<T>().data() + begin,
           velocity_[i].values<T>().data() + begin, moved[i].mutable_values<T>().data() + begin,
           velocity[i].mutable_values<T>().data() + begin);
    });
  });
  ++steps_;
  velocity_ = std::move(velocity);
  return moved;
}

OptimizerState Sgd::state() const {
  if (steps_ == 0) return {};
  return {steps_, {{"velocity", velocity_}}};
}

void Sgd::restore(const OptimizerState& state) {
  check_state("Sgd", state, {"velocity"});
  steps_ = state.steps;
  velocity_ = state.steps > 0 ? state.moments[0].second : std::vector<Tensor>();
}

std::string Sgd::description() const {
  return text("Sgd, momentum ", shortest_digits(options_.momentum), options_.nesterov ? ", nesterov" : "",
              ", weight_decay ", shortest_digits(options_.weight_decay));
}

Adam::Adam(const AdamOptions& options, bool decoupled) : options_(options), decoupled_(decoupled) {
  check_range(name(), "beta1", options.beta1);
  check_range(name(), "beta2", options.beta2);
  check_decay(name(), options.weight_decay);
  check_epsilon(name(), options.epsilon, "1e-8");
}

std::vector<Tensor> Adam::step(const std::vector<Tensor>& weights, const std::vector<Tensor>& gradients,
                               double learning_rate, std::span<const StepScale> scales) {
  check_step(name(), weights, gradients, first_, scales);
  if (steps_ == 0) {
    first_ = zeros_like(weights);
    second_ = zeros_like(weights);
  }
  const double beta1 = options_.beta1, beta2 = options_.beta2, t = static_cast<double>(steps_ + 1);
  const double mean_correction = 1 - std::pow(beta1, t), square_scale = 1 / (1 - std::pow(beta2, t));
  std::vector<Tensor> moved = uninitialized_like(weights), first = uninitialized_like(weights),
                      second = uninitialized_like(weights);
  for_each_range(weights, [&](std::size_t i, std::int64_t begin, std::int64_t end) {
    const StepScale scale = scale_of(scales, i);
    const double rate = learning_rate * scale.learning_rate,
                 decay = options_.weight_decay * scale.weight_decay;
    visit_floating(name(), weights[i].dtype(), [&]<class T> {
      const AdamLoop<T> loop{.beta1 = static_cast<T>(beta1),
                             .fresh1 = static_cast<T>(1 - beta1),
                             .beta2 = static_cast<T>(beta2),
                             .fresh2 = static_cast<T>(1 - beta2),
                             .decay = static_cast<T>(decoupled_ ? 0 : decay),
                             .kept = static_cast<T>(decoupled_ ? 1 - rate * decay : 1),
                             .mean_scale = rate / mean_correction,
                             .square_scale = square_scale,
                             .epsilon = options_.epsilon};
      loop(end - begin, weights[i].values<T>().data() + begin, gradients[i].values<T>().data() + begin,
           first_[i].values<T>().data() + begin, second_[i].values<T>().data() + begin,
           moved[i].mutable_values<T>().data() + begin, first[i].mutable_values<T>().data() + begin,
           second[i].mutable_values<T>().data() + begin);
    });
  });
  ++steps_;
  first_ = std::move(first);
  second_ = std::move(second);
  return moved;
}

OptimizerState Adam::state() const {
  if (steps_ == 0) return {};
  return {steps_, {{"first", first_}, {"second", second_}}};
}

void Adam::restore(const OptimizerState& state) {
  check_state(name(), state, {"first", "second"});
  steps_ = state.steps;
  first_ = state.steps > 0 ? state.moments[0].second : std::vector<Tensor>();
  second_ = state.steps > 0 ? state.moments[1].second : std::vector<Tensor>();
}

std::string Adam::description() const {
  return text(name(), ", beta1 ", shortest_digits(options_.beta1), ", beta2 ",
              shortest_digits(options_.beta2), ", epsilon ", shortest_digits(options_.epsilon),
              ", weight_decay ", shortest_digits(options_.weight_decay));
}

namespace {

// The only list of optimizers.
constexpr std::array optimizers{
    NamedOptimizer{"sgd",
                   [](double decay) {
                     return Optimizer(Sgd({.momentum = 0.9, .nesterov = true, .weight_decay = decay}));
                   },
                   SgdOptions().weight_decay},
    NamedOptimizer{"adam", [](double decay) { return Optimizer(Adam({.weight_decay = decay})); },
                   AdamOptions().weight_decay},
    NamedOptimizer{"adamw", [](double decay) { return Optimizer(AdamW({.weight_decay = decay})); },
                   AdamWOptions().weight_decay},
    NamedOptimizer{"rmsprop", [](double decay) { return Optimizer(RmsProp({.weight_decay = decay})); },
                   RmsPropOptions().weight_decay},
    NamedOptimizer{"lion", [](double decay) { return Optimizer(Lion({.weight_decay = decay})); },
                   LionOptions().weight_decay},
    NamedOptimizer{"lamb", [](double decay) { return Optimizer(Lamb({.weight_decay = decay})); },
                   LambOptions().weight_decay},
};

}  // namespace

std::span<const NamedOptimizer> named_optimizers() { return optimizers; }

const NamedOptimizer& named_optimizer(std::string_view name) {
  return row_named("optimizer", optimizers, name);
}

Optimizer make_optimizer(std::string_view name, const std::optional<double>& weight_decay) {
  const NamedOptimizer& row = named_optimizer(name);
  return row.make(weight_decay.value_or(row.weight_decay));
}

OptimizerState state_of(const Optimizer& optimizer) { return optimizer.state(); }

void restore(Optimizer& optimizer, const OptimizerState& state) { optimizer.restore(state); }

}  // namespace trous
