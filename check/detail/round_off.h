// Measures the round-off in values and in gradients from outside, by evaluating at close points.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <vector>

#include <trous/check/detail/line.h>

namespace trous::detail {

/// The places on a line at which numbers are computed to measure their round-off. They are not equidistant,
/// since roundings would repeat.
inline constexpr std::array<double, 7> noise_places{-3.7, -2.6, -1.3, -0.2, 1.1, 2.4, 3.5};
inline constexpr int noise_lines = 2;
inline constexpr double noise_step = 0x1p-22;  ///< the typical distance between these places

/// Two numbers that should be equal may differ by this multiple of their errors.
inline constexpr double error_multiple = 10;

/// The mean square of the round-off in the values of a smooth function at `noise_places`, close together.
/// Five neighbours make a fourth divided difference
///
///   sum_k f(t_k) / prod_{j != k} (t_k - t_j)
///
/// in which all that is smooth cancels; round-off remains, times the root of the sum of the squared weights.
///
/// Source: after More and Wild, "Estimating computational noise", SIAM J. Sci. Comput. 33 (2011) 1292-1314.
double squared_noise(const std::array<double, noise_places.size()>& values);

/// The round-off of the values of one order, by number.
struct ValueNoise {
  std::vector<double> noise;
  std::vector<double> steps;  ///< typical distance of the points used for each number; 0 if none would do
};

/// The round-off of the values and of the gradients of one order.
struct RoundOff {
  ValueNoise values;
  /// The gradients at the points of all lines, by the distance between the points.
  std::map<double, std::array<std::array<CheckedFunction::Gradients, noise_places.size()>, noise_lines>>
      gradients;

  /// The round-off of the derivative of number `p` along the line, by the rules.
  double of_rule(std::size_t p, const Line& line) const;
};

/// Measures the round-off of values and gradients. `at(line, t)` gives the points and `step` their typical
/// distance. A smaller distance is used for a number that is not finite at these points, or that varies so
/// much between them (next to a pole) that its variation would be taken for round-off.
using NoisePoints = std::function<std::vector<Tensor>(int line, double t)>;
RoundOff round_off(const CheckedFunction& f, int order, double step, const NoisePoints& at);

/// Measures the round-off of the values alone, without computing gradients.
ValueNoise value_noise(const CheckedFunction& f, int order, double step, const NoisePoints& at);

}  // namespace trous::detail
