#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include <trous/check/detail/round_off.h>
#include <trous/core/map.h>

namespace trous::detail {
namespace {

constexpr std::size_t neighbours = 5, samples = noise_places.size() - neighbours + 1;

constexpr int max_levels = 12;  // of distances, each 1024 times smaller than the one before

// The measurement of one number, over the points of all lines.
struct Seen {
  double noise = 0;    // the variation that is not smooth, at least the spacing of doubles
  double spread = 0;   // between the values of one line
  double largest = 0;  // of all values

  bool finite() const { return std::isfinite(noise); }
  // Whether the function is so close to a singularity that its fourth differences are not round-off.
  bool wild() const { return spread > 0.1 * largest && noise > 1e-3 * spread; }
  bool smooth() const { return spread > 0 && noise <= 1e-6 * spread; }
};

double spacing_at(double value) {  // of doubles, which near 0 is not relative
  return std::max(std::numeric_limits<double>::epsilon() * value, std::numeric_limits<double>::denorm_min());
}

// `number` reads the number from what was computed at each point.
template <class Lines, class F>
Seen seen(const Lines& lines, F number) {
  Seen result;
  for (const auto& line : lines) {
    std::array<double, noise_places.size()> values{};
    std::transform(line.begin(), line.end(), values.begin(), number);
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    const double largest_here = std::max(std::abs(*low), std::abs(*high));
    result.largest = std::max(result.largest, largest_here);
    result.spread = std::max(result.spread, *high - *low);
    const double unit = largest_here > 0 ? largest_here : 1;  // squares may be beyond what a double holds
    for (double& v : values) v /= unit;
    const double here = std::sqrt(squared_noise(values)) * unit;
    result.noise = std::hypot(result.noise, here / std::sqrt(noise_lines));
  }
  if (result.finite()) result.noise = std::max(result.noise, spacing_at(result.largest));
  return result;
}

// The measurements of one number, from the largest distance of the points to the smallest so far.
class Levels {
 public:
  // Takes the measurement at the next distance. Returns whether no further one is needed.
  bool add(const Seen& next, double step) {
    if (next.finite()) {
      if (!chosen_) {
        chosen_ = next;
        step_ = step;
        settled_ = !next.wild();
      } else if (next.smooth()) {
        chosen_ = next;
        step_ = step;
        settled_ = true;
      }
      if (next.spread == 0) settled_ = true;  // smaller distances will show no variation either
    }
    return settled_;
  }

  void write(ValueNoise& all) const {
    all.noise.push_back(chosen_ ? chosen_->noise : std::numeric_limits<double>::quiet_NaN());
    all.steps.push_back(step_);
  }

 private:
  std::optional<Seen> chosen_;  // at the widest distance that is finite, or one where the number is smooth
  double step_ = 0;
  bool settled_ = false;
};

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

double RoundOff::of_rule(std::size_t p, const Line& line) const {
  const auto there = gradients.find(values.steps[p]);
  if (there == gradients.end()) return std::numeric_limits<double>::quiet_NaN();
  return seen(there->second,
              [&](const CheckedFunction::Gradients& g) {
                return along(g[p][static_cast<std::size_t>(line.input)], line.u);
              })
      .noise;
}

RoundOff round_off(const CheckedFunction& f, int order, double step, const NoisePoints& at) {
  RoundOff result{.values = value_noise(f, order, step, at), .gradients = {}};
  for (const double distance : result.values.steps) {
    if (distance == 0 || result.gradients.contains(distance)) continue;
    auto& lines = result.gradients[distance];
    for (std::size_t line = 0; line < noise_lines; ++line) {
      for (std::size_t k = 0; k < noise_places.size(); ++k)
        lines[line][k] = f.gradients(order, at(static_cast<int>(line), distance * noise_places[k]));
    }
  }
  return result;
}

ValueNoise value_noise(const CheckedFunction& f, int order, double step, const NoisePoints& at) {
  std::vector<Levels> numbers;
  bool settled = false;
  for (int level = 0; level <= max_levels && !settled; ++level, step /= 1024) {
    std::array<std::array<std::vector<double>, noise_places.size()>, noise_lines> values;
    for (std::size_t line = 0; line < noise_lines; ++line) {
      for (std::size_t k = 0; k < noise_places.size(); ++k)
        values[line][k] = f.values(order, at(static_cast<int>(line), step * noise_places[k]));
    }
    numbers.resize(values[0][0].size());
    settled = true;
    for (std::size_t p = 0; p < numbers.size(); ++p) {
      const Seen here = seen(values, [p](const std::vector<double>& v) { return v[p]; });
      if (!numbers[p].add(here, step)) settled = false;
    }
  }
  ValueNoise result;
  for (const Levels& number : numbers) number.write(result);
  return result;
}

}  // namespace trous::detail
