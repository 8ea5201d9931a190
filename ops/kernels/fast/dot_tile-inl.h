// Tiles of dots, for few output channels: the lanes of vectors are input channels and are added at the end,
// so that no lane is empty.
//
// Included once for every instruction set.
#if defined(TROUS_OPS_KERNELS_FAST_DOT_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TROUS_OPS_KERNELS_FAST_DOT_TILE_INL_H_
#undef TROUS_OPS_KERNELS_FAST_DOT_TILE_INL_H_
#else
#define TROUS_OPS_KERNELS_FAST_DOT_TILE_INL_H_
#endif

#include <algorithm>
#include <vector>

#include <trous/core/parallel.h>
#include <trous/core/storage.h>
#include <trous/ops/kernels/fast/column_segments.h>
#include <trous/ops/kernels/fast/gather_conv.h>
#include <trous/ops/kernels/fast/policy.h>
#include <trous/ops/kernels/fast/tile-inl.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {

constexpr int max_dot_outputs = 6;  // output channels of a block

// The registers hold the sums, a vector of x for each pixel and one vector of filters. Two are left to the
// compiler.
constexpr int dot_pixels(int outputs) { return std::clamp((registers - 3) / (outputs + 1), 1, 8); }

#if HWY_TARGET != HWY_SCALAR
/// Adds the 128-bit blocks of `v`, each of which holds one lane of several sums, and stores these sums.
template <class D, class V, class T>
HWY_INLINE void store_block_sum(D d, V v, T* out) {
  if constexpr (hn::MaxLanes(d) * sizeof(T) > 16) {
    const hn::Half<D> half;
    store_block_sum(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)), out);
  } else {
    hn::StoreU(v, d, out);
  }
}
#endif

/// out[i] = the sum of the lanes of v[i], for as many i as 128 bits hold numbers.
template <class D, class V, class T>
HWY_INLINE void store_sums(D d, const V* v, T* out) {
#if HWY_TARGET == HWY_SCALAR
  hn::Store(v[0], d, out);
#else
  const auto fold = [](auto tag, auto a, auto b) HWY_ATTR {
    return hn::Add(hn::BitCast(D(), hn::InterleaveLower(tag, a, b)),
                   hn::BitCast(D(), hn::InterleaveUpper(tag, a, b)));
  };
  const V first = fold(d, v[0], v[1]);
  if constexpr (sizeof(T) == 8) {
    store_block_sum(d, first, out);
  } else {
    const hn::Repartition<double, D> pairs;
    const V second = fold(d, v[2], v[3]);
    store_block_sum(d, fold(pairs, hn::BitCast(pairs, first), hn::BitCast(pairs, second)), out);
  }
#endif
}

/// y[m step_out + o] = sum over runs and k of x[m step_in + k] w[o step_filters + k]
template <class T, int pixels, int outputs>
HWY_NOINLINE void dot_tile(const TileWork<T>& work, std::int64_t first, std::int64_t step_filters) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  // Lanes are added for as many sums at once as 128 bits hold numbers.
  constexpr int sums_at_once = HWY_TARGET == HWY_SCALAR ? 1 : 16 / sizeof(T), all = pixels * outputs;
  constexpr int padded = (all + sums_at_once - 1) / sums_at_once * sums_at_once;
  const auto n = static_cast<std::int64_t>(hn::Lanes(d));
  V sum[padded];
#pragma GCC unroll 48
  for (int i = 0; i < padded; ++i) sum[i] = hn::Zero(d);
  const std::int64_t in = work.step_in;
  for (std::int64_t r = 0; r < work.count; ++r) {
    const T* const x = work.runs[r].x + first * in;
    const T* const w = work.runs[r].w;
    const std::int64_t channels = work.runs[r].channels;
    const auto add = [&](const auto& load, std::int64_t k) HWY_ATTR {
      V value[pixels];
#pragma GCC unroll 8
      for (int m = 0; m < pixels; ++m) value[m] = load(x + m * in + k);
#pragma GCC unroll 6
      for (int o = 0; o < outputs; ++o) {
        const V f = load(w + o * step_filters + k);
#pragma GCC unroll 8
        for (int m = 0; m < pixels; ++m) sum[m * outputs + o] = hn::MulAdd(value[m], f, sum[m * outputs + o]);
      }
    };
    std::int64_t k = 0;
    for (; k + n <= channels; k += n) add([&](const T* from) HWY_ATTR { return hn::LoadU(d, from); }, k);
    if (k < channels) {
      const auto rest = static_cast<std::size_t>(channels - k);
      add([&](const T* from) HWY_ATTR { return load_first(d, rest, from); }, k);
    }
  }
  HWY_ALIGN T sums[padded];
