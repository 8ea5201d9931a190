// The driver of gather_conv.h: cuts the output into tasks, brings the input rows of each task into reach and
// runs tiles over them: of output channels (tile-inl.h), or, where these are few, of input channels
// (dot_tile-inl.h).
//
// Included once for every instruction set.
#if defined(TROUS_OPS_KERNELS_FAST_GATHER_CONV_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TROUS_OPS_KERNELS_FAST_GATHER_CONV_INL_H_
#undef TROUS_OPS_KERNELS_FAST_GATHER_CONV_INL_H_
#else
#define TROUS_OPS_KERNELS_FAST_GATHER_CONV_INL_H_
#endif

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include <trous/core/parallel.h>
#include <trous/core/storage.h>
#include <trous/ops/kernels/fast/column_segments.h>
#include <trous/ops/kernels/fast/dot_tile-inl.h>
#include <trous/ops/kernels/fast/gather_conv.h>
#include <trous/ops/kernels/fast/tile-inl.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {

/// How many input channels share a vector with so many output channels: as many as there is room for.
template <class T>
int shared_by(std::int64_t out_channels, std::int64_t in_channels) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<T>()));
  for (int group = static_cast<int>(16 / sizeof(T)); group > 1; group /= 2) {
    if (group * out_channels <= lanes && in_channels % group == 0) return group;
  }
  return 1;
}

/// Blocks of two vectors of output channels, the last of one where that is enough, in groups where they leave
/// room.
template <class T>
struct Blocks {
  Blocks(std::int64_t out_channels, std::int64_t in_channels)
      : lanes(static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<T>()))),
        channels(out_channels),
        count((channels + 2 * lanes - 1) / (2 * lanes)),
        last_group(count > 0 ? shared_by<T>(channels - begin(count - 1), in_channels) : 1) {}
  std::int64_t begin(std::int64_t block) const { return block * 2 * lanes; }
  int vectors(std::int64_t block) const { return channels - begin(block) > lanes ? 2 : 1; }
  int group(std::int64_t block) const { return block == count - 1 ? last_group : 1; }
  std::size_t last_lanes(std::int64_t block) const {
    return static_cast<std::size_t>(std::min(lanes, channels - begin(block) - (vectors(block) - 1) * lanes));
  }
  std::int64_t lanes, channels, count;
  int last_group;
};

/// Filters as the tiles read them: [block][a][slot][c][vectors of the block], or [slot][c / group][o][c %
/// group] for a group, zeros behind the last channel. A slot is a column tap, phase after phase.
template <class T>
class PackedFilters {
 public:
  PackedFilters(const GatherPlan& p, const std::vector<std::int64_t>& slots, const Blocks<T>& blocks,
                const T* filters)
      : row_(static_cast<std::int64_t>(slots.size()) * p.in_channels),
        memory_(sizeof(T) *
                static_cast<std::size_t>(blocks.count * p.kernel_height * row_ * 2 * blocks.lanes)),
        blocks_(blocks),
        height_(p.kernel_height) {
    T* const all = static_cast<T*>(memory_.data());
    const std::int64_t step_a = p.filter_steps[0], step_b = p.filter_steps[1], step_c = p.filter_steps[2],
                       step_o = p.filter_steps[3];
    const auto pack = [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t block = i / height_, a = i % height_;
        const std::int64_t width = blocks.vectors(block) * blocks.lanes, first = blocks.begin(block);
        const std::int64_t given = std::min(width, blocks.channels - first), group = blocks.group(block);
        T* out = all + offset(block, a, 0);
        for (const std::int64_t b : slots) {
          const T* const tap = filters + a * step_a + b * step_b + first * step_o;
          if (group > 1) {
            for (std::int64_t c = 0; c < p.in_channels; c += group, out += width) {
              for (std::int64_t lane = 0; lane < given * group; ++lane)
                out[lane] = tap[(c + lane % group) * step_c + lane / group * step_o];
              std::fill(out + given * group, out + width, T(0));
            }
            continue;
          }
          for (std::int64_t c = 0; c < p.in_channels; ++c, out += width) {
            const T* const from = tap + c * step_c;
            if (step_o == 1) {
              std::copy_n(from, given, out);
            } else {
              for (std::int64_t o = 0; o < given; ++o) out[o] = from[o * step_o];
            }
            std::fill(out + given, out + width, T(0));
          }
        }
      }
    };
    const std::int64_t parts = blocks.count * height_;
    parallel_for(parts, parts * row_ * blocks.lanes > 100000 ? 1 : parts, pack);
  }

  const T* tap(std::int64_t block, std::int64_t a, std::int64_t slot, std::int64_t channels) const {
    return static_cast<const T*>(memory_.data()) + offset(block, a, slot * channels);
  }

 private:
  std::int64_t offset(std::int64_t block, std::int64_t a, std::int64_t pixel) const {
    return block * height_ * row_ * 2 * blocks_.lanes +
           (a * row_ + pixel) / blocks_.group(block) * blocks_.vectors(block) * blocks_.lanes;
  }
  std::int64_t row_;
  Storage memory_;
  const Blocks<T>& blocks_;
  std::int64_t height_;
};

