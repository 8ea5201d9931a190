// One column of a Jacobian: all numbers of one order, differentiated along one line, by rules and by
// differences.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include <trous/check/check_grad.h>
#include <trous/check/detail/kinks.h>
#include <trous/check/detail/line.h>
#include <trous/check/detail/ridders.h>
#include <trous/check/detail/round_off.h>

namespace trous::detail {

/// One order of a check: the gradients by the rules, and the round-off of values and gradients.
struct Order {
  int number;
  CheckedFunction::Gradients gradients;
  RoundOff round_off;
};

struct Column {
  Line line;
  std::int64_t which;  ///< the number of the coordinate or of the random direction
  std::vector<double> rule = {}, rule_round_off = {}, noise = {};
  std::vector<Estimate> difference = {};
  /// From the first steps alone. Larger steps may pass over an oscillation.
  std::vector<Estimate> small_step_difference = {};
  std::optional<SmoothPart> smooth = {};  ///< the part around the inputs, once it has been looked for
  bool on_kink = false;                   ///< there is no derivative along the line
  /// The step down to which the differences of a number grow, as next to a pole; 0 if they do not grow. It
  /// holds the numbers that have been looked at.
  std::map<std::size_t, double> steep = {};

  /// The combined uncertainty of rule and difference of number `p`.
  double error(std::size_t p) const;
  /// The actual distance of rule and difference of number `p`.
  double gap(std::size_t p) const;
  /// Whether rule and difference of number `p` agree within their errors for the first steps.
  bool agrees_at_small_steps(std::size_t p) const;
  /// The largest derivative that is compatible with values that do not change in any bit: an epsilon over the
  /// step. A change may be absorbed by intermediate numbers near 1, as in log(1 + exp(-40)).
  double unseen(std::size_t p) const;
  /// Whether f is not finite on some side of the inputs.
  bool at_edge() const;
};

/// Whether an input is checked along its coordinates, which it is up to max_coordinates elements; otherwise
/// along random directions.
bool by_coordinates(const CheckedFunction& f, const GradCheckOptions& options, int input);

/// The largest step along the line: options.step, in proportion to the input.
double largest_step(const Line& line, const GradCheckOptions& options);

/// Rules and differences along coordinate or direction `which` of an input.
Column column(const CheckedFunction& f, const GradCheckOptions& options, const Order& order, int input,
              std::int64_t which);

/// The derivatives from options.step down, or from `largest`, if that is less.
std::vector<Estimate> small_step_differences(const Line& line, const GradCheckOptions& options,
                                             const std::vector<double>& noise, double largest);

/// Takes the differences of a column by steps of at most `largest`: from options.step down and, if these
/// cannot decide, from `largest` down.
void differentiate(Column& column, const GradCheckOptions& options, const RoundOff& round_off,
                   double largest);

/// Returns whether the differences of number `p` grow as their steps shrink, as next to a pole. If so, takes
/// them again from shorter steps; if these are too short to move the inputs, the estimate becomes unknown.
bool approach_pole(Column& column, const GradCheckOptions& options, const Order& order, std::size_t p);

}  // namespace trous::detail
