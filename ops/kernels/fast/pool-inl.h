// The loops of pooling.
//
// Included once for every instruction set.
#if defined(TROUS_OPS_KERNELS_FAST_POOL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TROUS_OPS_KERNELS_FAST_POOL_INL_H_
#undef TROUS_OPS_KERNELS_FAST_POOL_INL_H_
#else
#define TROUS_OPS_KERNELS_FAST_POOL_INL_H_
#endif

#include <type_traits>

#include <trous/ops/kernels/fast/weighted_sums-inl.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {

/// A number as wide as T that holds the index of a pixel. A double holds it exactly up to 2^53.
template <class T>
using PixelLane = std::conditional_t<sizeof(T) == 4, std::int32_t, double>;

/// For each number of a group, how far its column is from the column of the group's first pixel, in columns
/// of the image. Empty where a group is one pixel.
template <class T>
std::vector<PixelLane<T>> columns_of_group(const PixelGroup& group, std::int64_t wide, std::int64_t step) {
  std::vector<PixelLane<T>> columns;
  if (group.pixels == 1) return columns;
  for (std::int64_t i = 0; i < group.numbers; ++i) {
    const std::int64_t pixel = i / wide;
    columns.push_back(static_cast<PixelLane<T>>(pixel * step));
  }
  return columns;
}

/// The kernel of a sweep that writes the pixel of the largest number of each window: the pixel that the
/// span's first column reads, plus how far the number's own column is from that one in the input.
template <class T>
struct LargestPixel {
  const PixelLane<T>* columns;  // columns_of_group
  std::int64_t stride;          // input columns from one output column to the next
  std::int32_t* pixels;

  template <int groups>
  HWY_INLINE void tile(const Sweep<T>& s, std::int64_t first, std::int64_t start) const {
    const hn::ScalableTag<T> d;
    const hn::Rebind<PixelLane<T>, decltype(d)> dp;
    using V = hn::Vec<decltype(d)>;
    using P = hn::Vec<decltype(dp)>;
    V best[groups];
    P pixel[groups];
    const T* const x0 = s.taps[0].x + first * s.step_in + start;
#pragma GCC unroll 8
    for (int m = 0; m < groups; ++m) {
      best[m] = hn::LoadU(d, x0 + m * s.step_in);
      pixel[m] = hn::Set(dp, static_cast<PixelLane<T>>(s.taps[0].pixel));
    }
    for (std::int64_t t = 1; t < s.tap_count; ++t) {
      const P here = hn::Set(dp, static_cast<PixelLane<T>>(s.taps[t].pixel));
      const T* const x = s.taps[t].x + first * s.step_in + start;
#pragma GCC unroll 8
      for (int m = 0; m < groups; ++m) take(d, dp, hn::LoadU(d, x + m * s.step_in), here, best[m], pixel[m]);
    }
#pragma GCC unroll 8
    for (int m = 0; m < groups; ++m) {
      std::int32_t* const to = pixels + (first + m) * s.step_out + start;
      const P found = hn::Add(pixel[m], offsets(dp, s, first + m, start));
      if constexpr (sizeof(T) == 4) {
        hn::StoreU(found, dp, to);
      } else {
        const hn::Rebind<std::int32_t, decltype(d)> d32;
        hn::StoreU(hn::DemoteTo(d32, found), d32, to);
      }
    }
  }

  void tail(const Sweep<T>& s, std::int64_t index, std::int64_t start, std::size_t lanes) const {
    const hn::ScalableTag<T> d;
    const hn::Rebind<PixelLane<T>, decltype(d)> dp;
    auto best = load_first(d, lanes, s.taps[0].x + index * s.step_in + start);
    auto pixel = hn::Set(dp, static_cast<PixelLane<T>>(s.taps[0].pixel));
    for (std::int64_t t = 1; t < s.tap_count; ++t) {
      const auto value = load_first(d, lanes, s.taps[t].x + index * s.step_in + start);
      take(d, dp, value, hn::Set(dp, static_cast<PixelLane<T>>(s.taps[t].pixel)), best, pixel);
    }
    HWY_ALIGN PixelLane<T> found[HWY_MAX_BYTES / sizeof(T)];
    hn::Store(hn::Add(pixel, offsets(dp, s, index, start)), dp, found);
    std::int32_t* const to = pixels + index * s.step_out + start;
    for (std::size_t l = 0; l < lanes; ++l) to[l] = static_cast<std::int32_t>(found[l]);
  }

