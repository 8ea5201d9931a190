// The loops of batch_norm.h. Memory is read as vectors, whose channels repeat after a period of
// lcm(channels, lanes) numbers, so that vectors are full whatever the number of channels.
//
// Included once for every instruction set.
#if defined(TROUS_OPS_KERNELS_FAST_BATCH_NORM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TROUS_OPS_KERNELS_FAST_BATCH_NORM_INL_H_
#undef TROUS_OPS_KERNELS_FAST_BATCH_NORM_INL_H_
#else
#define TROUS_OPS_KERNELS_FAST_BATCH_NORM_INL_H_
#endif

#include <algorithm>
#include <numeric>
#include <type_traits>
#include <vector>

#include <trous/core/parallel.h>
#include <trous/core/storage.h>
#include <trous/ops/kernels/fast/batch_norm.h>
#include <trous/ops/kernels/fast/policy.h>
#include <trous/ops/kernels/fast/tile-inl.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {

/// How [rows, channels] is cut: into chunks of whole periods, each small enough to be read twice from the
/// cache.
template <class T>
struct Periods {
  Periods(std::int64_t rows, std::int64_t channel_count)
      : lanes(static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<T>()))),
        channels(channel_count),
        vectors(channels / std::gcd(channels, lanes)),
        elements(rows * channels),
        chunk(std::max<std::int64_t>(1, policy::batch_norm_chunk / (vectors * lanes)) * vectors * lanes) {}

  std::int64_t lanes, channels;
  std::int64_t vectors;   // of a period
  std::int64_t elements;  // of the whole tensor
  std::int64_t chunk;     // elements of a chunk
};

/// A number for each channel, repeated over the vectors of a period.
template <class T>
class PeriodTable {
 public:
  PeriodTable(const Periods<T>& p, const T* of_channel)
      : memory_(sizeof(T) * static_cast<std::size_t>(p.vectors * p.lanes)) {
    T* const out = static_cast<T*>(memory_.data());
    std::copy_n(of_channel, p.channels, out);
    for (std::int64_t i = p.channels; i < p.vectors * p.lanes; ++i) out[i] = out[i - p.channels];
  }
  const T* data() const { return static_cast<const T*>(memory_.data()); }

 private:
  Storage memory_;
};

/// Calls f(vector of the period, index of its first number, lanes inside) for the vectors of [begin, end),
/// which begins a period.
template <class T, class F>
HWY_INLINE void for_each_vector(const Periods<T>& p, std::int64_t begin, std::int64_t end, const F& f) {
  const auto n = static_cast<std::size_t>(p.lanes);
  std::int64_t v = 0, i = begin;
  for (; i + p.lanes <= end; i += p.lanes) {
    f(v, i, n);
    if (++v == p.vectors) v = 0;
  }
  if (i < end) f(v, i, static_cast<std::size_t>(end - i));
}

template <class D, class T>
HWY_INLINE hn::Vec<D> load_lanes(D d, std::size_t lanes, const T* from) {
  return lanes == hn::Lanes(d) ? hn::LoadU(d, from) : load_first(d, lanes, from);
}

template <class D, class T>
HWY_INLINE void store_lanes(hn::Vec<D> v, D d, std::size_t lanes, T* to) {
  if (lanes == hn::Lanes(d)) {
    hn::StoreU(v, d, to);
  } else {
    store_first(v, d, lanes, to);
  }
}