/// The tiles of blocks of the first `outputs` output channels, with their filters.
template <class T>
class ChannelTiles {
 public:
  ChannelTiles(const GatherPlan& p, const std::vector<std::int64_t>& slots, const T* filters,
               std::int64_t outputs)
      : blocks_(outputs, p.in_channels), packed_(p, slots, blocks_, filters) {}

  std::int64_t blocks() const { return blocks_.count; }
  std::int64_t begin(std::int64_t block) const { return blocks_.begin(block); }
  const T* tap(std::int64_t block, std::int64_t a, std::int64_t slot, std::int64_t channels) const {
    return packed_.tap(block, a, slot, channels);
  }
  void operator()(std::int64_t block, TileWork<T> work, std::int64_t count) const {
    work.lanes = blocks_.last_lanes(block);
    tiles(functions(block, work.tap_channels > 0), work, count);
  }

 private:
  using Functions = std::array<TileFunction<T>, most_pixels>;
  const Functions& functions(std::int64_t block, bool neighbours) const {
    static constexpr Functions two = tile_functions<T, 2, 1>(tile_widths),
                               one = tile_functions<T, 1, 1>(tile_widths),
                               rows = row_tile_functions<T>(tile_widths);
    if (blocks_.vectors(block) == 2) return two;
#if HWY_TARGET != HWY_SCALAR
    static constexpr Functions pairs = tile_functions<T, 1, 2>(tile_widths);
    if (blocks_.group(block) == 2) return pairs;
    if constexpr (sizeof(T) == 4) {
      static constexpr Functions fours = tile_functions<T, 1, 4>(tile_widths);
      if (blocks_.group(block) == 4) return fours;
    }
#endif
    return neighbours ? rows : one;
  }

  Blocks<T> blocks_;
  PackedFilters<T> packed_;
};

/// How many output channels are lanes of vectors, the first ones, while the others are dots; and the work of
/// a pixel then.
struct OutputShare {
  std::int64_t in_lanes;
  double work;  // multiply-adds, those of empty lanes included
};

/// As costs least: all in lanes, none, or those that leave no lane empty.
template <class T>
OutputShare share_outputs(const GatherPlan& p, const ColumnSegments& segments) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<T>()));
  const Reading reading = reading_of(p, segments, lanes);
  const auto cost = [&](std::int64_t in_lanes) {
    // A single vector has no second one that shares its broadcasts.
    constexpr double alone = 1.1, halving = 3;  // of a group, when it is summed
    const std::int64_t pairs = in_lanes / (2 * lanes), rest = in_lanes - pairs * 2 * lanes;
    double single = rest > lanes ? 2 : 0, sum = 0;
    if (rest > 0 && rest <= lanes) {
      const int group = shared_by<T>(rest, p.in_channels);
      single = alone / group;
      sum = halving * std::log2(group);
    }
    return reading.channels * (2 * static_cast<double>(pairs) + single) + sum +
           reading.dots(p.out_channels - in_lanes);
  };
  std::int64_t best = p.out_channels;
  for (const std::int64_t in_lanes : {p.out_channels / lanes * lanes, std::int64_t{0}}) {
    if (cost(in_lanes) < cost(best)) best = in_lanes;
  }
  return {best, cost(best) * static_cast<double>(lanes)};
}

