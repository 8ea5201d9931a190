// Convolutions as plain loops over plain vectors, written from their definitions and sharing nothing with
// ops/ or its kernels: the forward direction gathers, the transpose scatters.
//
//   conv     y[n, i, j, o] = sum x[n, i s + a r - top, j s + b r - left, c] F[a, b, c, o]
//   transp   v[n, p, q, o] F[a, b, c, o] lands on row p s + a r - top, column q s + b r - left, channel c
//   filters  W[a, b, c, o] = sum u[n, i s + a r - top, j s + b r - left, c] v[n, i, j, o]
//
// reads outside the image giving 0, and what lands outside being dropped.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <trous/core/tensor.h>

namespace trous::oracle {

using Int = std::int64_t;

struct Array {
  Shape shape;
  std::vector<double> values;

  explicit Array(const Shape& extents)
      : shape(extents), values(static_cast<std::size_t>(extents[0] * extents[1] * extents[2] * extents[3])) {}
  explicit Array(const Tensor& tensor)
      : shape(tensor.shape()), values(tensor.cast(DType::float64).to_vector<double>()) {}

  double& at(Int a, Int b, Int c, Int d) {
    return values[static_cast<std::size_t>(((a * shape[1] + b) * shape[2] + c) * shape[3] + d)];
  }
  double at(Int a, Int b, Int c, Int d) const { return const_cast<Array&>(*this).at(a, b, c, d); }
  Array absolute() const {
    Array result = *this;
    for (double& v : result.values) v = v < 0 ? -v : v;
    return result;
  }
};

/// Along one axis: what `conv` sees.
struct Axis {
  Int taps, stride = 1, rate = 1, begin = 0;

  Int span() const { return (taps - 1) * rate + 1; }
};

/// The zeros before an image of `in` pixels under SAME, as the general convolution defines them.
inline Int same_begin(Int in, const Axis& axis) {
  const Int out = (in + axis.stride - 1) / axis.stride;
  return std::max<Int>(0, (out - 1) * axis.stride + axis.span() - in) / 2;
}

/// The same for stride 1: half of (taps - 1) rate, rounded down.
inline Int atrous_same_begin(Int taps, Int rate) { return (taps - 1) * rate / 2; }

struct Window {
  Axis height, width;
};

inline bool inside(const Array& image, Int row, Int column) {
  return row >= 0 && row < image.shape[1] && column >= 0 && column < image.shape[2];
}

inline Array conv(const Array& x, const Array& filters, const Window& w, Int out_height, Int out_width) {
  Array y({x.shape[0], out_height, out_width, filters.shape[3]});
  for (Int n = 0; n < y.shape[0]; ++n)
    for (Int i = 0; i < out_height; ++i)
      for (Int j = 0; j < out_width; ++j)
        for (Int o = 0; o < y.shape[3]; ++o) {
          double sum = 0;
          for (Int a = 0; a < w.height.taps; ++a)
            for (Int b = 0; b < w.width.taps; ++b) {
              const Int row = i * w.height.stride + a * w.height.rate - w.height.begin;
              const Int column = j * w.width.stride + b * w.width.rate - w.width.begin;
              if (!inside(x, row, column)) continue;
              for (Int c = 0; c < x.shape[3]; ++c) sum += x.at(n, row, column, c) * filters.at(a, b, c, o);
            }
          y.at(n, i, j, o) = sum;
        }
  return y;
}

/// `filters` [kh, kw, out, in]: the transpose's result has filters.shape[2] channels.
inline Array transposed(const Array& v, const Array& filters, const Window& w, Int out_height,
                        Int out_width) {
  Array y({v.shape[0], out_height, out_width, filters.shape[2]});
  for (Int n = 0; n < v.shape[0]; ++n)
    for (Int p = 0; p < v.shape[1]; ++p)
      for (Int q = 0; q < v.shape[2]; ++q)
        for (Int a = 0; a < w.height.taps; ++a)
          for (Int b = 0; b < w.width.taps; ++b) {
            const Int row = p * w.height.stride + a * w.height.rate - w.height.begin;
            const Int column = q * w.width.stride + b * w.width.rate - w.width.begin;
            if (!inside(y, row, column)) continue;
            for (Int c = 0; c < filters.shape[2]; ++c)
              for (Int o = 0; o < filters.shape[3]; ++o)
                y.at(n, row, column, c) += v.at(n, p, q, o) * filters.at(a, b, c, o);
          }
  return y;
}

inline Array filter_grad(const Array& u, const Array& v, const Window& w) {
  Array g({w.height.taps, w.width.taps, u.shape[3], v.shape[3]});
  for (Int a = 0; a < w.height.taps; ++a)
    for (Int b = 0; b < w.width.taps; ++b)
      for (Int n = 0; n < v.shape[0]; ++n)
        for (Int i = 0; i < v.shape[1]; ++i)
          for (Int j = 0; j < v.shape[2]; ++j) {
            const Int row = i * w.height.stride + a * w.height.rate - w.height.begin;
            const Int column = j * w.width.stride + b * w.width.rate - w.width.begin;
            if (!inside(u, row, column)) continue;
            for (Int c = 0; c < u.shape[3]; ++c)
              for (Int o = 0; o < v.shape[3]; ++o)
                g.at(a, b, c, o) += u.at(n, row, column, c) * v.at(n, i, j, o);
          }
  return g;
}

/// Depthwise as a dense convolution: F[a, b, c, m] stands between channel c and channel c M + m, all other
/// pairs of channels at 0.
inline Array dense_filters(const Array& depthwise) {
  const Shape& s = depthwise.shape;
  Array dense({s[0], s[1], s[2], s[2] * s[3]});
  for (Int a = 0; a < s[0]; ++a)
    for (Int b = 0; b < s[1]; ++b)
      for (Int c = 0; c < s[2]; ++c)
        for (Int m = 0; m < s[3]; ++m) dense.at(a, b, c, c * s[3] + m) = depthwise.at(a, b, c, m);
  return dense;
}

/// Grouped as a dense convolution: F[a, b, c, o] stands between channel c of the group of o and channel o,
/// all other pairs of channels at 0.
inline Array dense_filters(const Array& grouped, Int groups) {
  const Shape& s = grouped.shape;
  Array dense({s[0], s[1], s[2] * groups, s[3]});
  for (Int a = 0; a < s[0]; ++a)
    for (Int b = 0; b < s[1]; ++b)
      for (Int c = 0; c < s[2]; ++c)
        for (Int o = 0; o < s[3]; ++o)
          dense.at(a, b, o / (s[3] / groups) * s[2] + c, o) = grouped.at(a, b, c, o);
  return dense;
}

/// The filters that dense_filters puts into the dense ones.
inline Array grouped_filters(const Array& dense, Int groups) {
  const Shape& s = dense.shape;
  Array grouped({s[0], s[1], s[2] / groups, s[3]});
  for (Int a = 0; a < s[0]; ++a)
    for (Int b = 0; b < s[1]; ++b)
      for (Int c = 0; c < s[2] / groups; ++c)
        for (Int o = 0; o < s[3]; ++o)
          grouped.at(a, b, c, o) = dense.at(a, b, o / (s[3] / groups) * (s[2] / groups) + c, o);
  return grouped;
}

}  // namespace trous::oracle
