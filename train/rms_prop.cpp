#include <cmath>
#include <utility>

#include <trous/core/choices.h>
#include <trous/core/error.h>
#include <trous/train/detail/optimizer_parts.h>
#include <trous/train/rms_prop.h>

namespace trous {
namespace {

// One pass over some elements, as SgdLoop. The step itself is computed in float64.
template <class T>
struct RmsPropLoop {
  T alpha, fresh, decay, momentum, rate;
  double epsilon;

  void operator()(std::int64_t count, const T* w, const T* g, const T* s, const T* v, T* __restrict moved,
                  T* __restrict square, T* __restrict velocity) const {
    const auto [a, f, d, m, r, small] = *this;
    const bool decays = d != 0;
    for (std::int64_t k = 0; k < count; ++k) {
      const T slope = decays ? g[k] + d * w[k] : g[k];
      const T mean = a * s[k] + f * (slope * slope);
      const T speed = m * v[k] + static_cast<T>(slope / (std::sqrt(double{mean}) + small));
      square[k] = mean;
      velocity[k] = speed;
      moved[k] = w[k] - r * speed;
    }
  }
};

}  // namespace

RmsProp::RmsProp(const RmsPropOptions& options) : options_(options) {
  detail::check_range("RmsProp", "alpha", options.alpha);
  detail::check_range("RmsProp", "momentum", options.momentum);
  detail::check_epsilon("RmsProp", options.epsilon, "1e-8");
  detail::check_decay("RmsProp", options.weight_decay);
}

std::vector<Tensor> RmsProp::step(const std::vector<Tensor>& weights, const std::vector<Tensor>& gradients,
                                  double learning_rate, std::span<const StepScale> scales) {
  detail::check_step("RmsProp", weights, gradients, square_, scales);
  if (steps_ == 0) {
    square_ = detail::zeros_like(weights);
    velocity_ = detail::zeros_like(weights);
  }
  std::vector<Tensor> moved = detail::uninitialized_like(weights),
                      square = detail::uninitialized_like(weights),
                      velocity = detail::uninitialized_like(weights);
  detail::for_each_range(weights, [&](std::size_t i, std::int64_t begin, std::int64_t end) {
    const StepScale scale = detail::scale_of(scales, i);
    visit_floating("RmsProp", weights[i].dtype(), [&]<class T> {
      const RmsPropLoop<T> loop{.alpha = static_cast<T>(options_.alpha),
                                .fresh = static_cast<T>(1 - options_.alpha),
                                .decay = static_cast<T>(options_.weight_decay * scale.weight_decay),
                                .momentum = static_cast<T>(options_.momentum),
                                .rate = static_cast<T>(learning_rate * scale.learning_rate),
                                .epsilon = options_.epsilon};
      loop(end - begin, weights[i].values<T>().data() + begin, gradients[i].values<T>().data() + begin,
           square_[i].values<T>().data() + begin, velocity_[i].values<T>().data() + begin,
           moved[i].mutable_values<T>().data() + begin, square[i].mutable_values<T>().data() + begin,
           velocity[i].mutable_values<T>().data() + begin);
    });
  });
  ++steps_;
  square_ = std::move(square);
  velocity_ = std::move(velocity);
  return moved;
}

OptimizerState RmsProp::state() const {
  if (steps_ == 0) return {};
  return {steps_, {{"square", square_}, {"velocity", velocity_}}};
}

void RmsProp::restore(const OptimizerState& state) {
  detail::check_state("RmsProp", state, {"square", "velocity"});
  steps_ = state.steps;
  square_ = state.steps > 0 ? state.moments[0].second : std::vector<Tensor>();
  velocity_ = state.steps > 0 ? state.moments[1].second : std::vector<Tensor>();
}

std::string RmsProp::description() const {
  return text("RmsProp, alpha ", shortest_digits(options_.alpha), ", epsilon ",
              shortest_digits(options_.epsilon), ", momentum ", shortest_digits(options_.momentum),
              ", weight_decay ", shortest_digits(options_.weight_decay));
}

}  // namespace trous
