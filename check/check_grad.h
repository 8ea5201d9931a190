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
  /// A difference is sharp, and can decide, if ten times its error is at most this, relative to the largest
  /// derivative, or at most `negligible`.
  double sharpness = 1e-6;
  /// The first step, along a coordinate or a direction of length 1. If the difference cannot decide, larger
  /// steps are tried: this times the root mean square of the elements that move.
  double step = 1.0 / 16;
  /// An input of more elements is moved along this many random directions, not along its coordinates. A
  /// result of more elements is compared as its product with a random cotangent, not element by element.
  std::int64_t max_coordinates = 24;
  std::uint64_t seed = 7;  ///< of the cotangents and directions
  bool causes = true;      ///< compare a wrong gradient with the usual slips, at some calls for each element
  std::vector<GradCandidate> candidates = {};
};

/// Checks the gradients of `f` at `inputs`. With random cotangents c and F_1 = f,
///
///   F_n(x) = the gradient of <c_(n-1), F_(n-1)(x)>
///
/// at each order n the derivative of F_n by the rules is compared with finite differences of F_n. A small
/// input is moved along each coordinate, a large one along random directions of length 1. Of a small result
/// each element is compared, of a large one the number <c_n, F_n>. The differences are central, over steps
/// that halve, and extrapolated to step 0. The extrapolation also estimates their error: truncation error
/// (the steps are too large) and round-off (they are too small).
///
///   PASS             |rule - difference| <= tolerance |derivative| + tolerance_of_largest |largest|
///                                           + negligible + 10 error,
///                    and the difference is sharp; or all rules and differences of the input are zero up to
///                    their round-off. `derivative` is the larger of |rule| and |difference|, `largest` the
///                    largest derivative with respect to the input. `error` is that of the difference
///                    (truncation, round-off) plus that of the rule (round-off, measured by moving the inputs
///                    a little). With both tolerances 0 a rule must agree to the accuracy of the difference
///   WRONG            the gap |rule - difference| exceeds that, and the first, small steps do not agree with
///                    the rule either. A difference that is not sharp shows a rule to be wrong only if the
///                    gap is 100 times as large and `error` is less than |difference|. A rule that is not
///                    finite where f is smooth is wrong, and so is an op that is declared locally constant
///                    and moves
///   NON-SMOOTH       they differ, and along this direction the inputs lie on a kink: a locally constant op
///                    (a mask, a sign, a winner) changes its value next to them, however small the step. The
///                    explanation names the op. A network of 1e5 ReLUs still passes, with steps that stay
///                    between its kinks
///   ILL-CONDITIONED  no step is left between truncation and round-off, or between a pole next to the inputs
///                    and the spacing of floating-point numbers; the explanation names what would help
///   NOT DETERMINISTIC  two calls, or two backward passes, gave different numbers
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
