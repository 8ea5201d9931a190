// The transpose of a linear function, as its vector-Jacobian product. A function that is not linear is
// refused, and the error names the op that makes it so.
#pragma once

#include <functional>

#include <trous/autograd/linear_map.h>

namespace trous {

/// A linear function written in ops.
using LinearFunction = std::function<Variable(const Variable&)>;

/// Returns the transpose A^T of f(x) = A x, with <A x, y> = <x, A^T y>.
///
///   const auto blur = [](const Variable& x) { return average_pool2d(resize_bilinear(x, 18, 18)); };
///   const LinearFunction spread = transpose(blur, {{1, 9, 9, 2}, DType::float64});
///
/// f         a function of one Variable made of ops; called three times here, and never again. It may read
///           other Variables, such as weights: gradients pass to the tracked ones, with their present values
/// domain    the shape and dtype of x; float32 or float64, the batch may be 0
/// returns   a function of any y of f(x)'s shape and dtype. It records ops where y or a Variable that f reads
///           is tracked, so it can be differentiated, and transposed again:
///           transpose(transpose(f, d), c) computes the same as f
///
/// f counts as linear if three conditions hold:
/// - f(0) = 0, exactly;
/// - no op of its gradient reads x, at 0 and at two random points, since the gradient of a linear function is
///   the same everywhere. This refuses x^2, and also relu, max and x^2 / x;
/// - at the random points f(x) equals its derivative applied to x, to half of the digits of the coarsest
///   dtype on the tape. This refuses floor, whose gradient is zero and so reads nothing, paths through detach
///   or integers, and an op with a wrong rule.
///
/// Throws ArgumentError if f is empty or gives random results, DTypeError if the domain or f's result is not
/// floating, GraphError if f is not linear, naming the op through which it is not. The returned function
/// throws ShapeError or DTypeError for a y that is not in f's codomain.
LinearFunction transpose(const LinearFunction& f, const Domain& domain);

}  // namespace trous
