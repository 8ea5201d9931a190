// Numbers that carry a bound on what float64 may make of them. A loop written with them is an oracle that
// derives its own tolerance: no test that compares with it has a number of its own.
//
// A Rounded holds the value, in long double, and a bound on the absolute error that the same formula
// collects in arithmetic of unit round-off u, in units of u and to first order in it (running error
// analysis; Wilkinson, "Rounding Errors in Algebraic Processes", 1963):
//
//   x + y   err x + err y + |x + y|          x y   |y| err x + |x| err y + |x y|
//   f(x)    |f'(x)| err x + 4 |f(x)|, for exp, log, tanh and powers, which a library may miss by 2 ulps
//
// Sums of many terms are left to `Sum`, whose bound, (n - 1) sum |terms|, holds for every order of adding.
#pragma once

#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

#include <trous/core/tensor.h>

namespace trous::catalogue {

struct Rounded {
  long double value = 0, error = 0;

  Rounded() = default;
  Rounded(double exact) : value(exact) {}
  Rounded(long double v, long double e) : value(v), error(e) {}
};

inline Rounded operator+(Rounded a, Rounded b) {
  const long double v = a.value + b.value;
  return {v, a.error + b.error + std::abs(v)};
}
inline Rounded operator-(Rounded a) { return {-a.value, a.error}; }
inline Rounded operator-(Rounded a, Rounded b) { return a + -b; }
inline Rounded operator*(Rounded a, Rounded b) {
  const long double v = a.value * b.value;
  return {v, std::abs(a.value) * b.error + std::abs(b.value) * a.error + std::abs(v)};
}
inline Rounded operator/(Rounded a, Rounded b) {
  const long double v = a.value / b.value;
  return {v, (a.error + std::abs(v) * b.error) / std::abs(b.value) + std::abs(v)};
}
inline bool operator<(Rounded a, Rounded b) { return a.value < b.value; }

/// f(x), where the derivative there is `slope`.
inline Rounded library_function(Rounded x, long double value, long double slope) {
  return {value, std::abs(slope) * x.error + 4 * std::abs(value)};
}
inline Rounded exp(Rounded x) {
  const long double e = std::exp(x.value);
  return library_function(x, e, e);
}
inline Rounded log(Rounded x) { return library_function(x, std::log(x.value), 1 / x.value); }
inline Rounded tanh(Rounded x) {
  const long double t = std::tanh(x.value);
  return library_function(x, t, 1 - t * t);
}
inline Rounded sin(Rounded x) { return library_function(x, std::sin(x.value), std::cos(x.value)); }
inline Rounded cos(Rounded x) { return library_function(x, std::cos(x.value), std::sin(x.value)); }
inline Rounded erf(Rounded x) {
  return library_function(x, std::erf(x.value),
                          2 * std::numbers::inv_sqrtpi_v<long double> * std::exp(-x.value * x.value));
}
inline Rounded pow(Rounded x, long double exponent) {
  return library_function(x, std::pow(x.value, exponent), exponent * std::pow(x.value, exponent - 1));
}
inline Rounded sqrt(Rounded x) {
  const long double root = std::sqrt(x.value);
  return {root, x.error / (2 * root) + root};
}
inline Rounded abs(Rounded x) { return {std::abs(x.value), x.error}; }

/// A sum that may be added in any order.
class Sum {
 public:
  void operator+=(Rounded term) {
    value_ += term.value;
    error_ += term.error;
    size_ += std::abs(term.value);
    ++count_;
  }
  operator Rounded() const { return {value_, error_ + (count_ > 1 ? count_ - 1 : 0) * size_}; }

 private:
  long double value_ = 0, error_ = 0, size_ = 0;
  long double count_ = 0;
};

using Index = std::vector<std::int64_t>;

/// A tensor of Rounded.
struct Array {
  Shape shape;
  std::vector<Rounded> values;

  /// Elements not set are 0.
  explicit Array(const Shape& extents)
      : shape(extents), values(static_cast<std::size_t>(extents.elements())) {}
  explicit Array(const Tensor& tensor) : shape(tensor.shape()) {
    for (const double v : tensor.cast(DType::float64).to_vector<double>()) values.emplace_back(v);
  }

  /// Where `index` lies in `values`.
  std::size_t place(const Index& index) const {
    std::int64_t p = 0;
    for (std::size_t k = 0; k < index.size(); ++k) p = p * shape[static_cast<int>(k)] + index[k];
    return static_cast<std::size_t>(p);
  }
  Rounded& at(const Index& index) { return values[place(index)]; }
  const Rounded& at(const Index& index) const { return values[place(index)]; }
  std::int64_t extent(int axis) const { return shape[axis]; }

  /// The element that broadcasting to a shape of index.size() axes puts at `index`.
  const Rounded& broadcast_at(const Index& index) const {
    const std::size_t missing = index.size() - static_cast<std::size_t>(shape.rank());
    Index own(index.begin() + static_cast<std::ptrdiff_t>(missing), index.end());
    for (std::size_t k = 0; k < own.size(); ++k) {
      if (shape[static_cast<int>(k)] == 1) own[k] = 0;
    }
    return at(own);
  }
};

/// Calls f with every index of `shape`, in row-major order.
template <class F>
void for_each_index(const Shape& shape, const F& f) {
  Index index(static_cast<std::size_t>(shape.rank()), 0);
  for (std::int64_t k = 0; k < shape.elements(); ++k) {
    f(index);
    for (std::size_t axis = index.size(); axis-- > 0;) {
      if (++index[axis] < shape[static_cast<int>(axis)]) break;
      index[axis] = 0;
    }
  }
}

/// The array whose element at `index` is f(index).
template <class F>
Array made(const Shape& shape, const F& f) {
  Array result(shape);
  for_each_index(shape, [&](const Index& index) { result.at(index) = f(index); });
  return result;
}

}  // namespace trous::catalogue
