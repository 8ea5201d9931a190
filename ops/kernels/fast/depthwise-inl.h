// The loops of depthwise convolutions.
//
// Included once for every instruction set.
#if defined(TROUS_OPS_KERNELS_FAST_DEPTHWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TROUS_OPS_KERNELS_FAST_DEPTHWISE_INL_H_
#undef TROUS_OPS_KERNELS_FAST_DEPTHWISE_INL_H_
#else
#define TROUS_OPS_KERNELS_FAST_DEPTHWISE_INL_H_
#endif

#include <trous/ops/kernels/fast/weigh-inl.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {

/// The weights of each tap for the vectors of a group, repeated where a group is several pixels.
template <class T>
class GroupWeights {
 public:
  GroupWeights(const WindowPlan& p, const Vectors& vectors, const T* w) : w_(w), step_(vectors.numbers) {
    if (vectors.pixels == 1) return;
    const std::int64_t taps = p.kernel_height * p.kernel_width, wide = p.wide();
    memory_ = std::make_unique<Storage>(sizeof(T) * static_cast<std::size_t>(taps * step_));
    T* out = static_cast<T*>(memory_->data());
    for (std::int64_t tap = 0; tap < taps; ++tap) {
      for (std::int64_t m = 0; m < vectors.pixels; ++m) out = std::copy_n(w + tap * wide, wide, out);
    }
    w_ = static_cast<const T*>(memory_->data());
  }
  const T* operator()(std::int64_t tap) const { return w_ + tap * step_; }

 private:
  const T* w_;
  std::int64_t step_;
  std::unique_ptr<Storage> memory_;
};

template <class T>
void run_depthwise(const WindowPlan& p, const T* x, const T* w, T* y) {
  const Vectors vectors = vectors_of<T>(p);
  const GroupWeights<T> weights(p, vectors, w);
  weigh_rows(
      p, vectors, copies_of(p, vectors), x, weights,
      [](std::int64_t, const ColumnGroup&) { return OwnWeights<T>{}; }, y);
}

/// A tap of a row of x, and where the sums of its weights stand: vector after vector.
template <class T>
struct GradTap {
  const T* x;
  T* sums;
};

template <class T>
struct GradSweep {
  const Vectors& vectors;
  std::int64_t pixels, step_x, step_y;  // steps of a group
  const T* y;
};

// Those of a 3x3 filter: enough sums to hide the time that one addition takes, few enough for 16 registers.
constexpr std::int64_t most_taps = 9;

template <class T, int taps>
HWY_NOINLINE void add_products(const GradSweep<T>& s, const GradTap<T>* from) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const Vectors& vectors = s.vectors;
  const std::int64_t groups = s.pixels / vectors.pixels;
  const std::int64_t rest = s.pixels % vectors.pixels * (vectors.numbers / vectors.pixels);
  for (std::int64_t v = 0; v < vectors.count; ++v) {
    const T* x[taps];
    V sum[taps];
#pragma GCC unroll 9
    for (int t = 0; t < taps; ++t) {
      x[t] = from[t].x + vectors.start(v);
      sum[t] = hn::Zero(d);
    }
    const T* y = s.y + vectors.start(v);
    std::int64_t at = 0;
    for (std::int64_t g = 0; g < groups; ++g, at += s.step_x, y += s.step_y) {
      const V grad = hn::LoadU(d, y);
#pragma GCC unroll 9
      for (int t = 0; t < taps; ++t) sum[t] = hn::MulAdd(grad, hn::LoadU(d, x[t] + at), sum[t]);
    }
    if (rest > v * vectors.lanes) {
      const auto lanes = static_cast<std::size_t>(std::min(vectors.lanes, rest - v * vectors.lanes));
      const V grad = load_some(d, lanes, y);
      for (int t = 0; t < taps; ++t) sum[t] = hn::MulAdd(grad, load_some(d, lanes, x[t] + at), sum[t]);
    }
#pragma GCC unroll 9
    for (int t = 0; t < taps; ++t) {
      T* const sums = from[t].sums + v * vectors.lanes;
      hn::Store(hn::Add(hn::Load(d, sums), sum[t]), d, sums);
    }
  }
}

