// The error of a central difference as a function of its step: a V between the truncation error, which falls
// as the step shrinks, and the round-off, which grows.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include <trous/autograd/variable.h>

namespace trous {

/// Which derivative is taken, and by which steps.
struct StepSweepOptions {
  int order = 1;            ///< the order of the derivative
  int input = 0;            ///< the input that moves, along a random direction of length 1
  double largest = 1;       ///< the first step
  double smallest = 1e-14;  ///< no step is smaller
  int steps_per_decade = 2;
  std::uint64_t seed = 7;  ///< of the direction and the cotangents
};

struct StepSweepPoint {
  double step;
  double difference;  ///< (F(x + step u) - F(x - step u)) / (2 step)
  double error;       ///< |difference - rule| / |rule|; not divided where the rule is 0
};

struct StepSweep {
  std::string name;
  int order, input;
  double rule;                         ///< the derivative by the rules
  std::vector<StepSweepPoint> points;  ///< from the largest step to the smallest
  double extrapolated;                 ///< the derivative as check_grad finds it, from several steps
  double extrapolation_error;          ///< |extrapolated - rule| / |rule|

  /// The point with the smallest error.
  const StepSweepPoint& best() const;

  /// A picture of the sweep as the text of an SVG file, both axes logarithmic.
  std::string svg() const;
};

/// Prints a line per step, with a bar as long as the logarithm of the error, and the best step.
std::ostream& operator<<(std::ostream& stream, const StepSweep& sweep);

/// Takes differences of `f` at `inputs` with steps in a geometric series. F, inputs and errors are as in
/// check_grad, with one number F = <c, f>, c random.
///
/// Throws as check_grad; ArgumentError if an option is out of range.
StepSweep sweep_steps(std::string_view name, const Function& f, const std::vector<Tensor>& inputs,
                      const StepSweepOptions& options = {});

}  // namespace trous
