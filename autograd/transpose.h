// The transpose of a linear function, as its vector-Jacobian product. What is not linear is refused by the op
// that is to blame.
#pragma once

#include <functional>

#include <trous/autograd/linear_map.h>

namespace trous {

using LinearFunction = std::function<Variable(const Variable&)>;

/// A^T for f(x) = A x, with <A x, y> = <x, A^T y>.
///
///   const auto blur = [](const Variable& x) { return average_pool2d(resize_bilinear(x, 18, 18)); };
///   const LinearFunction spread = transpose(blur, {{1, 9, 9, 2}, DType::float64});
///
/// f         a function of one Variable made of ops; called three times here, and never again. It may read
///           other Variables, say weights: gradients pass to those that are tracked, as they are now
/// domain    what f takes; float32 or float64, the batch may be 0
/// returns   a function of any y of f(x)'s shape and dtype. It records ops where y or what f reads is
///           tracked, so it can be differentiated, and transposed again: transpose(transpose(f, d), c)
///           computes what f does
///
/// f is linear, as far as it is seen here, if
/// - f(0) = 0, exactly;
/// - no op of its gradient reads x: the gradient of a linear function is the same everywhere. That refuses
///   x^2, but relu and max, too, and x^2 / x. It is asked at 0 and at two random points;
/// - at the random points f(x) is its derivative applied to x, to half of the digits of the coarsest dtype
///   on the way. That refuses floor, whose gradient is zero and so reads nothing, what passes through detach
///   or integers, and an op with a wrong rule.
///
/// Throws ArgumentError if f is empty or gives random results, DTypeError if the domain or f's result is not
/// floating, GraphError if f is not linear, naming the op through which it is not. What is returned throws
/// ShapeError or DTypeError for a y that is not in f's codomain.
LinearFunction transpose(const LinearFunction& f, const Domain& domain);

}  // namespace trous
