// The driver of gather_conv.h: it cuts the output into tasks, brings the input rows of each task into reach
// and runs tiles over them.
//
// Included once for every instruction set.
#if defined(TROUS_OPS_KERNELS_FAST_GATHER_CONV_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TROUS_OPS_KERNELS_FAST_GATHER_CONV_INL_H_
#undef TROUS_OPS_KERNELS_FAST_GATHER_CONV_INL_H_
#else
#define TROUS_OPS_KERNELS_FAST_GATHER_CONV_INL_H_
#endif

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include <trous/core/parallel.h>
#include <trous/core/storage.h>
#include <trous/ops/kernels/fast/channel_groups-inl.h>
#include <trous/ops/kernels/fast/column_segments.h>
#include <trous/ops/kernels/fast/gather_conv.h>
#include <trous/ops/kernels/fast/output_tiles-inl.h>
#include <trous/ops/kernels/fast/policy.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {

/// The input rows that a few output rows read, of one group of channels: in place, or copied where the
/// channels of neighbouring taps must lie together but the group is not all channels, and between zeros where
/// a tile reads beyond the image. `image` points to the group's channels of the first pixel.
template <class T>
class InputRows {
 public:
  InputRows(const GatherPlan& p, const ColumnSegments& segments, const T* image, std::int64_t first,
            std::int64_t end)
      : low_(p.in_height) {
    std::int64_t high = -1;
    for (std::int64_t i = first; i < end; ++i) {
      for (const RowTap& tap : p.rows[static_cast<std::size_t>(i)]) {
        low_ = std::min(low_, tap.row);
        high = std::max(high, tap.row);
      }
    }
    if (high < 0) return;
    rows_.assign(static_cast<std::size_t>(high - low_ + 1), nullptr);
    std::int64_t needed = 0;
    for (std::int64_t i = first; i < end; ++i) {
      for (const RowTap& tap : p.rows[static_cast<std::size_t>(i)]) {
        const T*& row = rows_[static_cast<std::size_t>(tap.row - low_)];
        if (!row) {
          row = image + tap.row * p.in_width * p.in_step();
          ++needed;
        }
      }
    }
    if (!copies_rows(p, segments)) return;
    const std::int64_t length = p.in_width * p.in_channels;
    const std::int64_t before = segments.left * p.in_channels, behind = segments.right * p.in_channels;
    copies_ =
        std::make_unique<Storage>(sizeof(T) * static_cast<std::size_t>(needed * (before + length + behind)));
    T* out = static_cast<T*>(copies_->data());
    for (const T*& row : rows_) {
      if (!row) continue;
      std::fill_n(out, before, T(0));
      copy_channels(row, p.in_step(), p.in_channels, p.in_width, out + before);
      std::fill_n(out + before + length, behind, T(0));
      row = out + before;
      out += before + length + behind;
    }
  }

  static bool copies_rows(const GatherPlan& p, const ColumnSegments& segments) {
    return (p.groups > 1 && p.kernel_width > 1) || segments.left > 0 || segments.right > 0;
  }
  /// Numbers from one pixel of a row to the next.
  static std::int64_t pixel_step(const GatherPlan& p, const ColumnSegments& segments) {
    return copies_rows(p, segments) ? p.in_channels : p.in_step();
  }

  const T* operator[](std::int64_t row) const { return rows_[static_cast<std::size_t>(row - low_)]; }

 private:
  std::int64_t low_;
  std::vector<const T*> rows_;
  std::unique_ptr<Storage> copies_;
};

/// How the output is cut into tasks. No output depends on the cuts.
struct Cuts {
  std::int64_t rows;     // of an image, in one task
  std::int64_t columns;  // parts into which a row is cut; more than one where there are few rows
  std::int64_t blocks;   // of channels of all groups, in one task
  bool single_threaded;  // too little work for a second thread
};

/// `pixel_work` is the multiply-adds of a pixel, those of empty lanes included; T is the type of a number.
template <class T>
Cuts cut(const GatherPlan& p, const ColumnSegments& segments, std::int64_t blocks, double pixel_work) {
  const double row = std::max(1.0, static_cast<double>(p.out_width) * pixel_work);
  const std::int64_t rows = p.batch * p.out_height;
  const bool copied = InputRows<T>::copies_rows(p, segments);
  const auto row_bytes =
      static_cast<std::int64_t>(sizeof(T)) * (p.in_width + segments.left + segments.right) * p.in_channels;
  const std::int64_t max_rows = std::clamp<std::int64_t>(rows / policy::min_gather_tasks, 1, p.out_height);
  Cuts cuts{.rows = std::clamp<std::int64_t>(static_cast<std::int64_t>(policy::gather_task_work / row), 1,
                                             max_rows),
            .columns = 1,
            .blocks = blocks,
            .single_threaded = row * static_cast<double>(rows) < policy::dense_threads_work};
  if (copied && p.groups > 1) {
    // More output rows share the copies of one group where tasks can be cut between groups instead.
    const auto out_bytes = static_cast<std::int64_t>(sizeof(T)) * p.out_width * p.out_step();
    const std::int64_t in_reach =
        std::clamp<std::int64_t>(policy::grouped_result_bytes / out_bytes, 1, p.out_height);
    std::int64_t more = chunks(p.out_height, chunks(p.out_height, in_reach));
    while (more > 1 && p.batch * chunks(p.out_height, more) * blocks < policy::min_gather_tasks)
      more = more / 2;
    cuts.rows = std::max(cuts.rows, more);
  }
  while (cuts.rows > 1 && cuts.rows * row_bytes > policy::l2_bytes) cuts.rows = (cuts.rows + 1) / 2;
  if (cuts.single_threaded) {
    const std::int64_t rows_in_reach = policy::l2_bytes / std::max<std::int64_t>(1, row_bytes);
    cuts.rows = std::max(cuts.rows, std::min(p.out_height, rows_in_reach));
    return cuts;
  }
  std::int64_t groups = p.batch * ((p.out_height + cuts.rows - 1) / cuts.rows);
  if (!copied && groups < policy::min_gather_tasks) {
    const std::int64_t min_columns = policy::min_tiles_of_columns * max_tile_pixels;
    const std::int64_t max_parts = std::max<std::int64_t>(1, p.out_width / min_columns);
    cuts.columns = std::clamp<std::int64_t>(static_cast<std::int64_t>(row / policy::gather_column_task_work),
                                            1, max_parts);
    groups *= cuts.columns;
  }
  if (groups < policy::min_gather_tasks)
    cuts.blocks = std::max<std::int64_t>(1, blocks * groups / policy::min_gather_tasks);
  return cuts;
}