/// Adds the two vectors of term(vector of the period, index, lanes) over a chunk to first[c] and second[c].
/// Four sums of each run side by side, so that additions need not wait for one another.
template <class T, class Term>
HWY_INLINE void column_sums(const Periods<T>& p, std::int64_t begin, std::int64_t end, const Term& term,
                            double* first, double* second) {
  const hn::ScalableTag<T> d;
  const std::int64_t step = p.vectors * p.lanes;
  HWY_ALIGN T one[HWY_MAX_BYTES / sizeof(T)] = {}, two[HWY_MAX_BYTES / sizeof(T)] = {};
  for (std::int64_t v = 0; v < p.vectors; ++v) {
    auto a0 = hn::Zero(d), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
    std::int64_t i = begin + v * p.lanes;
    const auto whole = static_cast<std::size_t>(p.lanes);
    for (; i + 3 * step + p.lanes <= end; i += 4 * step) {
      term(v, i, whole, a0, b0);
      term(v, i + step, whole, a1, b1);
      term(v, i + 2 * step, whole, a2, b2);
      term(v, i + 3 * step, whole, a3, b3);
    }
    for (; i < end; i += step) term(v, i, static_cast<std::size_t>(std::min(p.lanes, end - i)), a0, b0);
    hn::Store(hn::Add(hn::Add(a0, a1), hn::Add(a2, a3)), d, one);
    hn::Store(hn::Add(hn::Add(b0, b1), hn::Add(b2, b3)), d, two);
    std::int64_t c = v * p.lanes % p.channels;
    for (std::int64_t l = 0; l < p.lanes; ++l) {
      first[c] += static_cast<double>(one[l]);
      second[c] += static_cast<double>(two[l]);
      if (++c == p.channels) c = 0;
    }
  }
}

/// Runs sums(begin, end, first, second), which adds to zeros, on each chunk. The result holds the sums of the
/// chunks, one after the other.
template <class T, class Sums>
std::vector<double> chunk_sums(const Periods<T>& p, const Sums& sums) {
  std::vector<double> all(static_cast<std::size_t>(chunks(p.elements, p.chunk) * 2 * p.channels), 0.0);
  parallel_for(p.elements, p.chunk, [&](std::int64_t begin, std::int64_t end) {
    double* const out = all.data() + begin / p.chunk * 2 * p.channels;
    sums(begin, end, out, out + p.channels);
  });
  return all;
}

// Within a chunk squares are taken of deviations from the chunk's own mean, and the sum of the deviations
// corrects that mean. The mean itself is found from deviations from the chunk's first row. They are small
// where the numbers are large and alike, and 0 where a channel is constant, so that no square of an error of
// the mean exceeds the variance. Chunks are merged in order as Chan, Golub and LeVeque do ("Updating formulae
// and a pairwise algorithm for computing sample variances", 1979).
template <class T>
void run_norm_moments(const T* x, std::int64_t rows, std::int64_t channels, double* mean, double* variance) {
  const Periods<T> p(rows, channels);
  const hn::ScalableTag<T> d;
  const auto sums = [&](std::int64_t begin, std::int64_t end, double* means, double* squares) {
    const auto deviations_from = [&](const T* center, auto squared) {
      const PeriodTable<T> table(p, center);
      std::fill_n(means, 2 * channels, 0.0);
      column_sums<T>(
          p, begin, end,
          [&](std::int64_t v, std::int64_t i, std::size_t lanes, auto& a, auto& b) HWY_ATTR {
            auto apart = hn::Sub(load_lanes(d, lanes, x + i), hn::Load(d, table.data() + v * p.lanes));
            if (lanes < hn::Lanes(d)) apart = hn::IfThenElseZero(hn::FirstN(d, lanes), apart);
            a = hn::Add(a, apart);
            if constexpr (squared.value) b = hn::MulAdd(apart, apart, b);
          },
          means, squares);
    };
    const double share = static_cast<double>(channels) / static_cast<double>(end - begin);
    std::vector<T> center(x + begin, x + begin + channels);
    deviations_from(center.data(), std::false_type());
    for (std::int64_t c = 0; c < channels; ++c)
      center[static_cast<std::size_t>(c)] =
          static_cast<T>(static_cast<double>(x[begin + c]) + means[c] * share);
    deviations_from(center.data(), std::true_type());
    for (std::int64_t c = 0; c < channels; ++c) {
      squares[c] -= means[c] * means[c] * share;
      means[c] = static_cast<double>(center[static_cast<std::size_t>(c)]) + means[c] * share;
    }
  };
  const std::vector<double> all = chunk_sums<T>(p, sums);
  std::fill_n(mean, channels, 0.0);
  std::fill_n(variance, channels, 0.0);
  double before = 0;
  for (std::int64_t k = 0; k < chunks(p.elements, p.chunk); ++k) {
    const double* const means = all.data() + k * 2 * channels;
    const std::int64_t rows_here = (std::min(p.elements, (k + 1) * p.chunk) - k * p.chunk) / channels;
    const auto here = static_cast<double>(rows_here);
    for (std::int64_t c = 0; c < channels; ++c) {
      const double apart = means[c] - mean[c];
      mean[c] += apart * here / (before + here);
      variance[c] += means[channels + c] + apart * apart * before * here / (before + here);
    }
    before += here;
  }
  for (std::int64_t c = 0; c < channels; ++c) variance[c] /= before;
}

