#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include <trous/check/detail/differences.h>
#include <trous/check/detail/round_off.h>

namespace trous::detail {
namespace {

constexpr int halvings = 160;       // of the step, at most: inputs may be tiny
constexpr double min_spacings = 4;  // of a step, for the inputs to move by it

// The estimates that the steps converged to, and the data for a check by smaller steps.
struct Settled {
  Ridders ridders;
  double step;  // the last one, where the estimates were good enough or could not improve
};

// Large steps can converge to a wrong slope: over whole periods of an oscillation, or around a peak. So three
// much smaller steps are probed, at no power of two of the others. If two of them agree with each other but
// not with the estimate, the larger one, times 16, is returned, and the caller restarts there.
// If they are off by more and more, as 1 / step, that is round-off which was not measured, and it is added to
// the estimate; unless it is no small share of the values, for then even these steps are too large.
std::optional<double> contradiction(const Line& line, const std::vector<double>& noise,
                                    const Settled& settled, std::vector<Estimate>& estimates) {
  const double spacing = line.spacing(), last = settled.step;
  constexpr std::array<double, 3> closer{1.4 * 0x1p-6, 1.4 * 0x1p-12, 1.4 * 0x1p-18};
  std::array<std::vector<double>, 3> above, below;
  for (std::size_t i = 0; i < closer.size(); ++i) {
    above[i] = line.values(closer[i] * last);
    below[i] = line.values(-closer[i] * last);
  }
  for (std::size_t p = 0; p < noise.size(); ++p) {
    Estimate& e = estimates[p];
    double before = -1;  // how far the larger step was off
    bool varies = false;
    for (std::size_t i = 0; i < closer.size(); ++i) {
      const double h = closer[i] * last;
      if (h <= min_spacings * spacing) break;
      const double difference = (above[i][p] - below[i][p]) / (2 * h);
      const double round_off = (noise[p] + spacing * std::abs(difference)) / h;
      const double truncation =
          2 * closer[i] * closer[i] * std::abs(settled.ridders.last_difference(p) - e.value);
      const double off = std::abs(difference - e.value);
      if (!(off > error_multiple * (e.error() + round_off) + truncation)) {
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

// Takes differences over steps from h down.
Settled settle(const Line& line, const std::vector<double>& noise, double h, double sharpness) {
  const double spacing = line.spacing();
  Ridders ridders(noise, spacing);
  for (int k = 0; k < halvings && h > min_spacings * spacing; ++k, h /= 2) {
    ridders.add(h, line.values(h), line.values(-h));
    double largest = 0;
    for (const Estimate& e : ridders.best()) largest = std::max(largest, std::abs(e.value));
    if (!ridders.worth_going_on(1e-4 * sharpness * largest)) break;
  }
  return {std::move(ridders), h};
}

}  // namespace

std::vector<Estimate> differences(const Line& line, const std::vector<double>& noise, double h,
                                  double sharpness) {
  while (true) {
    const Settled settled = settle(line, noise, h, sharpness);
    std::vector<Estimate> estimates = settled.ridders.best();
    const auto closer = contradiction(line, noise, settled, estimates);
    if (!closer) return estimates;
    h = *closer;
    if (h > min_spacings * line.spacing()) continue;
    for (Estimate& e : estimates) e.truncation = std::numeric_limits<double>::infinity();
    return estimates;
  }
}

double steep_until(const Line& line, std::size_t p, double h) {
  constexpr int steps = 64, min_grown = 3;
  constexpr double growth = 64;  // round-off grows 16 times, the difference next to 1/x 256 times
  const double spacing = line.spacing();
  double before = 0, until = 0;
  int grown = 0;
  for (int k = 0; k < steps && h > min_spacings * spacing; ++k, h /= 16) {
    const double slope = std::abs((line.values(h)[p] - line.values(-h)[p]) / (2 * h));
    grown = before > 0 && slope > growth * before ? grown + 1 : 0;
    if (grown >= min_grown) until = h;
    before = std::isfinite(slope) ? slope : 0;
  }
  return until;
}

}  // namespace trous::detail
