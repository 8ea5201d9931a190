// Sums, winners and softmax along axes.
#pragma once

#include <cmath>

#include <trous/core/tensor.h>

namespace trous::kernels {

/// Whether `value` takes the place of `held` as a maximum: the first of equals stays, and NaN wins.
template <class T>
bool beats(T value, T held) {
  return value > held || (std::isnan(static_cast<double>(value)) && !std::isnan(static_cast<double>(held)));
}

/// A tensor seen as [outer, axis, inner].
struct Split {
  std::int64_t outer, axis, inner;
};
Split split_at(const Shape& shape, int axis);

/// Sums x down to `shape`, which has x's rank and, on every axis, x's extent or 1. float32 is added in
/// float64, over fixed blocks combined in order.
Tensor sum_to(const Tensor& x, const Shape& shape);

/// int32 index of the largest element along `axis`, which becomes 1. Ties go to the first; NaN wins.
Tensor argmax(const Tensor& x, int axis);

/// x - log sum exp(x) along `axis`, with the maximum taken out.
Tensor log_softmax(const Tensor& x, int axis);

/// y[r] = log sum_k exp(x[r, k]) for x [rows, count], count above 0, with the maximum taken out.
Tensor log_sum_exp(const Tensor& x);

/// y[r] = sqrt(sum_k x[r, k]^2) for x [rows, count], without overflow or underflow of the squares.
Tensor norm(const Tensor& x);

/// y[o, k, i] = x[o, index[o, k, i], i].
Tensor gather(const Tensor& x, const Tensor& index, int axis);

/// The transpose: x[o, index[o, k, i], i] += y[o, k, i]; x has `extent` elements along `axis`.
Tensor scatter_add(const Tensor& y, const Tensor& index, int axis, std::int64_t extent);

}  // namespace trous::kernels