#pragma GCC unroll 48
  for (int i = 0; i < padded; i += sums_at_once) store_sums(d, sum + i, sums + i);
  T* const y = work.y + first * work.step_out;
  for (int m = 0; m < pixels; ++m) {
    for (int o = 0; o < outputs; ++o) y[m * work.step_out + o] = sums[m * outputs + o];
  }
}

template <class T>
using DotFunction = void (*)(const TileWork<T>&, std::int64_t, std::int64_t);

template <class T, bool one, std::size_t... o>
constexpr std::array<DotFunction<T>, sizeof...(o)> dot_functions(std::index_sequence<o...>) {
  return {dot_tile < T, one ? 1 : dot_pixels(static_cast<int>(o) + 1), static_cast<int>(o) + 1 > ...};
}

/// The tiles of dots of the output channels from `first` on, with their filters as [a][o][slot][c]. A block
/// has at most max_dot_outputs output channels.
template <class T>
class DotTiles {
 public:
  DotTiles(const GatherPlan& p, const std::vector<std::int64_t>& slots, const T* filters, std::int64_t first)
      : outputs_(p.out_channels - first),
        row_(std::ssize(slots) * p.in_channels),
        blocks_(chunks(outputs_, max_dot_outputs)),
        memory_(sizeof(T) * static_cast<std::size_t>(p.kernel_height * outputs_ * row_)) {
    T* out = static_cast<T*>(memory_.data());
    for (std::int64_t a = 0; a < p.kernel_height; ++a) {
      for (std::int64_t o = 0; o < outputs_; ++o) {
        for (const std::int64_t b : slots) {
          const T* const from =
              filters + a * p.filter_steps[0] + b * p.filter_steps[1] + (first + o) * p.filter_steps[3];
          for (std::int64_t c = 0; c < p.in_channels; ++c) *out++ = from[c * p.filter_steps[2]];
        }
      }
    }
  }

  std::int64_t blocks() const { return blocks_; }
  std::int64_t begin(std::int64_t block) const {
    return outputs_ * block / std::max<std::int64_t>(1, blocks_);
  }
  const T* tap(std::int64_t block, std::int64_t a, std::int64_t slot, std::int64_t channels) const {
    return static_cast<const T*>(memory_.data()) + (a * outputs_ + begin(block)) * row_ + slot * channels;
  }

  void operator()(std::int64_t block, const TileWork<T>& work, std::int64_t count) const {
    static constexpr auto several = dot_functions<T, false>(std::make_index_sequence<max_dot_outputs>());
    static constexpr auto one = dot_functions<T, true>(std::make_index_sequence<max_dot_outputs>());
    const std::int64_t outputs = begin(block + 1) - begin(block);
    const std::int64_t pixels = dot_pixels(static_cast<int>(outputs));
    std::int64_t first = 0;
    for (; first + pixels <= count; first += pixels)
      several[static_cast<std::size_t>(outputs - 1)](work, first, row_);
    for (; first < count; ++first) one[static_cast<std::size_t>(outputs - 1)](work, first, row_);
  }

 private:
  std::int64_t outputs_, row_, blocks_;
  Storage memory_;
};

/// What an output pixel reads that no border cuts, on average over the phases. So what is chosen by it does
/// not depend on the size of the image, and a pixel has the same bits in an image of any size.
struct PixelReads {
  double channels = 0;  // broadcasts, one for each channel of each tap
  double vectors = 0;   // vectors of channels

  /// Cost of so many outputs as dots, in multiply-adds of vectors. It includes the sums of lanes.
  double dot_cost(std::int64_t outputs) const {
    return static_cast<double>(outputs) * (vectors + policy::dot_sum_cost);
  }
};

inline PixelReads pixel_reads(const GatherPlan& p, std::int64_t lanes) {
  std::size_t row_taps = 0;
  for (const std::vector<RowTap>& taps : p.rows) row_taps = std::max(row_taps, taps.size());
  PixelReads sum;
  for (const Phase& phase : p.phases) {
    for (std::size_t begin = 0, end = 0; begin < phase.taps.size(); begin = end) {
      for (end = begin + 1;
           end < phase.taps.size() && phase.taps[end].shift == phase.taps[end - 1].shift + 1;)
        ++end;
      const std::int64_t channels = static_cast<std::int64_t>(end - begin) * p.in_channels;
      sum.channels += static_cast<double>(channels);
      sum.vectors += static_cast<double>(chunks(channels, lanes));
    }
  }
  const double rows =
      static_cast<double>(row_taps) / static_cast<double>(std::max<std::size_t>(1, p.phases.size()));
  return {sum.channels * rows, sum.vectors * rows};
}

}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
