#include <algorithm>
#include <utility>

#include <trous/core/error.h>
#include <trous/core/map.h>
#include <trous/train/ema.h>

namespace trous {
namespace {

void check_like(const char* what, const std::vector<Tensor>& given, const std::vector<Tensor>& averages) {
  if (given.size() != averages.size()) {
    throw ArgumentError(text("Ema: ", given.size(), ' ', what, " for ", averages.size(),
                             " averages. An average belongs to one network."));
  }
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (given[i].shape() == averages[i].shape() && given[i].dtype() == averages[i].dtype()) continue;
    throw ArgumentError(text("Ema: number ", i, " of the ", what, " is ", short_name(given[i].dtype()),
                             given[i].shape(), ", its average ", short_name(averages[i].dtype()),
                             averages[i].shape(), ". Give them in the order of the first ones."));
  }
}

}  // namespace

Ema::Ema(std::vector<Tensor> values, double decay) : decay_(decay), state_{0, std::move(values)} {
  if (!(decay >= 0 && decay < 1))
    throw ArgumentError(text("Ema: decay ", decay, " is not in [0, 1). 0.999 is usual."));
  for (const Tensor& value : state_.averages) visit_floating("Ema", value.dtype(), []<class T> {});
}

void Ema::update(const std::vector<Tensor>& values) {
  check_like("values", values, state_.averages);
  const auto t = static_cast<double>(state_.updates++);
  const double fresh = 1 - std::min(decay_, (1 + t) / (10 + t));
  for (std::size_t i = 0; i < values.size(); ++i) {
    state_.averages[i] = zip(state_.averages[i], values[i], [fresh](auto average, auto value) {
      const auto a = static_cast<double>(average), v = static_cast<double>(value);
      return a + fresh * (v - a);
    });
  }
}

void Ema::restore(const EmaState& state) {
  if (state.updates < 0) {
    throw ArgumentError(
        text("Ema: the state has ", state.updates, " updates. A state counts from 0; this one is damaged."));
  }
  check_like("restored averages", state.averages, state_.averages);
  state_ = state;
}

}  // namespace trous