/// `groups` holds the tiles of each group of channels. The blocks of all groups are counted through.
template <class T>
void run_tiles(const GatherPlan& p, const ColumnSegments& segments,
               const std::vector<std::unique_ptr<const OutputTiles<T>>>& groups, const T* x, T* y) {
  const std::int64_t group_blocks = groups[0]->blocks(), blocks = p.groups * group_blocks;
  const Cuts cuts = cut<T>(p, segments, blocks, static_cast<double>(p.groups) * groups[0]->pixel_work());
  const std::int64_t pixel_step = InputRows<T>::pixel_step(p, segments);
  const std::int64_t row_groups = chunks(p.out_height, cuts.rows), block_groups = chunks(blocks, cuts.blocks);
  const auto task = [&](std::int64_t number) {
    const std::int64_t column = number % cuts.columns, block_group = number / cuts.columns % block_groups;
    const std::int64_t rows = number / cuts.columns / block_groups, n = rows / row_groups;
    const std::int64_t first = rows % row_groups * cuts.rows, end = std::min(first + cuts.rows, p.out_height);
    std::optional<InputRows<T>> in;
    std::int64_t group_in_reach = -1;
    std::vector<Run<T>> runs;
    runs.reserve(static_cast<std::size_t>(p.kernel_height) * segments.slots.size());
    const std::int64_t last_block = std::min((block_group + 1) * cuts.blocks, blocks);
    for (std::int64_t index = block_group * cuts.blocks; index < last_block; ++index) {
      const std::int64_t group = index / group_blocks, block = index % group_blocks;
      const OutputTiles<T>& tiles = *groups[static_cast<std::size_t>(group)];
      if (group != group_in_reach) {
        in.emplace(p, segments, x + n * p.in_height * p.in_width * p.in_step() + group * p.in_channels, first,
                   end);
        group_in_reach = group;
      }
      for (std::int64_t i = first; i < end; ++i) {
        T* const out = y + ((n * p.out_height + i) * p.out_width) * p.out_step() + group * p.out_channels +
                       tiles.begin(block);
        for (const Segment& whole : segments.segments) {
          const std::int64_t from = whole.count * column / cuts.columns;
          const std::int64_t count = whole.count * (column + 1) / cuts.columns - from;
          if (count == 0) continue;
          const Phase& phase = p.phases[static_cast<std::size_t>(whole.phase)];
          const std::int64_t k = whole.first + from;
          runs.clear();
          for (const RowTap& tap : p.rows[static_cast<std::size_t>(i)]) {
            for (const TapRun& run : whole.runs) {
              runs.push_back({(*in)[tap.row] + (k * phase.step_in + run.shift) * pixel_step,
                              tiles.tap(block, tap.a, run.slot, p.in_channels), run.taps * p.in_channels});
            }
          }
          tiles(block,
                {.runs = runs.data(),
                 .count = std::ssize(runs),
                 .step_in = phase.step_in * pixel_step,
                 .y = out + (phase.first + k * phase.step_out) * p.out_step(),
                 .step_out = phase.step_out * p.out_step(),
                 .tap_channels = phase.step_in == 1 && whole.has_neighbours() ? p.in_channels : 0},
                count);
        }
      }
    }
  };
  const std::int64_t tasks = p.batch * row_groups * block_groups * cuts.columns;
  parallel_for(tasks, cuts.single_threaded ? std::max<std::int64_t>(1, tasks) : 1,
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t number = begin; number < end; ++number) task(number);
               });
}

template <class T>
void run_gather_conv(const GatherPlan& p, const GatherOperands<T>& operands) {
  if (p.batch * p.out_height * p.out_width == 0) return;
  const ColumnSegments segments = column_segments(p);
  std::vector<std::unique_ptr<const OutputTiles<T>>> groups(static_cast<std::size_t>(p.groups));
  const std::int64_t filters = p.kernel_height * p.kernel_width * p.in_channels * p.out_channels;
  parallel_for(p.groups, std::max<std::int64_t>(1, policy::packing_task_numbers / filters),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t group = begin; group < end; ++group)
                   groups[static_cast<std::size_t>(group)] = std::make_unique<const OutputTiles<T>>(
                       p, segments, operands.filters + group * p.filter_group_step);
               });
  run_tiles(p, segments, groups, operands.in, operands.out);
}

}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
