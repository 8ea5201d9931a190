// Checks gradients, to any order, against finite differences whose error is known, and explains a gradient
// that is wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <trous/autograd/variable.h>
#include <trous/check/grad_report.h>
#include <trous/core/random.h>

namespace trous {

/// A guess at what a wrong gradient may be the gradient of: the op with a likely slip.
struct GradCandidate {
  std::string name;   ///< the slip: "rate 1"
  Function function;  ///< of the same inputs, with a result of the same shape
};

/// How a gradient is checked.
struct GradCheckOptions {
  int order = 1;                    ///< orders 1 to `order` are checked
  double tolerance = 1e-6;          ///< allowed error of a derivative, relative to the derivative
  double tolerance_of_largest = 0;  ///< further allowed error, relative to the input's largest derivative
  /// Further allowed error of the derivatives of each input, absolute. Empty means 0.
  std::vector<double> negligible = {};
  /// A difference can decide if ten times its error is at most this, relative to the largest derivative.
  double sharpness = 1e-6;
  /// The first step, along a coordinate or a direction of length 1. If the difference cannot decide, larger
  /// steps are tried: this times the root mean square of the elements that move.
  double step = 1.0 / 16;
  /// An input of more elements is checked along this many random directions, not along its coordinates.
  std::int64_t max_coordinates = 24;
  std::uint64_t seed = 7;  ///< of the cotangents and directions
  bool causes = true;      ///< compare a wrong gradient with the usual slips, at some calls for each element
  std::vector<GradCandidate> candidates = {};
};

/// Checks the gradients of `f` at `inputs`. With random cotangents c and F_1 = f,
///
///   F_n(x) = the gradient of <c_(n-1), F_(n-1)(x)>
///
/// at each order n the derivative of F_n by the rules is compared with differences of F_n: all elements of
/// the Jacobian where input and result are small, else along random directions of length 1, and of <c_n,
/// F_n>. The differences are central, over steps that halve, and extrapolated to step 0. The extrapolation
/// also estimates their error: truncation error (the steps are too large) and round-off (they are too small).
///
///   PASS             |rule - difference| <= tolerance |derivative| + tolerance_of_largest |largest|
///                                           + negligible + 10 error,
///                    where 10 error <= sharpness |largest|; or both are zero up to their round-off.
///                    `largest` is the largest derivative of the input. `error` is that of the difference
///                    (truncation, round-off) plus that of the rule (round-off, measured by moving the inputs
///                    a little). With both tolerances 0 a rule must agree to the accuracy of the difference
///   WRONG            they differ by more than that. A difference that is not sharp shows a rule to be wrong
///                    only if they differ by 100 times as much and its error is smaller than the difference
///   NON-SMOOTH       they differ, and along this direction the inputs lie on a kink: a locally constant op
///                    (a mask, a sign, a winner) changes its value next to them, however small the step. The
///                    explanation names the op. A network of 1e5 ReLUs still passes, with steps that stay
///                    between its kinks
///   ILL-CONDITIONED  no step is left between truncation and round-off, or between a pole next to the inputs
///                    and the spacing of floating-point numbers; the explanation names what would help
///   NOT DETERMINISTIC  two calls gave different bits
///
/// A wrong gradient is compared with the usual slips (`explanation`): a sign, a factor, exchanged axes, a
/// shift, the border alone, the gradient of another input, and those in `candidates`. From order two on, a
/// value that a rule treats as a constant although it moves with the inputs is named first, with the rule.
/// For a rule that is not finite, the op that gave the first bad value is named.
///
/// name      shown in the report
/// f         any function of Variables, of the inputs' number; called at many points
/// inputs    float64, none empty
///
/// Throws DTypeError if an input or the result is not float64, ShapeError if an input is empty or the
/// result's shape changes, ArgumentError if an option is out of range, GraphError if the result does not
/// depend on a Variable that was given or has no gradient of that order, Error with f's text if f throws.
///
/// Source: Ridders, "Accurate computation of F'(x) and F'(x) F''(x)", Adv. Eng. Software 4 (1982) 75-76.
GradReport check_grad(std::string_view name, const Function& f, const std::vector<Tensor>& inputs,
                      const GradCheckOptions& options = {});

}  // namespace trous
