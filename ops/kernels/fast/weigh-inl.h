// Sums of weighted taps over rows: what depthwise convolutions and means have in common.
//
// Included once for every instruction set.
#if defined(TROUS_OPS_KERNELS_FAST_WEIGH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TROUS_OPS_KERNELS_FAST_WEIGH_INL_H_
#undef TROUS_OPS_KERNELS_FAST_WEIGH_INL_H_
#else
#define TROUS_OPS_KERNELS_FAST_WEIGH_INL_H_
#endif

#include <trous/ops/kernels/fast/windows-inl.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {

/// Each tap has weights of its own, one for each number of a group.
template <class T>
struct OwnWeights {
  template <class D>
  HWY_INLINE hn::Vec<D> operator()(D d, const Tap<T>& tap, std::int64_t start) const {
    return hn::LoadU(d, tap.w + start);
  }
};

template <class T>
struct OneWeight {
  T weight;
  template <class D>
  HWY_INLINE hn::Vec<D> operator()(D d, const Tap<T>&, std::int64_t) const {
    return hn::Set(d, weight);
  }
};

template <class T, class Weight>
struct Weigh {
  Weight weight;
  T* y;

  template <int groups>
  HWY_INLINE void tile(const Sweep<T>& s, std::int64_t first, std::int64_t start) const {
    const hn::ScalableTag<T> d;
    using V = hn::Vec<decltype(d)>;
    V sum[groups];
#pragma GCC unroll 8
    for (int m = 0; m < groups; ++m) sum[m] = hn::Zero(d);
    for (std::int64_t t = 0; t < s.count; ++t) {
      const V w = weight(d, s.taps[t], start);
      const T* const x = s.taps[t].x + first * s.step_in + start;
#pragma GCC unroll 8
      for (int m = 0; m < groups; ++m) sum[m] = hn::MulAdd(hn::LoadU(d, x + m * s.step_in), w, sum[m]);
    }
    T* const out = y + first * s.step_out + start;
#pragma GCC unroll 8
    for (int m = 0; m < groups; ++m) hn::StoreU(sum[m], d, out + m * s.step_out);
  }

  void some(const Sweep<T>& s, std::int64_t group, std::int64_t start, std::size_t lanes) const {
    const hn::ScalableTag<T> d;
    auto sum = hn::Zero(d);
    for (std::int64_t t = 0; t < s.count; ++t) {
      const auto value = load_some(d, lanes, s.taps[t].x + group * s.step_in + start);
      sum = hn::MulAdd(value, weight(d, s.taps[t], start), sum);
    }
    store_some(sum, d, lanes, y + group * s.step_out + start);
  }
};

/// out[c] = the sum of from[c times .. (c + 1) times)
template <int known, class T>
HWY_INLINE void fold_pixel(std::int64_t channels, std::int64_t unknown, const T* from, T* out) {
  const std::int64_t times = known > 0 ? known : unknown;
  for (std::int64_t c = 0; c < channels; ++c, from += times) {
    T sum = from[0];
    for (std::int64_t m = 1; m < times; ++m) sum += from[m];
    out[c] = sum;
  }
}

/// A copy of a pixel that may write over later pixels of its row, but not beyond `end`.
template <class T>
HWY_INLINE void place_pixel(std::int64_t channels, const T* from, T* out, const T* end) {
  const FewLanes<T> few;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(few));
  for (std::int64_t c = 0; c < channels; c += lanes) {
    if (end - (out + c) >= lanes) {
      hn::StoreU(hn::LoadU(few, from + c), few, out + c);
    } else {
      for (std::int64_t i = c; i < channels; ++i) out[i] = from[i];
    }
  }
}

/// A row of phases, `wide` numbers to a pixel, to its columns in order: those that come from one channel are
/// added.
template <class T>
void fold_row(const WindowPlan& p, const T* from, T* out) {
  const std::int64_t channels = p.out_channels, wide = p.wide(), times = wide / channels, width = p.out_width;
  const T* const end = out + width * channels;
  std::vector<const T*> phases;
  for (const Phase& phase : p.phases) {
    phases.push_back(from);
    from += phase.count * wide;
  }
  for (std::int64_t column = 0; column < width;) {
    for (const T*& pixel : phases) {
      if (column++ == width) break;
      if (times == 1) {
        place_pixel(channels, pixel, out, end);
      } else if (times == 2) {
        fold_pixel<2>(channels, times, pixel, out);
      } else if (times == 4) {
        fold_pixel<4>(channels, times, pixel, out);
      } else {
        fold_pixel<0>(channels, times, pixel, out);
      }
      pixel += wide;
      out += channels;
    }
  }
}

/// Whether a row is made apart and folded.
inline bool folds(const WindowPlan& p, const Vectors& vectors) {
  return p.out_channels < p.wide() || (vectors.pixels > 1 && p.phases[0].step_out > 1);
}

/// Calls body(sweep, group, n, i, first column, where its numbers go) for all groups of columns of all rows.
template <class T, class Table, class Body>
void for_each_group(const WindowPlan& p, const Vectors& vectors, const Copies& copies, const T* x,
                    const Table& table, T* y, const Body& body) {
  const std::int64_t wide = p.wide(), row = p.out_width * p.out_channels;
  const bool folded = folds(p, vectors);
  for_each_row(p, copies, x, folded ? p.out_width * wide : 0,
               [&](const WindowRows<T>& in, RowScratch<T>& scratch, std::int64_t n, std::int64_t i) {
                 T* const out = y + (n * p.out_height + i) * row;
                 T* next = scratch.row();
                 for (const ColumnGroup& group : p.columns) {
                   const Phase& phase = p.phases[static_cast<std::size_t>(group.phase)];
                   collect_taps(p, in, i, group, table, scratch.taps);
                   const std::int64_t first = phase.first + group.first * phase.step_out;
                   const Sweep<T> s{vectors, scratch.taps.data(), std::ssize(scratch.taps),
                                    vectors.pixels * in.step(),
                                    vectors.pixels * (folded ? 1 : phase.step_out) * wide};
                   body(s, group, n, i, first, folded ? next : out + first * wide);
                   if (folded) next += group.count * wide;
                 }
                 if (folded) fold_row(p, static_cast<const T*>(scratch.row()), out);
               });
}

/// y = the sums of taps, the weights being those of `table`, as weight_of(i, columns) reads them.
template <class T, class Table, class WeightOf>
void weigh_rows(const WindowPlan& p, const Vectors& vectors, const Copies& copies, const T* x,
                const Table& table, const WeightOf& weight_of, T* y) {
  for_each_group(
      p, vectors, copies, x, table, y,
      [&](const Sweep<T>& s, const ColumnGroup& group, std::int64_t, std::int64_t i, std::int64_t, T* out) {
        const auto weight = weight_of(i, group);
        sweep(s, Weigh<T, std::remove_const_t<decltype(weight)>>{weight, out}, group.count);
      });
}

}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
