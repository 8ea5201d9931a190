// + - * / and scaling. Shapes broadcast; dtypes never mix; a scalar literal takes the tensor's dtype.
//
// Throw ShapeError where shapes do not broadcast, DTypeError where dtypes differ or are not floating.
#pragma once

#include <string_view>

#include <trous/autograd/variable.h>

namespace trous {

/// a + b
Variable add(const Variable& a, const Variable& b, std::string_view name = {});
/// a - b
Variable sub(const Variable& a, const Variable& b, std::string_view name = {});
/// a * b, element by element: the trilinear form sum a b y, so every gradient is again a `mul`.
Variable mul(const Variable& a, const Variable& b, std::string_view name = {});
/// a / b. Gradients: g / b and -g y / b.
Variable div(const Variable& a, const Variable& b, std::string_view name = {});
/// factor * x: a linear map that is its own transpose.
Variable scale(const Variable& x, double factor);
/// x + term
Variable shift(const Variable& x, double term);

inline Variable operator+(const Variable& a, const Variable& b) { return add(a, b); }
inline Variable operator-(const Variable& a, const Variable& b) { return sub(a, b); }
inline Variable operator*(const Variable& a, const Variable& b) { return mul(a, b); }
inline Variable operator/(const Variable& a, const Variable& b) { return div(a, b); }
inline Variable operator-(const Variable& x) { return scale(x, -1); }
inline Variable operator+(const Variable& x, double term) { return shift(x, term); }
inline Variable operator+(double term, const Variable& x) { return shift(x, term); }
inline Variable operator-(const Variable& x, double term) { return shift(x, -term); }
inline Variable operator-(double term, const Variable& x) { return shift(scale(x, -1), term); }
inline Variable operator*(const Variable& x, double factor) { return scale(x, factor); }
inline Variable operator*(double factor, const Variable& x) { return scale(x, factor); }
inline Variable& operator+=(Variable& a, const Variable& b) { return a = a + b; }
inline Variable& operator-=(Variable& a, const Variable& b) { return a = a - b; }
inline Variable& operator*=(Variable& a, const Variable& b) { return a = a * b; }
/// x / divisor
Variable operator/(const Variable& x, double divisor);
/// dividend / x
Variable operator/(double dividend, const Variable& x);

}  // namespace trous
