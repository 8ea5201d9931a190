// The driver of filter_grad.h: chooses a strategy, cuts the rows into parts and adds their partial sums in
// order. docs/kernels.md draws the cuts. Parts, blocks of channels, bands of rows and the strategy follow
// from the shapes and the instruction set alone.
//
// Included once for every instruction set.
#if defined(TROUS_OPS_KERNELS_FAST_FILTER_GRAD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TROUS_OPS_KERNELS_FAST_FILTER_GRAD_INL_H_
#undef TROUS_OPS_KERNELS_FAST_FILTER_GRAD_INL_H_
#else
#define TROUS_OPS_KERNELS_FAST_FILTER_GRAD_INL_H_
#endif

#include <algorithm>

#include <trous/core/parallel.h>
#include <trous/core/storage.h>
#include <trous/ops/kernels/fast/channel_groups-inl.h>
#include <trous/ops/kernels/fast/filter_grad.h>
#include <trous/ops/kernels/fast/filter_grad_strategies-inl.h>
#include <trous/ops/kernels/fast/policy.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {

/// How the work is cut. A task sums one block of channels of a group over one part of the rows, by all row
/// taps or by one.
struct FilterGradCuts {
  FilterGradCuts(const ConvGeometry& g, std::int64_t blocks_of_a_group) {
    const std::int64_t blocks = g.groups * blocks_of_a_group;
    const std::int64_t rows = g.batch * g.height.out, pixels = rows * g.width.out;
    parts = std::clamp<std::int64_t>(
        std::min(chunks(policy::filter_grad_tasks, blocks), pixels / policy::min_pixels_of_a_part), 1,
        std::max<std::int64_t>(1, rows));
    band_rows = std::max<std::int64_t>(1, policy::register_pixels / std::max<std::int64_t>(1, g.width.out));
    one_row_tap_per_task = parts * blocks < policy::filter_grad_tasks;
    const std::int64_t in_of_group = g.in_channels / g.groups;
    const double work = static_cast<double>(pixels) *
                        static_cast<double>(g.height.taps * g.width.taps * in_of_group) *
                        static_cast<double>(g.out_channels);
    single_threaded = work < policy::dense_threads_work;
  }

  std::int64_t parts;         // of the rows of y, each with partial sums of its own
  std::int64_t band_rows;     // rows over which a tile of sums stays in registers
  bool one_row_tap_per_task;  // where parts and blocks make too few tasks
  bool single_threaded;       // too little work for a second thread
};

/// A filter gradient by one strategy.
template <class T, class Strategy>
class FilterGrad {
 public:
  FilterGrad(const ConvGeometry& g, const FilterGradOperands<T>& operands, std::int64_t lanes)
      : all_(g),
        g_(g.of_one_group()),
        operands_(operands),
        strategy_(g_, lanes),
        cuts_(g, strategy_.blocks()),
        x_(g, operands.image, cuts_.single_threaded) {}

  void run() const {
    const std::int64_t numbers = strategy_.numbers(), blocks = strategy_.blocks();
    const std::int64_t group_numbers = cuts_.parts * numbers;
    Storage partial(sizeof(T) * static_cast<std::size_t>(all_.groups * group_numbers));
    T* const sums = static_cast<T*>(partial.data());
    const std::int64_t tap_groups = cuts_.one_row_tap_per_task ? g_.height.taps : 1;
    const std::int64_t tasks = all_.groups * cuts_.parts * blocks * tap_groups;
    parallel_for(tasks, cuts_.single_threaded ? tasks : 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t t = begin; t < end; ++t) {
        const std::int64_t a = t % tap_groups, block = t / tap_groups % blocks,
                           part = t / tap_groups / blocks % cuts_.parts,
                           group = t / tap_groups / blocks / cuts_.parts;
        sum_part(group, part, block, cuts_.one_row_tap_per_task ? Range{a, a + 1} : Range{0, g_.height.taps},
                 sums + group * group_numbers + part * numbers);
      }
    });
    const std::int64_t filter_rows = g_.height.taps * g_.width.taps * g_.in_channels;
    const std::int64_t grain = cuts_.single_threaded
                                   ? filter_rows
                                   : std::max<std::int64_t>(1, filter_rows / policy::filter_grad_tasks);
    parallel_for(filter_rows, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t group = 0; group < all_.groups; ++group) {
        strategy_.write(sums + group * group_numbers, cuts_.parts, {begin, end},
                        operands_.filters + group * g_.out_channels, all_.out_channels);
      }
    });
  }

 private:
  // The sums of one block of channels of a group by `taps` over one part of the rows.
  void sum_part(std::int64_t group, std::int64_t part, std::int64_t block, Range taps, T* sums) const {
    std::fill(sums + strategy_.offset(block, taps.begin), sums + strategy_.offset(block, taps.end), T(0));
    const std::int64_t rows = g_.batch * g_.height.out;
    const std::int64_t begin = rows * part / cuts_.parts, end = rows * (part + 1) / cuts_.parts;
    const RowBlockReader<T> reader(g_, operands_.result + group * g_.out_channels, all_.out_channels,
                                   strategy_.y_channels(block), cuts_.band_rows);
    RowPairs<T> pairs(g_, x_.of(group), Strategy::broadcast);
    for (std::int64_t row = begin; row < end; row += cuts_.band_rows)
      strategy_.add(reader.read(row, std::min(row + cuts_.band_rows, end)), pairs, block, taps, sums);
  }

  const ConvGeometry& all_;
  const ConvGeometry g_;  // of one group
  const FilterGradOperands<T>& operands_;
  Strategy strategy_;
  FilterGradCuts cuts_;
  GroupedImage<T> x_;
};

/// Whether vectors of channels of x take fewer multiply-adds than vectors of channels of y, which may have
/// empty lanes.
inline bool x_fills_lanes_better(const ConvGeometry& g, std::int64_t lanes) {
  const std::int64_t merged_taps = g.width.rate == 1 ? g.width.taps : 1;
  const std::int64_t x_vectors = chunks(merged_taps * g.in_channels, lanes) * (g.width.taps / merged_taps);
  return x_vectors * std::max(g.out_channels, policy::min_sums_side_by_side) <
         chunks(g.out_channels, lanes) * g.width.taps * g.in_channels;
}

/// The one choice among the strategies.
template <class T>
void run_filter_grad(const ConvGeometry& all, const FilterGradOperands<T>& operands) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<T>()));
  const ConvGeometry g = all.of_one_group();
  if (x_fills_lanes_better(g, lanes)) return FilterGrad<T, XChannelsInLanes<T>>(all, operands, lanes).run();
  if (g.out_channels <= lanes) {
    if (g.width.stride == 1 && g.width.taps > 1 && g.in_channels >= policy::min_channels_for_shared_taps)
      return FilterGrad<T, SharedColumnTaps<T>>(all, operands, lanes).run();
    if (ThreeRowTaps<T>::fits(g) && !FilterGradCuts(all, YLanes<T>::blocks_of(g, lanes)).one_row_tap_per_task)
      return FilterGrad<T, ThreeRowTaps<T>>(all, operands, lanes).run();
  }
  FilterGrad<T, YChannelsInLanes<T>>(all, operands, lanes).run();
}

}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
