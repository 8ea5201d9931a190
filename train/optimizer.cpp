#include <cmath>

#include <trous/core/error.h>
#include <trous/core/map.h>
#include <trous/train/optimizer.h>

namespace trous {
namespace {

// Judged before anything moves, so that a refused step leaves the optimizer as it was. `state` is what it
// remembers of each weight, empty before the first step.
void check_step(const char* optimizer, const std::vector<Tensor>& weights,
                const std::vector<Tensor>& gradients, const std::vector<Tensor>& state) {
  if (weights.size() != gradients.size()) {
    throw ArgumentError(text(optimizer, ": ", weights.size(), " weights and ", gradients.size(),
                             " gradients. Give one gradient per weight."));
  }
  if (!state.empty() && state.size() != weights.size()) {
    throw ArgumentError(text(optimizer, ": ", weights.size(), " weights, but the steps before had ",
                             state.size(), ". An optimizer belongs to one network."));
  }
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto check = [&](const char* what, const Tensor& other) {
      if (other.shape() == weights[i].shape() && other.dtype() == weights[i].dtype()) return;
      throw ArgumentError(
          text(optimizer, ": weight number ", i, " is ", short_name(weights[i].dtype()), weights[i].shape(),
               ", ", what, ' ', short_name(other.dtype()), other.shape(),
               ". Give gradients in the order of the weights, to the optimizer of this network."));
    };
    check("its gradient", gradients[i]);
    if (!state.empty()) check("the steps before had", state[i]);
  }
}

void check_range(const char* optimizer, const char* what, double value) {
  if (value >= 0 && value < 1) return;
  throw ArgumentError(text(optimizer, ": ", what, ' ', value, " is not in [0, 1). 0.9 is usual."));
}

void check_decay(const char* optimizer, double decay) {
  if (decay >= 0) return;
  throw ArgumentError(text(optimizer, ": weight_decay ", decay, " is below 0. Give 0 for none."));
}

std::vector<Tensor> zeros_like(const std::vector<Tensor>& tensors) {
  std::vector<Tensor> result;
  for (const Tensor& tensor : tensors) result.push_back(Tensor::zeros(tensor.shape(), tensor.dtype()));
  return result;
}

}  // namespace

Sgd::Sgd(const SgdOptions& options) : options_(options) {
  check_range("Sgd", "momentum", options.momentum);
  check_decay("Sgd", options.weight_decay);
  if (options.nesterov && options.momentum == 0) {
    throw ArgumentError("Sgd: nesterov needs a momentum above 0. Set momentum, 0.9 is usual.");
  }
}

std::vector<Tensor> Sgd::step(const std::vector<Tensor>& weights, const std::vector<Tensor>& gradients,
                              double learning_rate) {
  check_step("Sgd", weights, gradients, velocity_);
  if (velocity_.empty()) velocity_ = zeros_like(weights);
  std::vector<Tensor> moved;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double decay = options_.weight_decay, momentum = options_.momentum;
    const Tensor slope = decay == 0 ? gradients[i] : zip(gradients[i], weights[i], [decay](auto g, auto w) {
      return g + static_cast<decltype(g)>(decay) * w;
    });
    velocity_[i] = zip(velocity_[i], slope,
                       [momentum](auto v, auto g) { return static_cast<decltype(g)>(momentum) * v + g; });
    const Tensor direction =
        !options_.nesterov ? velocity_[i] : zip(slope, velocity_[i], [momentum](auto g, auto v) {
          return g + static_cast<decltype(g)>(momentum) * v;
        });
    moved.push_back(zip(weights[i], direction, [learning_rate](auto w, auto d) {
      return w - static_cast<decltype(w)>(learning_rate) * d;
    }));
  }
  return moved;
}

Adam::Adam(const AdamOptions& options, bool decoupled) : options_(options), decoupled_(decoupled) {
  check_range(name(), "beta1", options.beta1);
  check_range(name(), "beta2", options.beta2);
  check_decay(name(), options.weight_decay);
  if (!(options.epsilon > 0))
    throw ArgumentError(text(name(), ": epsilon ", options.epsilon, " is not above 0. 1e-8 is usual."));
}

std::vector<Tensor> Adam::step(const std::vector<Tensor>& weights, const std::vector<Tensor>& gradients,
                               double learning_rate) {
  check_step(name(), weights, gradients, first_);
  if (steps_ == 0) {
    first_ = zeros_like(weights);
    second_ = zeros_like(weights);
  }
  ++steps_;
  const auto& [beta1, beta2, epsilon, decay] = options_;
  const double t = static_cast<double>(steps_);
  const double mean_scale = learning_rate / (1 - std::pow(beta1, t)),
               square_scale = 1 / (1 - std::pow(beta2, t));
  const auto blend = [](double beta) {
    return [beta](auto kept, auto fresh) {
      using T = decltype(kept);
      return static_cast<T>(beta) * kept + static_cast<T>(1 - beta) * fresh;
    };
  };
  std::vector<Tensor> moved;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const bool coupled = !decoupled_ && decay != 0;
    const Tensor slope =
        !coupled ? gradients[i] : zip(gradients[i], weights[i], [by = decay](auto g, auto w) {
          return g + static_cast<decltype(g)>(by) * w;
        });
    first_[i] = zip(first_[i], slope, blend(beta1));
    second_[i] = zip(second_[i], map(slope, [](auto g) { return g * g; }), blend(beta2));
    const Tensor direction =
        zip(first_[i], second_[i], [mean_scale, square_scale, small = epsilon](auto m, auto v) {
          return mean_scale * m / (std::sqrt(square_scale * v) + small);
        });
    const double kept = decoupled_ ? 1 - learning_rate * decay : 1;
    moved.push_back(zip(weights[i], direction,
                        [kept](auto w, auto d) { return static_cast<decltype(w)>(kept) * w - d; }));
  }
  return moved;
}

}  // namespace trous
