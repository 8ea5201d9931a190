// The innermost loop of filter gradients: sums of outer products of pixels, in registers.
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

/// Two rows that meet, one of x and one of y: the channels of `one` are broadcast, those of `many` are
/// vectors.
template <class T>
struct RowPair {
  const T* one;
  const T* many;
};

/// sum[a row_sum + m step_sum + v vector_sum + c] += sum over rows and pixels k < count of
///   one[a row_one + k step_one + m] many[k step_many + v vector_many + c]
template <class T>
struct OuterWork {
  const RowPair<T>* rows;
  std::int64_t row_count, count, offset_one, step_one, offset_many, step_many, vector_many;
  std::size_t lanes;  // of the last vector
  T* sum;
  std::int64_t step_sum, vector_sum;
  std::int64_t row_one = 0, row_sum = 0;
};

// Registers hold the sums, the vectors and a broadcast; of one vector 14 sums are enough side by side.
constexpr int most_channels(int vectors) {
  return std::min(most_pixels, (registers - 1 - vectors) / vectors);
}
constexpr std::int64_t most_taps = 3;  // whose vectors share broadcasts
constexpr int most_in_three_rows = (registers - 2) / 3;

template <class T, int channels, int vectors, bool whole, int rows = 1>
HWY_NOINLINE void outer(const OuterWork<T>& work, std::int64_t first) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const std::int64_t next = work.vector_many;
  V sum[rows * channels][vectors];
#pragma GCC unroll 30
  for (int m = 0; m < rows * channels; ++m) {
#pragma GCC unroll 3
    for (int v = 0; v < vectors; ++v) sum[m][v] = hn::Zero(d);
  }
  for (std::int64_t r = 0; r < work.row_count; ++r) {
    const T* const row_one = work.rows[r].one + work.offset_one + first;
    const T* const row_many = work.rows[r].many + work.offset_many;
    for (std::int64_t k = 0; k < work.count; ++k) {
      const T* const one = row_one + k * work.step_one;
      const T* const many = row_many + k * work.step_many;
      V g[vectors];
#pragma GCC unroll 3
      for (int v = 0; v < vectors; ++v)
        g[v] = whole || v + 1 < vectors ? hn::LoadU(d, many + v * next)
                                        : load_some(d, work.lanes, many + v * next);
#pragma GCC unroll 30
      for (int m = 0; m < rows * channels; ++m) {
        const V value = hn::Set(d, one[m / channels * work.row_one + m % channels]);
#pragma GCC unroll 3
        for (int v = 0; v < vectors; ++v) sum[m][v] = hn::MulAdd(value, g[v], sum[m][v]);
      }
    }
  }
#pragma GCC unroll 30
  for (int m = 0; m < rows * channels; ++m) {
    T* out = work.sum + m / channels * work.row_sum + (first + m % channels) * work.step_sum;
#pragma GCC unroll 3
    for (int v = 0; v < vectors; ++v, out += work.vector_sum) {
      const V total = hn::Add(hn::LoadU(d, out), sum[m][v]);
      if (whole || v + 1 < vectors) {
        hn::StoreU(total, d, out);
      } else {
        store_some(total, d, work.lanes, out);  // behind it are sums of other taps
      }
    }
  }
}

template <class T>
using OuterFunction = void (*)(const OuterWork<T>&, std::int64_t);

template <class T, int vectors, bool whole, int rows = 1, std::size_t... m>
constexpr std::array<OuterFunction<T>, sizeof...(m)> outer_functions(std::index_sequence<m...>) {
  return {outer<T, static_cast<int>(m) + 1, vectors, whole, rows>...};
}

template <class T, int vectors, bool whole>
void outers(const OuterWork<T>& work, std::int64_t channels) {
  constexpr int most = most_channels(vectors);
  static constexpr auto functions =
      outer_functions<T, vectors, whole>(std::make_index_sequence<static_cast<std::size_t>(most)>());
  const std::int64_t parts = (channels + most - 1) / most;
  for (std::int64_t p = 0, first = 0; p < parts; ++p) {
    const std::int64_t width = channels / parts + (p < channels % parts);
    functions[static_cast<std::size_t>(width - 1)](work, first);
    first += width;
  }
}

/// Of three rows of x at once, no more than `most_in_three_rows` channels each.
template <class T>
void outers_of_three_rows(const OuterWork<T>& work, std::int64_t channels) {
  static constexpr auto functions = outer_functions<T, 1, true, 3>(
      std::make_index_sequence<static_cast<std::size_t>(most_in_three_rows)>());
  functions[static_cast<std::size_t>(channels - 1)](work, 0);
}

/// All of `channels` broadcast channels with one or two vectors, the last of `work.lanes`.
template <class T>
void outers(const OuterWork<T>& work, std::int64_t channels, bool two) {
  const bool whole = work.lanes == hn::Lanes(hn::ScalableTag<T>());
  if (two) {
    whole ? outers<T, 2, true>(work, channels) : outers<T, 2, false>(work, channels);
  } else {
    whole ? outers<T, 1, true>(work, channels) : outers<T, 1, false>(work, channels);
  }
}

}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
