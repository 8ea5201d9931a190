// Element-wise functions of whole tensors, with which pointwise ops, ours or a user's, compute their values.
#pragma once

#include <trous/core/parallel.h>
#include <trous/core/tensor.h>

namespace trous {

/// The number of elements in a chunk of element-wise work. It is fixed, so that results never depend on the
/// number of threads.
inline constexpr std::int64_t map_grain = 1 << 14;

/// y[i] = f(x[i]) for float32 or float64 x; y has x's shape and dtype. `f` is called with either type.
template <class F>
Tensor map(const Tensor& x, F f) {
  return visit_floating("map", x.dtype(), [&]<class T> {
    Tensor y = Tensor::uninitialized(x.shape(), x.dtype());
    const T* in = x.values<T>().data();
    T* out = y.mutable_values<T>().data();
    parallel_for(x.elements(), map_grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) out[i] = static_cast<T>(f(in[i]));
    });
    return y;
  });
}

/// y[i] = f(a[i], b[i]) for two tensors of one shape and one floating dtype. Throws ShapeError or
/// DTypeError if they differ.
template <class F>
Tensor zip(const Tensor& a, const Tensor& b, F f) {
  if (a.shape() != b.shape()) {
    throw ShapeError(text("zip: shapes ", a.shape(), " and ", b.shape(), " differ. Broadcast one of them."));
  }
  if (a.dtype() != b.dtype()) {
    throw DTypeError(text("zip: ", a.dtype(), " and ", b.dtype(), " do not mix. Cast one side."));
  }
  return visit_floating("zip", a.dtype(), [&]<class T> {
    Tensor y = Tensor::uninitialized(a.shape(), a.dtype());
    const T* left = a.values<T>().data();
    const T* right = b.values<T>().data();
    T* out = y.mutable_values<T>().data();
    parallel_for(a.elements(), map_grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) out[i] = static_cast<T>(f(left[i], right[i]));
    });
    return y;
  });
}

/// sum_i a[i] b[i] in float64, over fixed blocks added in order. Shapes and dtypes must agree.
double dot(const Tensor& a, const Tensor& b);

/// max_i |x[i]| of float32 or float64 x; 0 where there are no elements. NaN is ignored.
double largest_magnitude(const Tensor& x);

}  // namespace trous
