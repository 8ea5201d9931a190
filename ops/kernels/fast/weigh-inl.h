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

/// A row of phases, `wide` numbers to a pixel, to its columns: those that come from one channel are added.
template <class T>
void fold_row(const WindowPlan& p, const T* from, T* out) {
  const std::int64_t times = p.wide() / p.out_channels;
  for (const Phase& phase : p.phases) {
    for (std::int64_t k = 0; k < phase.count; ++k) {
      T* const to = out + (phase.first + k * phase.step_out) * p.out_channels;
      if (times == 1) {
        from = std::copy_n(from, p.out_channels, to) - to + from;
      } else if (times == 2) {
        for (std::int64_t c = 0; c < p.out_channels; ++c, from += 2) to[c] = from[0] + from[1];
      } else {
        for (std::int64_t c = 0; c < p.out_channels; ++c, from += times) {
          T sum = from[0];
          for (std::int64_t m = 1; m < times; ++m) sum += from[m];
          to[c] = sum;
        }
      }
    }
  }
}

/// y = the sums of taps, the weights being those of `table`, as weight_of(i, columns) reads them.
template <class T, class Table, class WeightOf>
void weigh_rows(const WindowPlan& p, const Vectors& vectors, const Copies& copies, const T* x,
                const Table& table, const WeightOf& weight_of, T* y) {
  const std::int64_t wide = p.wide(), row = p.out_width * p.out_channels;
  const bool folded = p.out_channels < wide || (vectors.pixels > 1 && p.phases[0].step_out > 1);
  for_each_row(p, copies, x, [&](const WindowRows<T>& in, std::int64_t n, std::int64_t i) {
    std::vector<Tap<T>> taps;
    T* const out = y + (n * p.out_height + i) * row;
    std::unique_ptr<Storage> memory;
    if (folded) memory = std::make_unique<Storage>(sizeof(T) * static_cast<std::size_t>(p.out_width * wide));
    T* next = folded ? static_cast<T*>(memory->data()) : nullptr;
    for (const ColumnGroup& group : p.columns) {
      const Phase& phase = p.phases[static_cast<std::size_t>(group.phase)];
      collect_taps(p, in, i, group, table, taps);
      T* const to = folded ? next : out + (phase.first + group.first * phase.step_out) * wide;
      const Sweep<T> s{vectors, taps.data(), std::ssize(taps), vectors.pixels * in.step(),
                       vectors.pixels * (folded ? 1 : phase.step_out) * wide};
      sweep(s, Weigh{weight_of(i, group), to}, group.count);
      if (folded) next += group.count * wide;
    }
    if (folded) fold_row(p, static_cast<const T*>(memory->data()), out);
  });
}

}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
