// The error of a central difference by its step: the V between truncation, which falls with the step, and
// round-off, which grows as it falls.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include <trous/autograd/variable.h>

namespace trous {

struct StepSweepOptions {
  int order = 1;            ///< the derivative of which order is taken
  int input = 0;            ///< in which input, along a random direction of length 1
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

  /// The point of the least error.
  const StepSweepPoint& best() const;

  /// A picture of it, both axes logarithmic, in an image format that browsers show: write it to a file.svg.
  std::string svg() const;
};

/// A line per step with a bar as long as the logarithm of the error, and the best step.
std::ostream& operator<<(std::ostream& stream, const StepSweep& sweep);

/// Takes differences of `f` at `inputs` with steps in a geometric series. F, inputs and errors are as in
/// check_grad, with one number F = <c, f>, c random.
///
/// Throws as check_grad; ArgumentError if an option is out of range.
StepSweep sweep_steps(std::string_view name, const Function& f, const std::vector<Tensor>& inputs,
                      const StepSweepOptions& options = {});

}  // namespace trous
