#include <cmath>

#include <trous/core/error.h>
#include <trous/train/plateau.h>

namespace trous {

Plateau::Plateau(const PlateauOptions& options) : options_(options) {
  const auto& [factor, patience, min_delta] = options;
  if (!(factor > 0 && factor < 1))
    throw ArgumentError(text("Plateau: factor ", factor, " is not between 0 and 1. 0.5 is usual."));
  if (patience < 0) throw ArgumentError(text("Plateau: patience ", patience, " is below 0. 5 is usual."));
  if (!(min_delta >= 0) || !std::isfinite(min_delta)) {
    throw ArgumentError(
        text("Plateau: min_delta ", min_delta, " is not 0 or more, and finite. 0 takes any improvement."));
  }
}

double Plateau::after(double score) {
  const bool better = state_.best ? score > *state_.best + options_.min_delta : !std::isnan(score);
  if (better) {
    state_.best = score;
    state_.stale = 0;
  } else if (++state_.stale > options_.patience) {
    state_.factor *= options_.factor;
    state_.stale = 0;
  }
  return state_.factor;
}

void Plateau::restore(const PlateauState& state) {
  if (state.stale < 0 || state.stale > options_.patience) {
    throw ArgumentError(text("Plateau: the state is ", state.stale, " validations stale, not 0 to ",
                             options_.patience, ". It is of another patience."));
  }
  if (!(state.factor >= 0 && state.factor <= 1))
    throw ArgumentError(text("Plateau: the state has factor ", state.factor, ", not 0 to 1. It is damaged."));
  if (state.best && std::isnan(*state.best))
    throw ArgumentError("Plateau: the state has NaN as best score. It is damaged.");
  state_ = state;
}

}  // namespace trous
