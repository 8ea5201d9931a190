// A straight line through the inputs of a check, along which derivatives are taken.
#pragma once

#include <vector>

#include <trous/check/detail/checked_function.h>

namespace trous::detail {

/// F(t): the numbers of one order of a checked function where one input is moved by t u, all else being as it
/// is. The function outlives the line.
struct Line {
  const CheckedFunction& f;
  int order;
  int input;  ///< the number of the input that moves
  Tensor u;   ///< the direction, of length 1 and of the input's shape

  const Tensor& moving_input() const { return f.input(input); }

  /// The inputs at t.
  std::vector<Tensor> at(double t) const;

  /// F(t); NaN where f throws.
  std::vector<double> values(double t) const { return f.values(order, at(t)); }

  /// The derivative at 0 of each number, by the rules' gradients.
  std::vector<double> derivatives(const CheckedFunction::Gradients& gradients) const;

  /// The spacing of floating-point numbers along u: an epsilon of the length of those elements of the input
  /// that move. A much smaller t does not move the input.
  double spacing() const;

  /// The size of the input along u, with which steps grow: the root mean square of those elements that move,
  /// and at least 1.
  double scale() const;
};

}  // namespace trous::detail
