#include <cmath>

#include <trous/core/error.h>
#include <trous/train/detail/optimizer_parts.h>

namespace trous::detail {
namespace {

void check_scales(const char* optimizer, std::size_t weights, std::span<const StepScale> scales) {
  if (!scales.empty() && scales.size() != weights) {
    throw ArgumentError(text(optimizer, ": ", weights, " weights and ", scales.size(),
                             " scales. Give one scale per weight, or none."));
  }
  const auto check = [&](std::size_t i, const char* what, double scale) {
    if (scale >= 0 && std::isfinite(scale)) return;
    throw ArgumentError(text(optimizer, ": the ", what, " of weight number ", i, " is scaled by ", scale,
                             ". Give 0 or more, and finite."));
  };
  for (std::size_t i = 0; i < scales.size(); ++i) {
    check(i, "learning rate", scales[i].learning_rate);
    check(i, "weight decay", scales[i].weight_decay);
  }
}

std::string names_of(const std::vector<std::string>& names) {
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : " and ") + name;
  return joined.empty() ? "none" : joined;
}

}  // namespace

void check_step(const char* optimizer, const std::vector<Tensor>& weights,
                const std::vector<Tensor>& gradients, const std::vector<Tensor>& state,
                std::span<const StepScale> scales) {
  check_scales(optimizer, weights.size(), scales);
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

void check_epsilon(const char* optimizer, double epsilon, const char* usual) {
  if (epsilon > 0) return;
  throw ArgumentError(text(optimizer, ": epsilon ", epsilon, " is not above 0. ", usual, " is usual."));
}

void check_decay(const char* optimizer, double decay) {
  if (decay >= 0) return;
  throw ArgumentError(text(optimizer, ": weight_decay ", decay, " is below 0. Give 0 for none."));
}

void check_state(const char* optimizer, const OptimizerState& state, const std::vector<std::string>& names) {
  if (state.steps < 0) {
    throw ArgumentError(text(optimizer, ": the state has ", state.steps,
                             " steps. A state counts from 0; this one is damaged."));
  }
  std::vector<std::string> given;
  for (const auto& moment : state.moments) given.push_back(moment.first);
  const std::vector<std::string> needed = state.steps > 0 ? names : std::vector<std::string>();
  if (given != needed) {
    throw ArgumentError(text(optimizer, ": the state after ", state.steps, " steps has the moments ",
                             names_of(given), ", needs ", names_of(needed),
                             ". Restore the optimizer that the state was taken from."));
  }
  for (const auto& [name, tensors] : state.moments) {
    const auto& [first_name, first] = state.moments[0];
    if (tensors.size() != first.size()) {
      throw ArgumentError(text(optimizer, ": the state has ", first.size(), " tensors of ", first_name,
                               " and ", tensors.size(), " of ", name, ". Each needs one per weight."));
    }
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      const Tensor &moment = tensors[i], &other = first[i];
      if (moment.dtype() != DType::float32 && moment.dtype() != DType::float64) {
        throw ArgumentError(text(optimizer, ": ", name, " of weight number ", i, " is ", moment.dtype(),
                                 ". A moment has its weight's type, float32 or float64."));
      }
      if (moment.shape() == other.shape() && moment.dtype() == other.dtype()) continue;
      throw ArgumentError(text(optimizer, ": of weight number ", i, " the state has ", first_name, ' ',
                               short_name(other.dtype()), other.shape(), " and ", name, ' ',
                               short_name(moment.dtype()), moment.shape(),
                               ". Both need the weight's shape."));
    }
  }
}

StepScale scale_of(std::span<const StepScale> scales, std::size_t weight) {
  return scales.empty() ? StepScale() : scales[weight];
}

std::vector<Tensor> zeros_like(const std::vector<Tensor>& tensors) {
  std::vector<Tensor> result;
  for (const Tensor& tensor : tensors) result.push_back(Tensor::zeros(tensor.shape(), tensor.dtype()));
  return result;
}

std::vector<Tensor> uninitialized_like(const std::vector<Tensor>& tensors) {
  std::vector<Tensor> result;
  for (const Tensor& tensor : tensors)
    result.push_back(Tensor::uninitialized(tensor.shape(), tensor.dtype()));
  return result;
}

}  // namespace trous::detail
