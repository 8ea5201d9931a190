#include <utility>

#include <trous/core/choices.h>
#include <trous/core/error.h>
#include <trous/train/detail/optimizer_parts.h>
#include <trous/train/lion.h>

namespace trous {
namespace {

// One pass over some elements, as SgdLoop.
template <class T>
struct LionLoop {
  T beta1, fresh1, beta2, fresh2, decay, rate;

  void operator()(std::int64_t count, const T* w, const T* g, const T* m, T* __restrict moved,
                  T* __restrict momentum) const {
    const auto [b1, f1, b2, f2, d, r] = *this;
    const bool decays = d != 0;
    for (std::int64_t k = 0; k < count; ++k) {
      const T c = b1 * m[k] + f1 * g[k];
      // A NaN stays one: a comparison alone would make 0 of it.
      const T sign = c > 0 ? T{1} : c < 0 ? T{-1} : c;
      moved[k] = w[k] - r * (decays ? sign + d * w[k] : sign);
      momentum[k] = b2 * m[k] + f2 * g[k];
    }
  }
};

}  // namespace

Lion::Lion(const LionOptions& options) : options_(options) {
  detail::check_range("Lion", "beta1", options.beta1);
  detail::check_range("Lion", "beta2", options.beta2);
  detail::check_decay("Lion", options.weight_decay);
}

std::vector<Tensor> Lion::step(const std::vector<Tensor>& weights, const std::vector<Tensor>& gradients,
                               double learning_rate, std::span<const StepScale> scales) {
  detail::check_step("Lion", weights, gradients, momentum_, scales);
  if (steps_ == 0) momentum_ = detail::zeros_like(weights);
  std::vector<Tensor> moved = detail::uninitialized_like(weights),
                      momentum = detail::uninitialized_like(weights);
  detail::for_each_range(weights, [&](std::size_t i, std::int64_t begin, std::int64_t end) {
    const StepScale scale = detail::scale_of(scales, i);
    visit_floating("Lion", weights[i].dtype(), [&]<class T> {
      const LionLoop<T> loop{.beta1 = static_cast<T>(options_.beta1),
                             .fresh1 = static_cast<T>(1 - options_.beta1),
                             .beta2 = static_cast<T>(options_.beta2),
                             .fresh2 = static_cast<T>(1 - options_.beta2),
                             .decay = static_cast<T>(options_.weight_decay * scale.weight_decay),
                             .rate = static_cast<T>(learning_rate * scale.learning_rate)};
      loop(end - begin, weights[i].values<T>().data() + begin, gradients[i].values<T>().data() + begin,
           momentum_[i].values<T>().data() + begin, moved[i].mutable_values<T>().data() + begin,
           momentum[i].mutable_values<T>().data() + begin);
    });
  });
  ++steps_;
  momentum_ = std::move(momentum);
  return moved;
}

OptimizerState Lion::state() const {
  if (steps_ == 0) return {};
  return {steps_, {{"momentum", momentum_}}};
}

void Lion::restore(const OptimizerState& state) {
  detail::check_state("Lion", state, {"momentum"});
  steps_ = state.steps;
  momentum_ = state.steps > 0 ? state.moments[0].second : std::vector<Tensor>();
}

std::string Lion::description() const {
  return text("Lion, beta1 ", shortest_digits(options_.beta1), ", beta2 ", shortest_digits(options_.beta2),
              ", weight_decay ", shortest_digits(options_.weight_decay));
}

}  // namespace trous
