#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include <trous/check/detail/differences.h>
#include <trous/check/detail/round_off.h>
#include <trous/core/map.h>

namespace trous::detail {
namespace {

constexpr int halvings = 160;  // of the step, at most: inputs may be tiny
constexpr double least = 4;    // spacings that a step must have, for the inputs to move by it

// Wide steps may settle on what is not the slope here: those over whole periods of a wave, or around a peak.
// Much smaller ones tell, at no power of two of the others. Where two of them agree on another slope, the
// step to begin again with. Where they are off by more and more, as one over the step, that is round-off
// nobody had seen; unless it were no small share of the values, for then even these steps are too wide.
std::optional<double> contradiction(const Phi& phi, int order, int input, const Tensor& u,
                                    const std::vector<double>& noise, double spacing, const Ridders& ridders,
                                    double last, std::vector<Estimate>& estimates) {
  constexpr std::array<double, 3> closer{1.4 * 0x1p-6, 1.4 * 0x1p-12, 1.4 * 0x1p-18};
  std::array<std::vector<double>, 3> above, below;
  for (std::size_t i = 0; i < closer.size(); ++i) {
    above[i] = phi.values(order, phi.moved(input, u, closer[i] * last));
    below[i] = phi.values(order, phi.moved(input, u, -closer[i] * last));
  }
  for (std::size_t p = 0; p < noise.size(); ++p) {
    Estimate& e = estimates[p];
    double before = -1;  // how far the larger step was off
    bool varies = false;
    for (std::size_t i = 0; i < closer.size(); ++i) {
      const double h = closer[i] * last;
      if (h <= least * spacing) break;
      const double difference = (above[i][p] - below[i][p]) / (2 * h);
      const double round_off = (noise[p] + spacing * std::abs(difference)) / h;
      const double truncation = 2 * closer[i] * closer[i] * std::abs(ridders.last_difference(p) - e.value);
      const double off = std::abs(difference - e.value);
      if (!(off > sure * (e.error() + round_off) + truncation)) {
        before = -1;
        continue;
      }
      if (before >= 0 && off < 1.5 * before && before < 1.5 * off) return 16 * closer[i - 1] * last;
      before = off;
      e.round_off = std::max(e.round_off, off * h / e.step);
      varies = varies || off * h > 1e-6 * std::max({std::abs(above[i][p]), std::abs(below[i][p]),
                                                    std::abs(e.value) * last});
    }
    if (varies) e.truncation = std::numeric_limits<double>::infinity();
  }
  return {};
}

// Estimates by steps from h down, and the step at which they were good enough or could not get better.
std::pair<Ridders, double> settled(const Phi& phi, int order, int input, const Tensor& u,
                                   const std::vector<double>& noise, double spacing, double h,
                                   double sharpness) {
  Ridders ridders(noise, spacing);
  for (int k = 0; k < halvings && h > least * spacing; ++k, h /= 2) {
    ridders.add(h, phi.values(order, phi.moved(input, u, h)), phi.values(order, phi.moved(input, u, -h)));
    double largest = 0;
    for (const Estimate& e : ridders.best()) largest = std::max(largest, std::abs(e.value));
    if (!ridders.worth_going_on(1e-4 * sharpness * largest)) break;
  }
  return {std::move(ridders), h};
}

}  // namespace

std::vector<Estimate> differences(const Phi& phi, int order, int input, const Tensor& u,
                                  const std::vector<double>& noise, double h, double sharpness) {
  const double spacing = phi.spacing(input, u);
  while (true) {
    const auto [ridders, last] = settled(phi, order, input, u, noise, spacing, h, sharpness);
    std::vector<Estimate> estimates = ridders.best();
    const auto closer = contradiction(phi, order, input, u, noise, spacing, ridders, last, estimates);
    if (!closer) return estimates;
    h = *closer;
    if (h > least * spacing) continue;
    for (Estimate& e : estimates) e.truncation = std::numeric_limits<double>::infinity();
    return estimates;
  }
}

double steep_until(const Phi& phi, int order, int input, const Tensor& u, std::size_t p, double h) {
  constexpr int steps = 64, enough = 3;
  constexpr double growth = 64;  // round-off grows 16 times, the difference next to 1/x 256 times
  const double spacing = phi.spacing(input, u);
  double before = 0, until = 0;
  int grown = 0;
  for (int k = 0; k < steps && h > least * spacing; ++k, h /= 16) {
    const double rise =
        phi.values(order, phi.moved(input, u, h))[p] - phi.values(order, phi.moved(input, u, -h))[p];
    const double slope = std::abs(rise / (2 * h));
    grown = before > 0 && slope > growth * before ? grown + 1 : 0;
    if (grown >= enough) until = h;
    before = std::isfinite(slope) ? slope : 0;
  }
  return until;
}

}  // namespace trous::detail