template <class T, std::size_t... t>
constexpr auto product_functions(std::index_sequence<t...>) {
  return std::array{add_products<T, static_cast<int>(t) + 1>...};
}

template <class T>
void add_row(const GradSweep<T>& s, const std::vector<GradTap<T>>& taps) {
  static constexpr auto functions =
      product_functions<T>(std::make_index_sequence<static_cast<std::size_t>(most_taps)>());
  const std::int64_t count = std::ssize(taps), parts = chunks(count, most_taps);
  for (std::int64_t p = 0, first = 0; p < parts; ++p) {
    const std::int64_t width = count / parts + (p < count % parts);
    functions[static_cast<std::size_t>(width - 1)](s, taps.data() + first);
    first += width;
  }
}

/// w[k] += the sums that are those of number k of a pixel.
template <class T>
void add_sums(const Vectors& vectors, std::int64_t wide, const T* sums, T* w) {
  for (std::int64_t v = 0; v < vectors.count; ++v) {
    // The overlap with the vector before is counted there.
    const std::int64_t start = vectors.start(v), own = v * vectors.lanes - start;
    for (std::int64_t l = own; l < vectors.lanes; ++l) w[(start + l) % wide] += sums[v * vectors.lanes + l];
  }
}

template <class T>
void run_depthwise_filter_grad(const WindowPlan& p, const T* x, const T* y, T* w) {
  constexpr std::int64_t most_parts = 16, pixels_of_a_part = 64;
  const Vectors vectors = vectors_of<T>(p);
  const Copies copies = copies_of(p, vectors);
  const std::int64_t rows = p.batch * p.out_height, wide = p.wide(), taps = p.kernel_height * p.kernel_width;
  const std::int64_t parts = std::clamp<std::int64_t>(rows * p.out_width / pixels_of_a_part, 1,
                                                      std::max<std::int64_t>(1, std::min(rows, most_parts)));
  const std::int64_t of_tap = vectors.count * vectors.lanes;
  Storage memory(sizeof(T) * static_cast<std::size_t>(parts * taps * of_tap));
  T* const all = static_cast<T*>(memory.data());
  const auto sum_part = [&](std::int64_t part) {
    T* const sums = all + part * taps * of_tap;
    std::fill_n(sums, taps * of_tap, T(0));
    std::vector<Tap<T>> row_taps;
    std::vector<GradTap<T>> grad_taps;
    const std::int64_t end = rows * (part + 1) / parts;
    for (std::int64_t first = rows * part / parts, last = 0; first < end; first = last) {
      const std::int64_t n = first / p.out_height;
      last = std::min(end, (n + 1) * p.out_height);
      const WindowRows<T> in(p, copies, x, n, first - n * p.out_height, last - n * p.out_height);
      for (std::int64_t row = first; row < last; ++row) {
        for (const ColumnGroup& group : p.columns) {
          collect_taps(
              p, in, row - n * p.out_height, group, [&](std::int64_t tap) { return sums + tap * of_tap; },
              row_taps);
          grad_taps.clear();
          for (const Tap<T>& tap : row_taps) grad_taps.push_back({tap.x, sums + (tap.w - sums)});
          const GradSweep<T> s{vectors, group.count, vectors.pixels * in.step(), vectors.pixels * wide,
                               y + (row * p.out_width + group.first) * wide};
          add_row(s, grad_taps);
        }
      }
    }
  };
  const bool alone = row_work(p) * static_cast<double>(rows) < enough_work;
  parallel_for(parts, alone ? parts : 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t part = begin; part < end; ++part) sum_part(part);
  });
  std::fill_n(w, taps * wide, T(0));
  for (std::int64_t part = 0; part < parts; ++part) {
    for (std::int64_t tap = 0; tap < taps; ++tap)
      add_sums(vectors, wide, all + (part * taps + tap) * of_tap, w + tap * wide);
  }
}

}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