 private:
  // The first of equal numbers stays, and NaN wins: v is taken where it is not <= best, unless best is NaN.
  template <class D, class DP>
  static HWY_INLINE void take(D, DP dp, hn::Vec<D> v, hn::Vec<DP> here, hn::Vec<D>& best,
                              hn::Vec<DP>& pixel) {
    const auto wins = hn::AndNot(hn::Le(v, best), hn::Eq(best, best));
    best = hn::IfThenElse(wins, v, best);
    pixel = hn::IfThenElse(hn::RebindMask(dp, wins), here, pixel);
  }

  template <class DP>
  HWY_INLINE hn::Vec<DP> offsets(DP dp, const Sweep<T>& s, std::int64_t index, std::int64_t start) const {
    const auto of_group = hn::Set(dp, static_cast<PixelLane<T>>(index * s.group.pixels * stride));
    return s.group.pixels == 1 ? of_group : hn::Add(of_group, hn::LoadU(dp, columns + start));
  }
};

template <class T>
void run_find_largest(const WindowPlan& p, const T* x, std::int32_t* pixels) {
  const PixelGroup group = pixel_group<T>(p);
  const std::int64_t wide = p.wide(), stride = p.phases[0].step_in;
  const std::vector<PixelLane<T>> columns = columns_of_group<T>(group, wide, stride);
  const auto row = [&](const WindowRows<T>& in, RowScratch<T>& scratch, std::int64_t n, std::int64_t i) {
    std::int32_t* const out = pixels + (n * p.out_height + i) * p.out_width * wide;
    for (const ColumnSpan& span : p.columns) {
      collect_taps(
          p, in, i, span, [](std::int64_t) { return nullptr; }, scratch.taps);
      const Sweep<T> s{group, scratch.taps.data(), std::ssize(scratch.taps), group.pixels * in.step(),
                       group.pixels * wide};
      sweep(s, LargestPixel<T>{columns.data(), stride, out + span.first * wide}, span.count);
    }
  };
  for_each_row(p, row_copies(p, group), x, 0, row);
}

/// The kernel of a sweep that sums, for each pixel of the image, the cotangents of the windows whose largest
/// number the pixel holds.
template <class T>
struct CotangentsOfWinners {
  const std::int32_t* winners;     // of the windows of this image
  const PixelLane<T>* columns;     // columns_of_group
  std::int64_t wide, pixel, step;  // numbers of a pixel; the first pixel of the span; pixels to the next one
  T* x;

  template <int groups>
  HWY_INLINE void tile(const Sweep<T>& s, std::int64_t first, std::int64_t start) const {
    const hn::ScalableTag<T> d;
    const hn::Rebind<PixelLane<T>, decltype(d)> dp;
    using V = hn::Vec<decltype(d)>;
    using P = hn::Vec<decltype(dp)>;
    V sum[groups];
    P own[groups];
#pragma GCC unroll 8
    for (int m = 0; m < groups; ++m) {
      sum[m] = hn::Zero(d);
      own[m] = pixels_of(dp, s, first + m, start);
    }
    const std::int64_t at = first * s.step_in + start;
    for (std::int64_t t = 0; t < s.tap_count; ++t) {
      const T* const y = s.taps[t].x + at;
      const std::int32_t* const winner = winners + s.taps[t].pixel * wide + at;
#pragma GCC unroll 8
      for (int m = 0; m < groups; ++m) {
        const auto here = hn::RebindMask(d, hn::Eq(load_pixels(dp, winner + m * s.step_in), own[m]));
        sum[m] = hn::Add(sum[m], hn::IfThenElseZero(here, hn::LoadU(d, y + m * s.step_in)));
      }
    }
    T* const out = x + first * s.step_out + start;
#pragma GCC unroll 8
    for (int m = 0; m < groups; ++m) hn::StoreU(sum[m], d, out + m * s.step_out);
  }

