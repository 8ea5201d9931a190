// One column of a Jacobian: all numbers of one order, differentiated along one direction of one input, by
// rules and by differences.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <trous/check/check_grad.h>
#include <trous/check/detail/phi.h>
#include <trous/check/detail/ridders.h>
#include <trous/check/detail/round_off.h>

namespace trous::detail {

/// What the rules say at one order.
struct Order {
  int number;
  Phi::Gradients gradients;
  RoundOff round_off;
};

struct Column {
  Tensor u;            ///< of length 1
  std::int64_t which;  ///< coordinate or random direction
  std::vector<double> rule = {}, rule_round_off = {}, noise = {};
  std::vector<Estimate> difference = {};
  std::vector<Estimate> narrow = {};  ///< by the first steps alone: wider ones may pass over a wave
  bool confined = false;              ///< to the smooth part around the inputs
  std::string kink = {};              ///< at the end of that part
  bool on_kink = false;               ///< there is no derivative along u
  /// By number, where it was looked at: the step down to which differences grow, as next to a pole; 0 if
  /// none.
  std::map<std::size_t, double> steep = {};

  /// By how much rule and difference of number `p` may be apart, and are.
  double error(std::size_t p) const;
  double gap(std::size_t p) const;
  /// Whether the rule may be the slope that the narrow difference saw, to its errors.
  bool agrees_with_narrow(std::size_t p) const;
  /// What the rule may be where f does not change in any bit: less than an epsilon over the step. It may have
  /// been absorbed by numbers near 1 on the way (log(1 + exp(-40))).
  double unseen(std::size_t p) const;
  /// Whether f is not finite on some side of the inputs.
  bool at_edge() const;
};

/// Coordinates of inputs of at most max_coordinates elements, else random directions.
bool by_coordinates(const Phi& phi, const GradCheckOptions& options, int input);

Column column(const Phi& phi, const GradCheckOptions& options, const Order& order, int input,
              std::int64_t which);

/// The differences once more, by what is known of the round-off now, over steps of at most `widest`.
void differentiate(Column& column, const Phi& phi, const GradCheckOptions& options, int order, int input,
                   const RoundOff& round_off, double widest);

/// Where differences of number `p` grow the shorter their steps are, takes them again from shorter ones; if
/// there are none that move the inputs, nothing is known of the derivative. False if they do not grow.
bool approach(Column& column, const Phi& phi, const GradCheckOptions& options, const Order& order, int input,
              std::size_t p);

/// The largest step along u: grows with the inputs.
double widest_step(const Phi& phi, const GradCheckOptions& options, int input, const Tensor& u);

/// By steps from options.step down, if that is at most `widest`.
std::vector<Estimate> narrow_differences(const Phi& phi, const GradCheckOptions& options, int order,
                                         int input, const Tensor& u, const std::vector<double>& noise,
                                         double widest);

}  // namespace trous::detail