/// The tables of a normalisation, and its two steps on a vector.
template <class T>
struct NormTables {
  explicit NormTables(const NormRows<T>& n)
      : p(n.rows, n.channels), mean(p, n.mean), slope(p, n.slope), offset(p, n.offset) {}
  Periods<T> p;
  PeriodTable<T> mean, slope, offset;

  template <class V, class D>
  HWY_INLINE V centred(D d, V x, std::int64_t v) const {
    return hn::Sub(x, hn::Load(d, mean.data() + v * p.lanes));
  }
  template <class V, class D>
  HWY_INLINE V affine(D d, V centred_x, std::int64_t v) const {
    return hn::MulAdd(centred_x, hn::Load(d, slope.data() + v * p.lanes),
                      hn::Load(d, offset.data() + v * p.lanes));
  }
};

template <class T>
void run_norm_value(const NormRows<T>& n, T* y) {
  const NormTables<T> t(n);
  const hn::ScalableTag<T> d;
  parallel_for(t.p.elements, t.p.chunk, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
    for_each_vector<T>(t.p, begin, end, [&](std::int64_t v, std::int64_t i, std::size_t lanes) HWY_ATTR {
      auto value = t.affine(d, t.centred(d, load_lanes(d, lanes, n.x + i), v), v);
      // Written so that NaN stays NaN.
      if (n.relu) value = hn::IfThenZeroElse(hn::Lt(value, hn::Zero(d)), value);
      store_lanes(value, d, lanes, y + i);
    });
  });
}

template <class T>
void run_norm_sums(const NormRows<T>& n, const T* g, double* plain, double* with_x) {
  const NormTables<T> t(n);
  const hn::ScalableTag<T> d;
  const std::vector<double> all =
      chunk_sums<T>(t.p, [&](std::int64_t begin, std::int64_t end, double* first, double* second) {
        column_sums<T>(
            t.p, begin, end,
            [&](std::int64_t v, std::int64_t i, std::size_t lanes, auto& a, auto& b) HWY_ATTR {
              auto grad = load_lanes(d, lanes, g + i);
              const auto x = t.centred(d, load_lanes(d, lanes, n.x + i), v);
              if (n.relu) grad = hn::IfThenElseZero(hn::Gt(t.affine(d, x, v), hn::Zero(d)), grad);
              a = hn::Add(a, grad);
              b = hn::MulAdd(grad, x, b);
            },
            first, second);
      });
  std::fill_n(plain, n.channels, 0.0);
  std::fill_n(with_x, n.channels, 0.0);
  for (std::size_t k = 0; k < all.size(); k += static_cast<std::size_t>(2 * n.channels)) {
    for (std::int64_t c = 0; c < n.channels; ++c) {
      plain[c] += all[k + static_cast<std::size_t>(c)];
      with_x[c] += all[k + static_cast<std::size_t>(n.channels + c)];
    }
  }
}

template <class T>
void run_norm_grad(const NormRows<T>& n, const T* g, const T* first, const T* second, T* out) {
  const NormTables<T> t(n);
  const PeriodTable<T> firsts(t.p, first), seconds(t.p, second);
  const hn::ScalableTag<T> d;
  parallel_for(t.p.elements, t.p.chunk, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
    for_each_vector<T>(t.p, begin, end, [&](std::int64_t v, std::int64_t i, std::size_t lanes) HWY_ATTR {
      auto grad = load_lanes(d, lanes, g + i);
      const auto x = t.centred(d, load_lanes(d, lanes, n.x + i), v);
      if (n.relu) grad = hn::IfThenElseZero(hn::Gt(t.affine(d, x, v), hn::Zero(d)), grad);
      const auto rest = hn::MulAdd(x, hn::Load(d, seconds.data() + v * t.p.lanes),
                                   hn::Load(d, firsts.data() + v * t.p.lanes));
      store_lanes(hn::MulSub(grad, hn::Load(d, t.slope.data() + v * t.p.lanes), rest), d, lanes, out + i);
    });
  });
}

}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
