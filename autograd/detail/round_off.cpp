#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <trous/autograd/detail/round_off.h>
#include <trous/core/map.h>

namespace trous::detail {
namespace {

constexpr std::size_t neighbours = 5, samples = noise_places.size() - neighbours + 1;

// The round-off of a number, which `number` reads from what was computed at each point.
template <class Lines, class F>
double noise_of(const Lines& lines, F number) {
  double noise = 0, largest = 0;
  for (const auto& line : lines) {
    std::array<double, noise_places.size()> values{};
    std::transform(line.begin(), line.end(), values.begin(), number);
    double largest_here = 0;
    for (const double v : values) largest_here = std::max(largest_here, std::abs(v));
    largest = std::max(largest, largest_here);
    const double unit = largest_here > 0 ? largest_here : 1;  // squares may be beyond what a double holds
    for (double& v : values) v /= unit;
    const double here = std::sqrt(squared_noise(values)) * unit;
    noise = std::hypot(noise, here / std::sqrt(noise_lines));
  }
  // The spacing of doubles, which near 0 is not relative.
  return std::max(
      {noise, std::numeric_limits<double>::epsilon() * largest, std::numeric_limits<double>::denorm_min()});
}

// The noise of the values, and the step at which it could be seen.
std::pair<std::vector<double>, double> measured(const Phi& phi, int order, double step,
                                                const NoisePoints& at) {
  for (int shrunk = 0;; ++shrunk, step /= 1024) {
    std::array<std::array<std::vector<double>, noise_places.size()>, noise_lines> values;
    for (std::size_t line = 0; line < noise_lines; ++line) {
      for (std::size_t k = 0; k < noise_places.size(); ++k)
        values[line][k] = phi.values(order, at(static_cast<int>(line), step * noise_places[k]));
    }
    std::vector<double> found;
    for (std::size_t p = 0; p < values[0][0].size(); ++p)
      found.push_back(noise_of(values, [p](const std::vector<double>& v) { return v[p]; }));
    const bool finite = std::all_of(found.begin(), found.end(), [](double v) { return std::isfinite(v); });
    if (finite || shrunk == 3) return {found, step};
  }
}

}  // namespace

double squared_noise(const std::array<double, noise_places.size()>& values) {
  double mean = 0;
  for (std::size_t first = 0; first < samples; ++first) {
    double difference = 0, squares = 0;
    for (std::size_t k = first; k < first + neighbours; ++k) {
      double product = 1;
      for (std::size_t j = first; j < first + neighbours; ++j) {
        if (j != k) product *= noise_places[k] - noise_places[j];
      }
      difference += values[k] / product;
      squares += 1 / (product * product);
    }
    mean += difference * difference / squares / samples;
  }
  return mean;
}

double RoundOff::of_rule(std::size_t p, int input, const Tensor& u) const {
  return noise_of(gradients, [&](const Phi::Gradients& there) {
    return dot(there[p][static_cast<std::size_t>(input)], u);
  });
}

RoundOff round_off(const Phi& phi, int order, double step, const NoisePoints& at) {
  const auto [values, finite_step] = measured(phi, order, step, at);
  RoundOff result{.values = values, .gradients = {}};
  for (std::size_t line = 0; line < noise_lines; ++line) {
    for (std::size_t k = 0; k < noise_places.size(); ++k) {
      result.gradients[line][k] =
          phi.gradients(order, at(static_cast<int>(line), finite_step * noise_places[k]));
    }
  }
  return result;
}

std::vector<double> value_noise(const Phi& phi, int order, double step, const NoisePoints& at) {
  return measured(phi, order, step, at).first;
}

}  // namespace trous::detail
