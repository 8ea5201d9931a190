// Comparisons, choices and other locally constant functions: their derivative is exactly zero and ends the
// path.
#pragma once

#include <trous/autograd/variable.h>

namespace trous {

/// 1 where the relation holds, else 0, as uint8. The operands have one dtype, of any kind; shapes broadcast.
/// Comparing with NaN gives 0. Throws DTypeError if the dtypes differ, ShapeError if the shapes do not
/// broadcast.
Variable equal(const Variable& a, const Variable& b);
Variable less(const Variable& a, const Variable& b);
Variable less_equal(const Variable& a, const Variable& b);
Variable greater(const Variable& a, const Variable& b);
Variable greater_equal(const Variable& a, const Variable& b);

/// Compares with a number. It is converted to x's dtype if that is floating; integers are compared with the
/// number itself.
Variable equal(const Variable& x, double number);
Variable less(const Variable& x, double number);
Variable less_equal(const Variable& x, double number);
Variable greater(const Variable& x, double number);
Variable greater_equal(const Variable& x, double number);

/// x where mask is not 0, else 0: a linear map of x that is its own transpose.
///
/// x      float32 or float64
/// mask   uint8, x's shape
///
/// Throws DTypeError or ShapeError otherwise.
Variable masked(const Variable& x, const Variable& mask);

/// a where mask is not 0, else b. mask is uint8; the three shapes broadcast. A number takes the other side's
/// dtype. Throws DTypeError or ShapeError if they do not fit.
///
/// A NaN in the side not taken reaches neither the value nor the gradients in a and b, which are 0 there. It
/// does reach the gradient in the inputs of the op that computed that side, since 0 times an infinite slope
/// is NaN: where(greater(x, 0), sqrt(x), 0) has the gradient NaN at x = 0. Choose the input of such a
/// function, too:
///
///   const Variable inside = greater(x, 0);
///   const Variable y = where(inside, sqrt(where(inside, x, 1)), 0);  // its gradient at x = 0 is 0
Variable where(const Variable& mask, const Variable& a, const Variable& b);
Variable where(const Variable& mask, const Variable& a, double b);
Variable where(const Variable& mask, double a, const Variable& b);

/// The larger, or the smaller, of two values; shapes broadcast. The gradient goes to the one that is taken,
/// to a where both are equal. A NaN on either side stays. Throws as where.
Variable maximum(const Variable& a, const Variable& b);
Variable minimum(const Variable& a, const Variable& b);

/// -1, 0 or 1; NaN stays. x is float32 or float64.
Variable sign(const Variable& x);
/// The largest integer that is not above x; x is float32 or float64.
Variable floor(const Variable& x);

}  // namespace trous