/// The tiles of all output channels: first those of lanes, then those of dots.
template <class T>
class OutputTiles {
 public:
  OutputTiles(const GatherPlan& p, const ColumnSegments& segments, const T* filters)
      : share_(share_outputs<T>(p, segments)),
        channels_(p, segments.slots, filters, share_.in_lanes),
        dots_(p, segments.slots, filters, share_.in_lanes) {}

  std::int64_t blocks() const { return channels_.blocks() + dots_.blocks(); }
  double pixel_work() const { return share_.work; }
  std::int64_t begin(std::int64_t block) const {
    return is_dot(block) ? share_.in_lanes + dots_.begin(block - channels_.blocks()) : channels_.begin(block);
  }
  const T* tap(std::int64_t block, std::int64_t a, std::int64_t slot, std::int64_t channels) const {
    return is_dot(block) ? dots_.tap(block - channels_.blocks(), a, slot, channels)
                         : channels_.tap(block, a, slot, channels);
  }
  void operator()(std::int64_t block, const TileWork<T>& work, std::int64_t count) const {
    is_dot(block) ? dots_(block - channels_.blocks(), work, count) : channels_(block, work, count);
  }

 private:
  bool is_dot(std::int64_t block) const { return block >= channels_.blocks(); }
  OutputShare share_;
  ChannelTiles<T> channels_;
  DotTiles<T> dots_;
};

/// The input rows that a few output rows read: where they are, or copies between zeros where a tile reads
/// beyond the image.
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
    const std::int64_t length = p.in_width * p.in_channels;
    std::int64_t needed = 0;
    for (std::int64_t i = first; i < end; ++i) {
      for (const RowTap& tap : p.rows[static_cast<std::size_t>(i)]) {
        const T*& row = rows_[static_cast<std::size_t>(tap.row - low_)];
        if (!row) {
          row = image + tap.row * length;
          ++needed;
        }
      }
    }
    if (segments.left == 0 && segments.right == 0) return;
    const std::int64_t before = segments.left * p.in_channels, behind = segments.right * p.in_channels;
    copies_ =
        std::make_unique<Storage>(sizeof(T) * static_cast<std::size_t>(needed * (before + length + behind)));
    T* out = static_cast<T*>(copies_->data());
    for (const T*& row : rows_) {
      if (!row) continue;
      std::fill_n(out, before, T(0));
      std::memcpy(out + before, row, sizeof(T) * static_cast<std::size_t>(length));
      std::fill_n(out + before + length, behind, T(0));
      row = out + before;
      out += before + length + behind;
    }
  }

  const T* operator[](std::int64_t row) const { return rows_[static_cast<std::size_t>(row - low_)]; }

 private:
  std::int64_t low_;
  std::vector<const T*> rows_;
  std::unique_ptr<Storage> copies_;
};

/// How the output is cut: into groups of rows of an image, or, where there are few rows, of columns, and into
/// groups of blocks of channels. No output depends on the cuts.
struct Cuts {
  std::int64_t rows, columns, blocks;  // rows and blocks of a group; number of column parts
  bool alone;                          // too little work for more than one thread
};

