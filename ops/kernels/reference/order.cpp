#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <trous/core/parallel.h>
#include <trous/ops/kernels/order.h>
#include <trous/ops/kernels/reduce.h>

namespace trous::kernels {
namespace {

// Calls f with the place of the first element of each column along the axis; the next is s.inner behind it.
template <class F>
void for_each_column(const Split& s, const F& f) {
  constexpr std::int64_t column_elements = 1 << 14;  // of one task; depends on nothing but the shape
  const std::int64_t grain = std::max<std::int64_t>(1, column_elements / std::max<std::int64_t>(1, s.axis));
  parallel_for(s.outer * s.inner, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t task = begin; task < end; ++task) f(task / s.inner * s.axis * s.inner + task % s.inner);
  });
}

}  // namespace

Tensor cumsum(const Tensor& x, int axis, bool exclusive, bool reverse) {
  const Split s = split_at(x.shape(), axis);
  Tensor y = Tensor::uninitialized(x.shape(), x.dtype());
  visit_floating("cumsum", x.dtype(), [&]<class T> {
    const T* const in = x.values<T>().data();
    T* const out = y.mutable_values<T>().data();
    for_each_column(s, [&](std::int64_t first) {
      double before = 0;
      for (std::int64_t k = 0; k < s.axis; ++k) {
        const std::int64_t at = first + (reverse ? s.axis - 1 - k : k) * s.inner;
        const double with = before + static_cast<double>(in[at]);
        out[at] = static_cast<T>(exclusive ? before : with);
        before = with;
      }
    });
  });
  return y;
}

Tensor argsort(const Tensor& x, int axis, bool descending) {
  const Split s = split_at(x.shape(), axis);
  Tensor y = Tensor::uninitialized(x.shape(), DType::int32);
  std::int32_t* const out = y.mutable_values<std::int32_t>().data();
  visit(x.dtype(), [&]<class T> {
    const T* const in = x.values<T>().data();
    for_each_column(s, [&](std::int64_t first) {
      const auto comes_before = [&](std::int32_t a, std::int32_t b) {
        const T left = in[first + a * s.inner], right = in[first + b * s.inner];
        if (std::isnan(static_cast<double>(right))) return !std::isnan(static_cast<double>(left));
        return descending ? right < left : left < right;
      };
      std::vector<std::int32_t> order(static_cast<std::size_t>(s.axis));
      std::iota(order.begin(), order.end(), 0);
      std::stable_sort(order.begin(), order.end(), comes_before);
      for (std::int64_t k = 0; k < s.axis; ++k) out[first + k * s.inner] = order[static_cast<std::size_t>(k)];
    });
  });
  return y;
}

}  // namespace trous::kernels
