// The loops of depthwise convolutions.
//
// Included once for every instruction set.
#if defined(TROUS_OPS_KERNELS_FAST_DEPTHWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TROUS_OPS_KERNELS_FAST_DEPTHWISE_INL_H_
#undef TROUS_OPS_KERNELS_FAST_DEPTHWISE_INL_H_
#else
#define TROUS_OPS_KERNELS_FAST_DEPTHWISE_INL_H_
#endif

#include <trous/ops/kernels/fast/weighted_sums-inl.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {

/// The weights of each tap for the numbers of a group, repeated where a group has several pixels.
template <class T>
class GroupWeights {
 public:
  GroupWeights(const WindowPlan& p, const PixelGroup& group, const T* w) : w_(w), step_(group.numbers) {
    if (group.pixels == 1) return;
    const std::int64_t taps = p.kernel_height * p.kernel_width, wide = p.wide();
    memory_ = std::make_unique<Storage>(sizeof(T) * static_cast<std::size_t>(taps * step_));
    T* out = static_cast<T*>(memory_->data());
    for (std::int64_t tap = 0; tap < taps; ++tap) {
      for (std::int64_t m = 0; m < group.pixels; ++m) out = std::copy_n(w + tap * wide, wide, out);
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
void run_depthwise(const WindowPlan& p, const GatherOperands<T>& operands) {
  const PixelGroup group = pixel_group<T>(p);
  const GroupWeights<T> weights(p, group, operands.filters);
  write_weighted_sums(
      p, group, row_copies(p, group), operands.in, weights,
      [](std::int64_t, const ColumnSpan&) { return WeightsOfTap<T>{}; }, operands.out);
}

/// What the first column of a span reads by a tap, and the sums of that tap's weights, vector after vector.
template <class T>
struct GradTap {
  const T* x;
  T* sums;
};

/// The cotangents of a span of columns. Groups of pixels are `step_x` numbers apart in x and `step_y` in y.
template <class T>
struct GradSweep {
  const PixelGroup& group;
  std::int64_t pixels, step_x, step_y;
  const T* y;
};

// The taps of a 3x3 filter have enough sums to hide the time of one multiply-add, and few enough for 16
// registers.
constexpr std::int64_t max_taps = 9;

template <class T, int taps>
HWY_NOINLINE void add_products(const GradSweep<T>& s, const GradTap<T>* from) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const PixelGroup& group = s.group;
  const std::int64_t groups = s.pixels / group.pixels;
  const std::int64_t rest = s.pixels % group.pixels * (group.numbers / group.pixels);
  for (std::int64_t v = 0; v < group.vectors; ++v) {
    const T* x[taps];
    V sum[taps];
#pragma GCC unroll 9
    for (int t = 0; t < taps; ++t) {
      x[t] = from[t].x + group.start(v);
      sum[t] = hn::Zero(d);
    }
    const T* y = s.y + group.start(v);
    std::int64_t at = 0;
    for (std::int64_t g = 0; g < groups; ++g, at += s.step_x, y += s.step_y) {
      const V grad = hn::LoadU(d, y);
#pragma GCC unroll 9
      for (int t = 0; t < taps; ++t) sum[t] = hn::MulAdd(grad, hn::LoadU(d, x[t] + at), sum[t]);
    }
    if (rest > v * group.lanes) {
      const auto lanes = static_cast<std::size_t>(std::min(group.lanes, rest - v * group.lanes));
      const V grad = load_first(d, lanes, y);
      for (int t = 0; t < taps; ++t) sum[t] = hn::MulAdd(grad, load_first(d, lanes, x[t] + at), sum[t]);
    }
#pragma GCC unroll 9
    for (int t = 0; t < taps; ++t) {
      T* const sums = from[t].sums + v * group.lanes;
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
      product_functions<T>(std::make_index_sequence<static_cast<std::size_t>(max_taps)>());
  const std::int64_t count = std::ssize(taps), calls = chunks(count, max_taps);
  for (std::int64_t p = 0, first = 0; p < calls; ++p) {
    const std::int64_t width = count / calls + (p < count % calls);
    functions[static_cast<std::size_t>(width - 1)](s, taps.data() + first);
    first += width;
  }
}

/// w[k] += the sums of number k of a pixel.
template <class T>
void add_sums(const PixelGroup& group, std::int64_t wide, const T* sums, T* w) {
  for (std::int64_t v = 0; v < group.vectors; ++v) {
    // The overlap with the vector before is counted with that vector.
    const std::int64_t start = group.start(v), own = v * group.lanes - start;
    for (std::int64_t l = own; l < group.lanes; ++l) w[(start + l) % wide] += sums[v * group.lanes + l];
  }
}

template <class T>
void run_depthwise_filter_grad(const WindowPlan& p, const Operands<Slot::filters, T>& operands) {
  const PixelGroup group = pixel_group<T>(p);
  const RowCopies copies = row_copies(p, group);
  const std::int64_t rows = p.batch * p.out_height, wide = p.wide(), taps = p.kernel_height * p.kernel_width;
  const std::int64_t max_parts = std::max<std::int64_t>(1, std::min(rows, policy::max_depthwise_parts));
  const std::int64_t parts =
      std::clamp<std::int64_t>(rows * p.out_width / policy::min_pixels_of_a_depthwise_part, 1, max_parts);
  const std::int64_t of_tap = group.vectors * group.lanes;
  Storage memory(sizeof(T) * static_cast<std::size_t>(parts * taps * of_tap));
  T* const all = static_cast<T*>(memory.data());
  const auto sum_part = [&](std::int64_t part) {
    T* const sums = all + part * taps * of_tap;
    std::fill_n(sums, taps * of_tap, T(0));
    std::vector<GradTap<T>> span_taps;
    const std::int64_t end = rows * (part + 1) / parts;
    for (std::int64_t first = rows * part / parts, last = 0; first < end; first = last) {
      const std::int64_t n = first / p.out_height;
      last = std::min(end, (n + 1) * p.out_height);
      const WindowRows<T> in(p, copies, operands.image, n, first - n * p.out_height, last - n * p.out_height);
      for (std::int64_t row = first; row < last; ++row) {
        for (const ColumnSpan& span : p.columns) {
          span_taps.clear();
          for_each_tap(p, in, row - n * p.out_height, span, [&](const T* x, std::int64_t tap, std::int64_t) {
            span_taps.push_back({x, sums + tap * of_tap});
          });
          const GradSweep<T> s{group, span.count, group.pixels * in.step(), group.pixels * wide,
                               operands.result + (row * p.out_width + span.first) * wide};
          add_row(s, span_taps);
        }
      }
    }
  };
  const bool single_threaded = row_work(p) * static_cast<double>(rows) < policy::window_threads_work;
  parallel_for(parts, single_threaded ? parts : 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t part = begin; part < end; ++part) sum_part(part);
  });
  T* const w = operands.filters;
  std::fill_n(w, taps * wide, T(0));
  for (std::int64_t part = 0; part < parts; ++part) {
    for (std::int64_t tap = 0; tap < taps; ++tap)
      add_sums(group, wide, all + (part * taps + tap) * of_tap, w + tap * wide);
  }
}

}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