/// `pixel` is the work of an output pixel: multiply-adds, those of empty lanes included.
inline Cuts cut(const GatherPlan& p, const ColumnSegments& segments, std::int64_t blocks, double pixel,
                std::size_t element) {
  constexpr double task = 4e6, columns_task = 1e6, worth_threads = 1.5e6;
  constexpr std::int64_t tasks = 32, nearby = 1 << 18;
  const double row = std::max(1.0, static_cast<double>(p.out_width) * pixel);
  const std::int64_t rows = p.batch * p.out_height;
  const bool copied = segments.left + segments.right > 0;
  const auto row_bytes =
      static_cast<std::int64_t>(element) * (p.in_width + segments.left + segments.right) * p.in_channels;
  Cuts cuts{.rows = std::clamp<std::int64_t>(static_cast<std::int64_t>(task / row), 1,
                                             std::clamp<std::int64_t>(rows / tasks, 1, p.out_height)),
            .columns = 1,
            .blocks = blocks,
            .alone = row * static_cast<double>(rows) < worth_threads};
  while (cuts.rows > 1 && cuts.rows * row_bytes > nearby) cuts.rows = (cuts.rows + 1) / 2;
  if (cuts.alone) {
    cuts.rows = std::max(cuts.rows, std::min(p.out_height, nearby / std::max<std::int64_t>(1, row_bytes)));
    return cuts;
  }
  std::int64_t groups = p.batch * ((p.out_height + cuts.rows - 1) / cuts.rows);
  if (!copied && groups < tasks) {
    const std::int64_t most = std::max<std::int64_t>(1, p.out_width / (4 * most_pixels));
    cuts.columns = std::clamp<std::int64_t>(static_cast<std::int64_t>(row / columns_task), 1, most);
    groups *= cuts.columns;
  }
  if (groups < tasks) cuts.blocks = std::max<std::int64_t>(1, blocks * groups / tasks);
  return cuts;
}

template <class T>
void run_tiles(const GatherPlan& p, const ColumnSegments& segments, const OutputTiles<T>& tiles, const T* x,
               T* y) {
  const Cuts cuts = cut(p, segments, tiles.blocks(), tiles.pixel_work(), sizeof(T));
  const std::int64_t row_groups = chunks(p.out_height, cuts.rows),
                     block_groups = chunks(tiles.blocks(), cuts.blocks);
  const auto task = [&](std::int64_t index) {
    const std::int64_t column = index % cuts.columns, block_group = index / cuts.columns % block_groups;
    const std::int64_t rows = index / cuts.columns / block_groups, n = rows / row_groups;
    const std::int64_t first = rows % row_groups * cuts.rows, end = std::min(first + cuts.rows, p.out_height);
    const InputRows<T> in(p, segments, x + n * p.in_height * p.in_width * p.in_channels, first, end);
    std::vector<Run<T>> runs;
    runs.reserve(static_cast<std::size_t>(p.kernel_height) * segments.slots.size());
    const std::int64_t last_block = std::min((block_group + 1) * cuts.blocks, tiles.blocks());
    for (std::int64_t block = block_group * cuts.blocks; block < last_block; ++block) {
      for (std::int64_t i = first; i < end; ++i) {
        T* const out = y + ((n * p.out_height + i) * p.out_width) * p.out_channels + tiles.begin(block);
        for (const Segment& whole : segments.segments) {
          const std::int64_t from = whole.count * column / cuts.columns;
          const std::int64_t count = whole.count * (column + 1) / cuts.columns - from;
          if (count == 0) continue;
          const Phase& phase = p.phases[static_cast<std::size_t>(whole.phase)];
          const std::int64_t k = whole.first + from;
          runs.clear();
          for (const RowTap& tap : p.rows[static_cast<std::size_t>(i)]) {
            for (const TapRun& run : whole.runs) {
              runs.push_back({in[tap.row] + (k * phase.step_in + run.shift) * p.in_channels,
                              tiles.tap(block, tap.a, run.slot, p.in_channels), run.taps * p.in_channels});
            }
          }
          tiles(block,
                {.runs = runs.data(),
                 .count = std::ssize(runs),
                 .step_in = phase.step_in * p.in_channels,
                 .y = out + (phase.first + k * phase.step_out) * p.out_channels,
                 .step_out = phase.step_out * p.out_channels,
                 .tap_channels = phase.step_in == 1 && whole.has_neighbours() ? p.in_channels : 0},
                count);
        }
      }
    }
  };
  const std::int64_t tasks = p.batch * row_groups * block_groups * cuts.columns;
  parallel_for(tasks, cuts.alone ? std::max<std::int64_t>(1, tasks) : 1,
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t index = begin; index < end; ++index) task(index);
               });
}

template <class T>
void run_gather_conv(const GatherPlan& p, const T* x, const T* filters, T* y) {
  if (p.batch * p.out_height * p.out_width == 0) return;
  const ColumnSegments segments = column_segments(p);
  run_tiles(p, segments, OutputTiles<T>(p, segments, filters), x, y);
}

}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
