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
Tensor direction(const Phi& phi, const GradCheckOptions& options, int order, int input, std::int64_t which) {
  const Shape& shape = phi.inputs()[static_cast<std::size_t>(input)].shape();
  if (by_coordinates(phi, options, input)) return unit(shape, which);
  const auto label = static_cast<std::uint64_t>(which) * 64 + static_cast<std::uint64_t>(order) * 8;
  const Key key = fold_in(fold_in(Key{options.seed + 1}, label), static_cast<std::uint64_t>(input));
  return random_unit(shape, key);
}

bool sharp(const std::vector<Estimate>& found, double sharpness) {
  double largest = 0;
  for (const Estimate& e : found) largest = std::max(largest, std::abs(e.value));
  return std::all_of(found.begin(), found.end(),
                     [&](const Estimate& e) { return sure * e.error() <= sharpness * largest; });
}

// Where large inputs drown the slope in round-off, larger steps may save it, if they see the same slope.
void widen(Column& column, const std::vector<Estimate>& wide) {
  for (std::size_t p = 0; p < wide.size(); ++p) {
    Estimate& found = column.difference[p];
    const double both = found.error() + wide[p].error();
    if (!std::isfinite(both) || std::abs(found.value - wide[p].value) > sure * both) continue;
    if (wide[p].error() < found.error()) found = wide[p];
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

bool Column::agrees_with_narrow(std::size_t p) const {
  return std::abs(rule[p] - narrow[p].value) <= sure * (narrow[p].error() + rule_round_off[p]);
}

bool Column::at_edge() const {
  return std::any_of(difference.begin(), difference.end(), [](const Estimate& e) { return e.step == 0; });
}

bool by_coordinates(const Phi& phi, const GradCheckOptions& options, int input) {
  return phi.inputs()[static_cast<std::size_t>(input)].elements() <= options.max_coordinates;
}

double widest_step(const Phi& phi, const GradCheckOptions& options, int input, const Tensor& u) {
  return options.step * phi.scale(input, u);
}

std::vector<Estimate> narrow_differences(const Phi& phi, const GradCheckOptions& options, int order,
                                         int input, const Tensor& u, const std::vector<double>& noise,
                                         double widest) {
  const double moves = 0x1p10 * phi.spacing(input, u);  // inputs, by enough to tell steps apart
  const double h = std::min(std::max(options.step, moves), widest);
  return differences(phi, order, input, u, noise, h, options.sharpness);
}

void differentiate(Column& column, const Phi& phi, const GradCheckOptions& options, int order, int input,
                   const RoundOff& round_off, double widest) {
  column.rule_round_off.clear();
  for (std::size_t p = 0; p < column.rule.size(); ++p)
    column.rule_round_off.push_back(round_off.of_rule(p, input, column.u));
  column.noise = round_off.values.noise;
  column.narrow = narrow_differences(phi, options, order, input, column.u, column.noise, widest);
  column.difference = column.narrow;
  if (widest >= 4 * options.step && !sharp(column.narrow, options.sharpness))
    widen(column, differences(phi, order, input, column.u, column.noise, widest, options.sharpness));
}

bool approach(Column& column, const Phi& phi, const GradCheckOptions& options, const Order& order, int input,
              std::size_t p) {
  const double until = steep_until(phi, order.number, input, column.u, p, options.step);
  column.steep[p] = until;
  if (until == 0) return false;
  Column closer = column;
  differentiate(closer, phi, options, order.number, input, order.round_off, until / 16);
  column.difference[p] = closer.difference[p];
  column.narrow[p] = closer.narrow[p];
  if (column.difference[p].step >= until) column.difference[p] = Estimate{};
  return true;
}

Column column(const Phi& phi, const GradCheckOptions& options, const Order& order, int input,
              std::int64_t which) {
  Column column{.u = direction(phi, options, order.number, input, which), .which = which};
  for (const std::vector<Tensor>& gradient : order.gradients)
    column.rule.push_back(along(gradient[static_cast<std::size_t>(input)], column.u));
  differentiate(column, phi, options, order.number, input, order.round_off,
                widest_step(phi, options, input, column.u));
  return column;
}

}  // namespace trous::detail
