#include <algorithm>
#include <cmath>
#include <limits>

#include <trous/autograd/detail/round_off.h>
#include <trous/core/map.h>

namespace trous::detail {
namespace {

constexpr std::size_t neighbours = 5, samples = noise_places.size() - neighbours + 1;

// The round-off of a number, which `number` reads from what was computed at each point.
template <class Lines, class F>
double noise(const Lines& lines, F number) {
  double squares = 0, largest = 0;
  for (const auto& line : lines) {
    std::array<double, noise_places.size()> values{};
    std::transform(line.begin(), line.end(), values.begin(), number);
    squares += squared_noise(values) / noise_lines;
    for (const double v : values) largest = std::max(largest, std::abs(v));
  }
  return std::max(std::sqrt(squares), std::numeric_limits<double>::epsilon() * largest);
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
  return noise(gradients, [&](const Phi::Gradients& there) {
    return dot(there[p][static_cast<std::size_t>(input)], u);
  });
}

RoundOff round_off(const Phi& phi, int order, double step,
                   const std::function<std::vector<Tensor>(int line, double t)>& at) {
  RoundOff result;
  for (int shrunk = 0; shrunk < 4; ++shrunk, step /= 1024) {
    result = {};
    std::array<std::array<std::vector<double>, noise_places.size()>, noise_lines> values;
    for (std::size_t line = 0; line < noise_lines; ++line) {
      for (std::size_t k = 0; k < noise_places.size(); ++k) {
        const std::vector<Tensor> point = at(static_cast<int>(line), step * noise_places[k]);
        values[line][k] = phi.values(order, point);
        result.gradients[line][k] = phi.gradients(order, point);
      }
    }
    for (std::size_t p = 0; p < values[0][0].size(); ++p)
      result.values.push_back(noise(values, [p](const std::vector<double>& v) { return v[p]; }));
    if (std::all_of(result.values.begin(), result.values.end(), [](double v) { return std::isfinite(v); }))
      break;
  }
  return result;
}

}  // namespace trous::detail
