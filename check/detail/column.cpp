#include <algorithm>
#include <cmath>
#include <limits>

#include <trous/check/detail/column.h>
#include <trous/check/detail/differences.h>
#include <trous/core/map.h>
#include <trous/core/random.h>

namespace trous::detail {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// A unit vector: coordinate `which`, or a random direction.
Tensor direction(const CheckedFunction& f, const GradCheckOptions& options, int order, int input,
                 std::int64_t which) {
  const Shape& shape = f.input(input).shape();
  if (by_coordinates(f, options, input)) return unit(shape, which);
  const auto label = static_cast<std::uint64_t>(which) * 64 + static_cast<std::uint64_t>(order) * 8;
  const Key key = fold_in(fold_in(Key{options.seed + 1}, label), static_cast<std::uint64_t>(input));
  return random_unit(shape, key);
}

bool sharp(const std::vector<Estimate>& found, double sharpness) {
  double largest = 0;
  for (const Estimate& e : found) largest = std::max(largest, std::abs(e.value));
  return std::all_of(found.begin(), found.end(),
                     [&](const Estimate& e) { return error_multiple * e.error() <= sharpness * largest; });
}

// At large inputs round-off may be larger than the slope. Then larger steps give the better estimate,
// provided that their slope agrees with that of the first steps.
void take_better(std::vector<Estimate>& estimates, const std::vector<Estimate>& of_large_steps) {
  for (std::size_t p = 0; p < estimates.size(); ++p) {
    Estimate& found = estimates[p];
    const Estimate& other = of_large_steps[p];
    const double both = found.error() + other.error();
    if (!std::isfinite(both) || std::abs(found.value - other.value) > error_multiple * both) continue;
    if (other.error() < found.error()) found = other;
  }
}

}  // namespace

double Column::unseen(std::size_t p) const {
  const Estimate& e = difference[p];
  const bool flat = e.value == 0 && e.truncation == 0 && rule[p] != 0;
  return flat ? std::numeric_limits<double>::epsilon() / e.step : 0;
}

double Column::error(std::size_t p) const {
  const double sum = difference[p].error() + rule_round_off[p] + unseen(p);
  return std::isfinite(sum) ? sum : infinity;
}

double Column::gap(std::size_t p) const {
  return std::isfinite(rule[p]) ? std::abs(rule[p] - difference[p].value) : infinity;
}

bool Column::agrees_at_small_steps(std::size_t p) const {
  const Estimate& small = small_step_difference[p];
  return std::abs(rule[p] - small.value) <= error_multiple * (small.error() + rule_round_off[p]);
}

bool Column::at_edge() const {
  return std::any_of(difference.begin(), difference.end(), [](const Estimate& e) { return e.step == 0; });
}

bool by_coordinates(const CheckedFunction& f, const GradCheckOptions& options, int input) {
  return f.input(input).elements() <= options.max_coordinates;
}

double largest_step(const Line& line, const GradCheckOptions& options) { return options.step * line.scale(); }

std::vector<Estimate> small_step_differences(const Line& line, const GradCheckOptions& options,
                                             const std::vector<double>& noise, double largest) {
  const double moves = 0x1p10 * line.spacing();  // moves the input, by enough to distinguish steps
  const double h = std::min(std::max(options.step, moves), largest);
  return differences(line, noise, h, options.sharpness);
}

void differentiate(Column& column, const GradCheckOptions& options, const RoundOff& round_off,
                   double largest) {
  column.rule_round_off.clear();
  for (std::size_t p = 0; p < column.rule.size(); ++p)
    column.rule_round_off.push_back(round_off.of_rule(p, column.line));
  column.noise = round_off.values.noise;
  column.small_step_difference = small_step_differences(column.line, options, column.noise, largest);
  column.difference = column.small_step_difference;
  if (largest >= 4 * options.step && !sharp(column.small_step_difference, options.sharpness))
    take_better(column.difference, differences(column.line, column.noise, largest, options.sharpness));
}

bool approach_pole(Column& column, const GradCheckOptions& options, const Order& order, std::size_t p) {
  const double until = steep_until(column.line, p, options.step);
  column.steep[p] = until;
  if (until == 0) return false;
  Column closer = column;
  differentiate(closer, options, order.round_off, until / 16);
  column.difference[p] = closer.difference[p];
  column.small_step_difference[p] = closer.small_step_difference[p];
  if (column.difference[p].step >= until) column.difference[p] = Estimate{};
  return true;
}

Column column(const CheckedFunction& f, const GradCheckOptions& options, const Order& order, int input,
              std::int64_t which) {
  Column column{.line = {f, order.number, input, direction(f, options, order.number, input, which)},
                .which = which};
  column.rule = column.line.derivatives(order.gradients);
  differentiate(column, options, order.round_off, largest_step(column.line, options));
  return column;
}

}  // namespace trous::detail
