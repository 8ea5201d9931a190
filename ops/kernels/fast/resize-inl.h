// The loops of resize.h. Columns are blended on the rows of the small image, then rows over the whole width
// at once.
//
// Included once for every instruction set.
#if defined(TROUS_OPS_KERNELS_FAST_RESIZE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TROUS_OPS_KERNELS_FAST_RESIZE_INL_H_
#undef TROUS_OPS_KERNELS_FAST_RESIZE_INL_H_
#else
#define TROUS_OPS_KERNELS_FAST_RESIZE_INL_H_
#endif

#include <algorithm>
#include <hwy/highway.h>
#include <vector>

#include <trous/core/parallel.h>
#include <trous/core/storage.h>
#include <trous/ops/kernels/fast/policy.h>
#include <trous/ops/kernels/fast/resize.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Calls f(d, i) for vectors of lanes i, i + 1, ... below `count`, whole ones and then those of one lane. A
/// multiply-add is rounded alike in both, where a scalar a * x + b would be rounded as the compiler's options
/// have it: what a pixel becomes must not depend on how many lie beside it.
template <class T, class F>
HWY_INLINE void for_vectors(std::int64_t count, F&& f) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) f(d, i);
  for (; i < count; ++i) f(hn::CappedTag<T, 1>(), i);
}

/// out = a x + b y. An input whose weight is 0 is not read: it may be infinite.
template <class T>
void blend(std::int64_t count, T a, const T* x, T b, const T* y, T* out) {
  if (b == 0) {
    std::copy_n(x, count, out);
    return;
  }
  for_vectors<T>(count, [&](auto d, std::int64_t i) HWY_ATTR {
    const auto of_y = hn::Mul(hn::Set(d, b), hn::LoadU(d, y + i));
    hn::StoreU(hn::MulAdd(hn::Set(d, a), hn::LoadU(d, x + i), of_y), d, out + i);
  });
}

/// out += a x
template <class T>
void add_scaled(std::int64_t count, T a, const T* x, T* out) {
  for_vectors<T>(count, [&](auto d, std::int64_t i) HWY_ATTR {
    hn::StoreU(hn::MulAdd(hn::Set(d, a), hn::LoadU(d, x + i), hn::LoadU(d, out + i)), d, out + i);
  });
}

template <class T>
void run_resample(const Resampling& r, const T* small, T* large) {
  const std::int64_t rows = std::ssize(r.rows), columns = std::ssize(r.columns), wide = columns * r.channels;
  const std::int64_t step = std::clamp<std::int64_t>(policy::resize_task_numbers / wide, 1, rows),
                     parts = chunks(rows, step);
  parallel_for(r.images * parts, 1, [&](std::int64_t task, std::int64_t) {
    const std::int64_t n = task / parts, first = task % parts * step, end = std::min(first + step, rows);
    const std::int64_t low = r.rows[static_cast<std::size_t>(first)].low;
    const std::int64_t high = r.rows[static_cast<std::size_t>(end - 1)].high;
    Storage memory(sizeof(T) * static_cast<std::size_t>((high - low + 1) * wide));
    T* const stretched = static_cast<T*>(memory.data());
    for (std::int64_t row = low; row <= high; ++row) {
      const T* const from = small + (n * r.height + row) * r.width * r.channels;
      T* to = stretched + (row - low) * wide;
      for (const Blend& c : r.columns) {
        blend(r.channels, static_cast<T>(1 - c.upper), from + c.low * r.channels, static_cast<T>(c.upper),
              from + c.high * r.channels, to);
        to += r.channels;
      }
    }
    for (std::int64_t i = first; i < end; ++i) {
      const Blend& b = r.rows[static_cast<std::size_t>(i)];
      blend(wide, static_cast<T>(1 - b.upper), stretched + (b.low - low) * wide, static_cast<T>(b.upper),
            stretched + (b.high - low) * wide, large + (n * rows + i) * wide);
    }
  });
}

/// A pixel of the large image from which a small pixel receives a share, along one axis.
template <class T>
struct Share {
  std::int64_t from;
  T weight;
};

template <class T>
std::vector<std::vector<Share<T>>> shares(std::int64_t count, std::span<const Blend> blends) {
  std::vector<std::vector<Share<T>>> all(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < blends.size(); ++i) {
    const Blend& b = blends[i];
    all[static_cast<std::size_t>(b.low)].push_back(
        {static_cast<std::int64_t>(i), static_cast<T>(1 - b.upper)});
    if (b.upper > 0)
      all[static_cast<std::size_t>(b.high)].push_back(
          {static_cast<std::int64_t>(i), static_cast<T>(b.upper)});
  }
  return all;
}

template <class T>
void run_resample_transpose(const Resampling& r, const T* large, T* small) {
  const auto of_row = shares<T>(r.height, r.rows), of_column = shares<T>(r.width, r.columns);
  const std::int64_t rows = std::ssize(r.rows), wide = std::ssize(r.columns) * r.channels;
  parallel_for(r.images * r.height, 1, [&](std::int64_t task, std::int64_t) {
    const std::int64_t n = task / r.height, row = task % r.height;
    Storage memory(sizeof(T) * static_cast<std::size_t>(wide));
    T* const sum = static_cast<T*>(memory.data());
    std::fill_n(sum, wide, T(0));
    for (const auto& [from, weight] : of_row[static_cast<std::size_t>(row)])
      add_scaled(wide, weight, large + (n * rows + from) * wide, sum);
    T* out = small + (n * r.height + row) * r.width * r.channels;
    std::fill_n(out, r.width * r.channels, T(0));
    for (const std::vector<Share<T>>& column : of_column) {
      for (const auto& [from, weight] : column) add_scaled(r.channels, weight, sum + from * r.channels, out);
      out += r.channels;
    }
  });
}

}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
