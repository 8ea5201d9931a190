// The innermost loops of convolutions and matrix products: a tile of pixels by channels in registers.
//
// Included once for every instruction set.
#if defined(TROUS_OPS_KERNELS_FAST_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TROUS_OPS_KERNELS_FAST_TILE_INL_H_
#undef TROUS_OPS_KERNELS_FAST_TILE_INL_H_
#else
#define TROUS_OPS_KERNELS_FAST_TILE_INL_H_
#endif

#include <array>
#include <cstdint>
#include <cstring>
#include <hwy/highway.h>
#include <utility>

#include <trous/ops/kernels/fast/registers-inl.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Each pixel has two sums. Two vectors of filters and one broadcast need registers beside them.
constexpr int max_tile_pixels = (registers - 3) / 2;

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
constexpr bool masked_memory = true;
#else
constexpr bool masked_memory = false;  // Highway's masked access would read and write the whole vector
#endif

/// Loads the first `lanes` numbers at `from`. The other lanes are zeros.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> load_first(D d, std::size_t lanes, const T* from) {
  if constexpr (masked_memory) return hn::MaskedLoad(hn::FirstN(d, lanes), d, from);
  HWY_ALIGN T all[HWY_MAX_BYTES / sizeof(T)] = {};
  for (std::size_t i = 0; i < lanes; ++i) all[i] = from[i];
  return hn::Load(d, all);
}

/// Stores the first `lanes` numbers of v at `to`.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void store_first(hn::Vec<D> v, D d, std::size_t lanes, T* to) {
  if constexpr (masked_memory) {
    hn::BlendedStore(v, hn::FirstN(d, lanes), d, to);
  } else {
    HWY_ALIGN T all[HWY_MAX_BYTES / sizeof(T)] = {};
    hn::Store(v, d, all);
    for (std::size_t i = 0; i < lanes; ++i) to[i] = all[i];
  }
}

/// A vector that repeats the `group` numbers at `from`.
template <int group, class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> load_group(D d, const T* from) {
  if constexpr (group == 1) {
    return hn::Set(d, *from);
#if HWY_TARGET != HWY_SCALAR
  } else if constexpr (group * sizeof(T) == 16) {
    return hn::LoadDup128(d, from);
  } else {
    static_assert(group * sizeof(T) == sizeof(double));
    double all;
    std::memcpy(&all, from, sizeof all);
    return hn::BitCast(d, hn::Set(hn::Repartition<double, D>(), all));
#endif
  }
}

/// Lane i of the result, i < lanes / group, is the sum of the lanes i group .. i group + group - 1.
template <int group, class D>
HWY_INLINE hn::Vec<D> sum_groups([[maybe_unused]] D d, hn::Vec<D> v) {
  if constexpr (group == 1) {
    return v;
#if HWY_TARGET != HWY_SCALAR
  } else {
    return sum_groups<group / 2>(d, hn::Add(hn::ConcatEven(d, v, v), hn::ConcatOdd(d, v, v)));
#endif
  }
}

/// Channels that lie together in the input, with their filters. A pixel multiplies x[k] by the block's
/// vectors at w, k = 0 .. channels - 1. Where a group of channels shares a vector, lane o group + i
/// multiplies output o by channel k + i.
template <class T>
struct Run {
  const T* x;
  const T* w;
  std::int64_t channels;
};

/// The runs that every pixel of a tile sums, and the place of the result. Pixel m reads x + m step_in of each
/// run and writes y + m step_out.
template <class T>
struct TileWork {
  const Run<T>* runs;
  std::int64_t count, step_in;
  T* y;
  std::int64_t step_out;
  /// The channels of a tap, where pixels and taps are neighbours: pixel m then multiplies the same x by tap t
  /// of a run as pixel m + 1 does by tap t - 1. Elsewhere 0.
  std::int64_t tap_channels = 0;
  std::size_t tail_lanes = 0;  // lanes of the last vector that are stored
};

template <class T, int pixels, int vectors, int group, class V>
HWY_INLINE void store_tile(const TileWork<T>& work, std::int64_t first, const V (&sum)[pixels][vectors]) {
  const hn::ScalableTag<T> d;
  const std::size_t n = hn::Lanes(d);
  T* y = work.y + first * work.step_out;
  const auto store = [&](auto&& store_last) HWY_ATTR {
#pragma GCC unroll 14
    for (int m = 0; m < pixels; ++m, y += work.step_out) {
#pragma GCC unroll 2
      for (int v = 0; v + 1 < vectors; ++v) hn::StoreU(sum[m][v], d, y + v * n);
      store_last(sum_groups<group>(d, sum[m][vectors - 1]), y + (vectors - 1) * n);
    }
  };
  if (work.tail_lanes == n) {
    store([&](V last, T* to) HWY_ATTR { hn::StoreU(last, d, to); });
  } else {
    store([&](V last, T* to) HWY_ATTR { store_first(last, d, work.tail_lanes, to); });
  }
}

template <class T, int pixels, int vectors, int group>
HWY_NOINLINE void tile(const TileWork<T>& work, std::int64_t first) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const std::size_t n = hn::Lanes(d);
  V sum[pixels][vectors];