  void tail(const Sweep<T>& s, std::int64_t index, std::int64_t start, std::size_t lanes) const {
    const hn::ScalableTag<T> d;
    const hn::Rebind<PixelLane<T>, decltype(d)> dp;
    HWY_ALIGN PixelLane<T> own[HWY_MAX_BYTES / sizeof(T)];
    hn::Store(pixels_of(dp, s, index, start), dp, own);
    for (std::size_t l = 0; l < lanes; ++l) {
      const std::int64_t at = index * s.step_in + start + static_cast<std::int64_t>(l);
      T sum = 0;
      for (std::int64_t t = 0; t < s.tap_count; ++t) {
        if (static_cast<PixelLane<T>>(winners[s.taps[t].pixel * wide + at]) == own[l]) sum += s.taps[t].x[at];
      }
      x[index * s.step_out + start + static_cast<std::int64_t>(l)] = sum;
    }
  }

 private:
  template <class DP>
  static HWY_INLINE hn::Vec<DP> load_pixels(DP dp, const std::int32_t* from) {
    if constexpr (sizeof(T) == 4) {
      return hn::LoadU(dp, from);
    } else {
      const hn::Rebind<std::int32_t, DP> d32;
      return hn::PromoteTo(dp, hn::LoadU(d32, from));
    }
  }

  template <class DP>
  HWY_INLINE hn::Vec<DP> pixels_of(DP dp, const Sweep<T>& s, std::int64_t index, std::int64_t start) const {
    const auto of_group = hn::Set(dp, static_cast<PixelLane<T>>(pixel + index * s.group.pixels * step));
    return s.group.pixels == 1 ? of_group : hn::Add(of_group, hn::LoadU(dp, columns + start));
  }
};

template <class T>
void run_max_pool_gradient(const WindowPlan& p, const T* y, const std::int32_t* winners, T* x) {
  const PixelGroup group = pixel_group<T>(p);
  const std::int64_t wide = p.wide(), step = p.phases[0].step_out;
  const std::vector<PixelLane<T>> columns = columns_of_group<T>(group, wide, step);
  const auto none = [](std::int64_t) { return nullptr; };
  for_each_span(
      p, group, RowCopies{false, nullptr}, y, none, x,
      [&](const Sweep<T>& s, const ColumnSpan& span, std::int64_t n, std::int64_t i, std::int64_t first,
          T* out) {
        const std::int32_t* const of_image = winners + n * p.in_height * p.in_width * wide;
        const std::int64_t pixel = i * p.out_width + first;
        sweep(s, CotangentsOfWinners<T>{of_image, columns.data(), wide, pixel, step, out}, span.count);
      });
}

template <class T>
void run_window_means(const WindowPlan& p, const T* x, T* y) {
  const PixelGroup group = pixel_group<T>(p);
  write_weighted_sums(
      p, group, row_copies(p, group), x, [](std::int64_t) { return nullptr; },
      [&](std::int64_t i, const ColumnSpan& span) {
        const std::int64_t size = std::ssize(p.rows[static_cast<std::size_t>(i)]) * std::ssize(span.taps);
        return CommonWeight<T>{T(1) / static_cast<T>(size)};
      },
      y);
}

template <class T>
void run_window_means_transpose(const WindowPlan& p, const WindowSizes& sizes, const T* y, T* x) {
  const PixelGroup group = pixel_group<T>(p);
  write_weighted_sums(
      p, group, RowCopies{true, &sizes}, y, [](std::int64_t) { return nullptr; },
      [](std::int64_t, const ColumnSpan&) { return CommonWeight<T>{T(1)}; }, x);
}

}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
