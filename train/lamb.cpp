#include <cmath>
#include <utility>

#include <trous/core/choices.h>
#include <trous/core/error.h>
#include <trous/train/clip.h>
#include <trous/train/detail/optimizer_parts.h>
#include <trous/train/lamb.h>

namespace trous {
namespace {

// One pass over some elements, as AdamLoop. It writes the direction u, not the moved weight.
template <class T>
struct LambLoop {
  T beta1, fresh1, beta2, fresh2, decay;
  double mean_scale, square_scale, epsilon;

  void operator()(std::int64_t count, const T* w, const T* g, const T* m, const T* v, T* __restrict direction,
                  T* __restrict first, T* __restrict second) const {
    const auto [b1, f1, b2, f2, d, scale1, scale2, small] = *this;
    const bool decays = d != 0;
    for (std::int64_t k = 0; k < count; ++k) {
      const T mean = b1 * m[k] + f1 * g[k], square = b2 * v[k] + f2 * (g[k] * g[k]);
      first[k] = mean;
      second[k] = square;
      const T u = static_cast<T>(scale1 * mean / (std::sqrt(scale2 * square) + small));
      direction[k] = decays ? u + d * w[k] : u;
    }
  }
};

// |w| / |u|, or 1 where either is 0.
double trust_ratio(const Tensor& weight, const Tensor& direction) {
  const double from = global_norm({weight}), to = global_norm({direction});
  return from == 0 || to == 0 ? 1 : from / to;
}

}  // namespace

Lamb::Lamb(const LambOptions& options) : options_(options) {
  detail::check_range("Lamb", "beta1", options.beta1);
  detail::check_range("Lamb", "beta2", options.beta2);
  detail::check_decay("Lamb", options.weight_decay);
  detail::check_epsilon("Lamb", options.epsilon, "1e-6");
}

std::vector<Tensor> Lamb::step(const std::vector<Tensor>& weights, const std::vector<Tensor>& gradients,
                               double learning_rate, std::span<const StepScale> scales) {
  detail::check_step("Lamb", weights, gradients, first_, scales);
  if (steps_ == 0) {
    first_ = detail::zeros_like(weights);
    second_ = detail::zeros_like(weights);
  }
  const double beta1 = options_.beta1, beta2 = options_.beta2, t = static_cast<double>(steps_ + 1);
  std::vector<Tensor> moved = detail::uninitialized_like(weights),
                      first = detail::uninitialized_like(weights),
                      second = detail::uninitialized_like(weights);
  detail::for_each_range(weights, [&](std::size_t i, std::int64_t begin, std::int64_t end) {
    visit_floating("Lamb", weights[i].dtype(), [&]<class T> {
      const double decay = options_.weight_decay * detail::scale_of(scales, i).weight_decay;
      const LambLoop<T> loop{.beta1 = static_cast<T>(beta1),
                             .fresh1 = static_cast<T>(1 - beta1),
                             .beta2 = static_cast<T>(beta2),
                             .fresh2 = static_cast<T>(1 - beta2),
                             .decay = static_cast<T>(decay),
                             .mean_scale = 1 / (1 - std::pow(beta1, t)),
                             .square_scale = 1 / (1 - std::pow(beta2, t)),
                             .epsilon = options_.epsilon};
      loop(end - begin, weights[i].values<T>().data() + begin, gradients[i].values<T>().data() + begin,
           first_[i].values<T>().data() + begin, second_[i].values<T>().data() + begin,
           moved[i].mutable_values<T>().data() + begin, first[i].mutable_values<T>().data() + begin,
           second[i].mutable_values<T>().data() + begin);
    });
  });
  std::vector<double> rates;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    rates.push_back(learning_rate * detail::scale_of(scales, i).learning_rate *
                    trust_ratio(weights[i], moved[i]));
  }
  detail::for_each_range(weights, [&](std::size_t i, std::int64_t begin, std::int64_t end) {
    visit_floating("Lamb", weights[i].dtype(), [&]<class T> {
      const T* const w = weights[i].values<T>().data();
      T* const u = moved[i].mutable_values<T>().data();
      for (std::int64_t k = begin; k < end; ++k) u[k] = w[k] - static_cast<T>(rates[i] * u[k]);
    });
  });
  ++steps_;
  first_ = std::move(first);
  second_ = std::move(second);
  return moved;
}

OptimizerState Lamb::state() const {
  if (steps_ == 0) return {};
  return {steps_, {{"first", first_}, {"second", second_}}};
}

void Lamb::restore(const OptimizerState& state) {
  detail::check_state("Lamb", state, {"first", "second"});
  steps_ = state.steps;
  first_ = state.steps > 0 ? state.moments[0].second : std::vector<Tensor>();
  second_ = state.steps > 0 ? state.moments[1].second : std::vector<Tensor>();
}

std::string Lamb::description() const {
  return text("Lamb, beta1 ", shortest_digits(options_.beta1), ", beta2 ", shortest_digits(options_.beta2),
              ", epsilon ", shortest_digits(options_.epsilon), ", weight_decay ",
              shortest_digits(options_.weight_decay));
}

}  // namespace trous
