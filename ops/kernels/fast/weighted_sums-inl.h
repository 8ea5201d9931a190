// Sums of weighted taps over rows, which depthwise convolutions and means of windows are.
//
// Included once for every instruction set.
#if defined(TROUS_OPS_KERNELS_FAST_WEIGHTED_SUMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TROUS_OPS_KERNELS_FAST_WEIGHTED_SUMS_INL_H_
#undef TROUS_OPS_KERNELS_FAST_WEIGHTED_SUMS_INL_H_
#else
#define TROUS_OPS_KERNELS_FAST_WEIGHTED_SUMS_INL_H_
#endif

#include <trous/ops/kernels/fast/windows-inl.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {

/// Each tap has its own weights, one for each number of a group.
template <class T>
struct WeightsOfTap {
  template <class D>
  HWY_INLINE hn::Vec<D> operator()(D d, const Tap<T>& tap, std::int64_t start) const {
    return hn::LoadU(d, tap.w + start);
  }
};

/// All taps have the same weight.
template <class T>
struct CommonWeight {
  T weight;
  template <class D>
  HWY_INLINE hn::Vec<D> operator()(D d, const Tap<T>&, std::int64_t) const {
    return hn::Set(d, weight);
  }
};

/// The kernel of a sweep that writes sums of weighted taps.
template <class T, class Weight>
struct WeightedSum {
  Weight weight;
  T* y;

  template <int groups>
  HWY_INLINE void tile(const Sweep<T>& s, std::int64_t first, std::int64_t start) const {
    const hn::ScalableTag<T> d;
    using V = hn::Vec<decltype(d)>;
    V sum[groups];
#pragma GCC unroll 8
    for (int m = 0; m < groups; ++m) sum[m] = hn::Zero(d);
    for (std::int64_t t = 0; t < s.tap_count; ++t) {
      const V w = weight(d, s.taps[t], start);
      const T* const x = s.taps[t].x + first * s.step_in + start;
#pragma GCC unroll 8
      for (int m = 0; m < groups; ++m) sum[m] = hn::MulAdd(hn::LoadU(d, x + m * s.step_in), w, sum[m]);
    }
    T* const out = y + first * s.step_out + start;
#pragma GCC unroll 8
    for (int m = 0; m < groups; ++m) hn::StoreU(sum[m], d, out + m * s.step_out);
  }

  void tail(const Sweep<T>& s, std::int64_t index, std::int64_t start, std::size_t lanes) const {
    const hn::ScalableTag<T> d;
    auto sum = hn::Zero(d);
    for (std::int64_t t = 0; t < s.tap_count; ++t) {
      const auto value = load_first(d, lanes, s.taps[t].x + index * s.step_in + start);
      sum = hn::MulAdd(value, weight(d, s.taps[t], start), sum);
    }
    store_first(sum, d, lanes, y + index * s.step_out + start);
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

/// Copies a pixel. It may write over later pixels of the row, but not beyond `end`.
template <class T>
HWY_INLINE void place_pixel(std::int64_t channels, const T* from, T* out, const T* end) {
  const SixteenBytes<T> few;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(few));
  for (std::int64_t c = 0; c < channels; c += lanes) {
    if (end - (out + c) >= lanes) {
      hn::StoreU(hn::LoadU(few, from + c), few, out + c);
    } else {
      for (std::int64_t i = c; i < channels; ++i) out[i] = from[i];
    }
  }
}

/// Writes an output row from its phases, in which a pixel has `wide` numbers: the columns come in order, and
/// the numbers that belong to one channel are added.
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

/// Whether an output row is made in scratch memory, phase after phase, and then folded.
inline bool folds(const WindowPlan& p, const PixelGroup& group) {
  return p.out_channels < p.wide() || (group.pixels > 1 && p.phases[0].step_out > 1);
}

/// Calls body(sweep, span, n, i, first column, output) for all spans of columns of all rows. x, table and y
/// are arguments of their own and not members of a struct, so that their element types are deduced and the
/// pointers stay in registers.
template <class T, class Table, class Body>
void for_each_span(const WindowPlan& p, const PixelGroup& group, const RowCopies& copies, const T* x,
                   const Table& table, T* y, const Body& body) {
  const std::int64_t wide = p.wide(), row = p.out_width * p.out_channels;
  const bool folded = folds(p, group);
  for_each_row(p, copies, x, folded ? p.out_width * wide : 0,
               [&](const WindowRows<T>& in, RowScratch<T>& scratch, std::int64_t n, std::int64_t i) {
                 T* const out = y + (n * p.out_height + i) * row;
                 T* next = scratch.row();
                 for (const ColumnSpan& span : p.columns) {
                   const Phase& phase = p.phases[static_cast<std::size_t>(span.phase)];
                   collect_taps(p, in, i, span, table, scratch.taps);
                   const std::int64_t first = phase.first + span.first * phase.step_out;
                   const Sweep<T> s{group, scratch.taps.data(), std::ssize(scratch.taps),
                                    group.pixels * in.step(),
                                    group.pixels * (folded ? 1 : phase.step_out) * wide};
                   body(s, span, n, i, first, folded ? next : out + first * wide);
                   if (folded) next += span.count * wide;
                 }
                 if (folded) fold_row(p, static_cast<const T*>(scratch.row()), out);
               });
}

/// Writes the sums of taps to y. weight_of(i, span) is a WeightsOfTap, which reads `table`, or a
/// CommonWeight. Its arguments are those of for_each_span, for the same reason.
template <class T, class Table, class WeightOf>
void write_weighted_sums(const WindowPlan& p, const PixelGroup& group, const RowCopies& copies, const T* x,
                         const Table& table, const WeightOf& weight_of, T* y) {
  for_each_span(
      p, group, copies, x, table, y,
      [&](const Sweep<T>& s, const ColumnSpan& span, std::int64_t, std::int64_t i, std::int64_t, T* out) {
        const auto weight = weight_of(i, span);
        sweep(s, WeightedSum<T, std::remove_const_t<decltype(weight)>>{weight, out}, span.count);
      });
}

}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