#pragma GCC unroll 14
  for (int m = 0; m < pixels; ++m) {
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) sum[m][v] = hn::Zero(d);
  }
  const std::int64_t in = work.step_in;
  for (std::int64_t r = 0; r < work.count; ++r) {
    // There is a pointer for every third pixel. A pointer for each would not fit into the registers beside
    // their steps: with these 3 -> 16 channels rose from 58 to 65 % of the peak.
    constexpr int pointers = (pixels + 2) / 3;
    const T* x[pointers];
#pragma GCC unroll 5
    for (int i = 0; i < pointers; ++i) x[i] = work.runs[r].x + (first + 3 * i) * in;
    const T* w = work.runs[r].w;
    for (std::int64_t k = work.runs[r].channels; k > 0; k -= group, w += vectors * n) {
      V f[vectors];
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) f[v] = hn::Load(d, w + v * n);
#pragma GCC unroll 14
      for (int m = 0; m < pixels; ++m) {
        const V value = load_group<group>(d, x[m / 3] + m % 3 * in);
#pragma GCC unroll 2
        for (int v = 0; v < vectors; ++v) sum[m][v] = hn::MulAdd(value, f[v], sum[m][v]);
      }
#pragma GCC unroll 5
      for (int i = 0; i < pointers; ++i) x[i] += group;
    }
  }
  store_tile<T, pixels, vectors, group>(work, first, sum);
}

/// sum[m] += over t < taps and c < channels of x[(m + t) channels + c] w[t channels + c]
template <int taps, int pixels, class D, class T = hn::TFromD<D>>
HWY_INLINE void add_taps(D d, std::int64_t channels, const T* from, const T* w,
                         hn::Vec<D> (&sum)[pixels][1]) {
  using V = hn::Vec<D>;
  const auto n = static_cast<std::int64_t>(hn::Lanes(d));
  constexpr int read = pixels + taps - 1, pointers = (read + 2) / 3;
  const T* x[pointers];
#pragma GCC unroll 6
  for (int i = 0; i < pointers; ++i) x[i] = from + 3 * i * channels;
  for (std::int64_t c = 0; c < channels; ++c, w += n) {
    V f[taps];
#pragma GCC unroll 3
    for (int t = 0; t < taps; ++t) f[t] = hn::Load(d, w + t * channels * n);
#pragma GCC unroll 16
    for (int q = 0; q < read; ++q) {
      const V value = hn::Set(d, x[q / 3][q % 3 * channels]);
#pragma GCC unroll 3
      for (int t = 0; t < taps; ++t) {
        if (q - t >= 0 && q - t < pixels) sum[q - t][0] = hn::MulAdd(value, f[t], sum[q - t][0]);
      }
    }
#pragma GCC unroll 6
    for (int i = 0; i < pointers; ++i) ++x[i];
  }
}

/// A tile of one vector where pixels and taps are neighbours: three taps share each broadcast. From 3, 5 and
/// 16 to 16 channels that takes 0.86, 0.86 and 0.92 of the time.
template <class T, int pixels>
HWY_NOINLINE void row_tile(const TileWork<T>& work, std::int64_t first) {
  const hn::ScalableTag<T> d;
  hn::Vec<decltype(d)> sum[pixels][1];
#pragma GCC unroll 14
  for (int m = 0; m < pixels; ++m) sum[m][0] = hn::Zero(d);
  const std::int64_t channels = work.tap_channels, tap = channels * static_cast<std::int64_t>(hn::Lanes(d));
  for (std::int64_t r = 0; r < work.count; ++r) {
    const T* x = work.runs[r].x + first * work.step_in;
    const T* w = work.runs[r].w;
    std::int64_t taps = work.runs[r].channels / channels;
    for (; taps >= 3; taps -= 3, x += 3 * channels, w += 3 * tap) add_taps<3>(d, channels, x, w, sum);
    if (taps == 2) add_taps<2>(d, channels, x, w, sum);
    if (taps == 1) add_taps<1>(d, channels, x, w, sum);
  }
  store_tile<T, pixels, 1, 1>(work, first, sum);
}

template <class T>
using TileFunction = void (*)(const TileWork<T>&, std::int64_t);

template <class T, int vectors, int group, std::size_t... m>
constexpr std::array<TileFunction<T>, sizeof...(m)> tile_functions(std::index_sequence<m...>) {
  return {tile<T, static_cast<int>(m) + 1, vectors, group>...};
}

template <class T, std::size_t... m>
constexpr std::array<TileFunction<T>, sizeof...(m)> row_tile_functions(std::index_sequence<m...>) {
  return {row_tile<T, static_cast<int>(m) + 1>...};
}

constexpr auto tile_widths = std::make_index_sequence<static_cast<std::size_t>(max_tile_pixels)>();

/// Computes the pixels 0 .. count - 1 in tiles of balanced widths: 64 as 13 + 13 + 13 + 13 + 12.
template <class T>
void tiles(const std::array<TileFunction<T>, max_tile_pixels>& functions, const TileWork<T>& work,
           std::int64_t count) {
  const std::int64_t tile_count = (count + max_tile_pixels - 1) / max_tile_pixels;
  for (std::int64_t p = 0, first = 0; p < tile_count; ++p) {
    const std::int64_t width = count / tile_count + (p < count % tile_count);
    functions[static_cast<std::size_t>(width - 1)](work, first);
    first += width;
  }
}

}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
