// The innermost loop of filter gradients: sums of outer products of pixels, held in registers.
//
// Included once for every instruction set.
#if defined(TROUS_OPS_KERNELS_FAST_OUTER_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TROUS_OPS_KERNELS_FAST_OUTER_TILE_INL_H_
#undef TROUS_OPS_KERNELS_FAST_OUTER_TILE_INL_H_
#else
#define TROUS_OPS_KERNELS_FAST_OUTER_TILE_INL_H_
#endif

#include <algorithm>

#include <trous/ops/kernels/fast/tile-inl.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {

/// A row of x and a row of y that meet by a tap. The channels of one row are broadcast, the channels of the
/// other row are the lanes of vectors.
template <class T>
struct RowPair {
  const T* broadcast;
  const T* lanes;
};

/// Which outer products are added to which sums. With the two rows of a pair at their offsets:
///
///   sums[a sums_row_step + m sums_step + v sums_vector_step + c] += sum over pairs and pixels k of
///     broadcast[a broadcast_row_step + k broadcast_step + m] lanes[k lanes_step + v lanes_vector_step + c]
///
/// a counts row taps, m broadcast channels, v vectors and c lanes.
template <class T>
struct OuterWork {
  const RowPair<T>* pairs;
  std::int64_t pair_count, pixels;
  std::int64_t broadcast_offset, broadcast_step;
  std::int64_t lanes_offset, lanes_step, lanes_vector_step;
  std::size_t tail_lanes;  // lanes of the last vector that are read and written
  T* sums;
  std::int64_t sums_step, sums_vector_step;
  std::int64_t broadcast_row_step = 0, sums_row_step = 0;
};

// The registers hold the sums, the vectors and one broadcast. Fourteen sums of one vector are enough to hide
// the time of a multiply-add.
constexpr int max_broadcast_channels(int vectors) {
  return std::min(max_tile_pixels, (registers - 1 - vectors) / vectors);
}
constexpr std::int64_t max_shared_taps = 3;  // taps whose vectors share a broadcast
constexpr int max_three_row_channels = (registers - 2) / 3;

/// Adds the outer products of `channels` broadcast channels, from `first` on, with `vectors` vectors. The
/// last vector is `whole` or has work.tail_lanes lanes. With `rows` of 3 the row taps 0, 1 and 2 are summed
/// at once.
template <class T, int channels, int vectors, bool whole, int rows = 1>
HWY_NOINLINE void add_outer_products(const OuterWork<T>& work, std::int64_t first) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const std::int64_t next = work.lanes_vector_step;
  V sum[rows * channels][vectors];
#pragma GCC unroll 30
  for (int m = 0; m < rows * channels; ++m) {
#pragma GCC unroll 3
    for (int v = 0; v < vectors; ++v) sum[m][v] = hn::Zero(d);
  }
  for (std::int64_t r = 0; r < work.pair_count; ++r) {
    const T* const row_broadcast = work.pairs[r].broadcast + work.broadcast_offset + first;
    const T* const row_lanes = work.pairs[r].lanes + work.lanes_offset;
    for (std::int64_t k = 0; k < work.pixels; ++k) {
      const T* const broadcast = row_broadcast + k * work.broadcast_step;
      const T* const lanes = row_lanes + k * work.lanes_step;
      V loaded[vectors];
#pragma GCC unroll 3
      for (int v = 0; v < vectors; ++v)
        loaded[v] = whole || v + 1 < vectors ? hn::LoadU(d, lanes + v * next)
                                             : load_first(d, work.tail_lanes, lanes + v * next);
#pragma GCC unroll 30
      for (int m = 0; m < rows * channels; ++m) {
        const V value = hn::Set(d, broadcast[m / channels * work.broadcast_row_step + m % channels]);
#pragma GCC unroll 3
        for (int v = 0; v < vectors; ++v) sum[m][v] = hn::MulAdd(value, loaded[v], sum[m][v]);
      }
    }
  }
#pragma GCC unroll 30
  for (int m = 0; m < rows * channels; ++m) {
    T* out = work.sums + m / channels * work.sums_row_step + (first + m % channels) * work.sums_step;
#pragma GCC unroll 3
    for (int v = 0; v < vectors; ++v, out += work.sums_vector_step) {
      const V total = hn::Add(hn::LoadU(d, out), sum[m][v]);
      if (whole || v + 1 < vectors) {
        hn::StoreU(total, d, out);
      } else {
        store_first(total, d, work.tail_lanes, out);  // sums of other taps lie behind it
      }
    }
  }
}

template <class T>
using OuterFunction = void (*)(const OuterWork<T>&, std::int64_t);

template <class T, int vectors, bool whole, int rows = 1, std::size_t... m>
constexpr std::array<OuterFunction<T>, sizeof...(m)> outer_functions(std::index_sequence<m...>) {
  return {add_outer_products<T, static_cast<int>(m) + 1, vectors, whole, rows>...};
}

/// Adds the outer products of all `channels` broadcast channels, in groups of balanced sizes.
template <class T, int vectors, bool whole>
void add_all_channels(const OuterWork<T>& work, std::int64_t channels) {
  constexpr int max_channels = max_broadcast_channels(vectors);
  static constexpr auto functions =
      outer_functions<T, vectors, whole>(std::make_index_sequence<static_cast<std::size_t>(max_channels)>());
  const std::int64_t groups = (channels + max_channels - 1) / max_channels;
  for (std::int64_t p = 0, first = 0; p < groups; ++p) {
    const std::int64_t count = channels / groups + (p < channels % groups);
    functions[static_cast<std::size_t>(count - 1)](work, first);
    first += count;
  }
}

/// Adds the outer products of three rows of x at once, of `channels` <= max_three_row_channels each.
template <class T>
void add_three_rows(const OuterWork<T>& work, std::int64_t channels) {
  static constexpr auto functions = outer_functions<T, 1, true, 3>(
      std::make_index_sequence<static_cast<std::size_t>(max_three_row_channels)>());
  functions[static_cast<std::size_t>(channels - 1)](work, 0);
}

/// Adds the outer products of all `channels` broadcast channels with one vector, or with `two`.
template <class T>
void add_all_channels(const OuterWork<T>& work, std::int64_t channels, bool two) {
  const bool whole = work.tail_lanes == hn::Lanes(hn::ScalableTag<T>());
  if (two) {
    whole ? add_all_channels<T, 2, true>(work, channels) : add_all_channels<T, 2, false>(work, channels);
  } else {
    whole ? add_all_channels<T, 1, true>(work, channels) : add_all_channels<T, 1, false>(work, channels);
  }
}

}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
