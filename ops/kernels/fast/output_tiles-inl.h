// The tiles of all output channels of a gather, with their filters. Output channels are lanes (tile-inl.h)
// or, where they would fill no vector, dots (dot_tile-inl.h).
//
// Included once for every instruction set.
#if defined(TROUS_OPS_KERNELS_FAST_OUTPUT_TILES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TROUS_OPS_KERNELS_FAST_OUTPUT_TILES_INL_H_
#undef TROUS_OPS_KERNELS_FAST_OUTPUT_TILES_INL_H_
#else
#define TROUS_OPS_KERNELS_FAST_OUTPUT_TILES_INL_H_
#endif

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <trous/core/parallel.h>
#include <trous/core/storage.h>
#include <trous/ops/kernels/fast/column_segments.h>
#include <trous/ops/kernels/fast/dot_tile-inl.h>
#include <trous/ops/kernels/fast/gather_conv.h>
#include <trous/ops/kernels/fast/policy.h>
#include <trous/ops/kernels/fast/tile-inl.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {

/// How many input channels share a vector with so many output channels: as many as the vector has room for,
/// and not more than the 16 bytes that one load repeats. If they filled a whole vector, dots would be
/// cheaper.
template <class T>
int channels_of_group(std::int64_t out_channels, std::int64_t in_channels) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<T>()));
  for (int group = static_cast<int>(16 / sizeof(T)); group > 1; group /= 2) {
    if (group < lanes && group * out_channels <= lanes && in_channels % group == 0) return group;
  }
  return 1;
}

/// Blocks of two vectors of output channels. The last block has one vector where that is enough, and a group
/// of input channels shares that vector where it has room.
template <class T>
struct Blocks {
  Blocks(std::int64_t out_channels, std::int64_t in_channels)
      : lanes(static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<T>()))),
        channels(out_channels),
        count(chunks(channels, 2 * lanes)),
        last_group(count > 0 ? channels_of_group<T>(channels - begin(count - 1), in_channels) : 1) {}
  std::int64_t begin(std::int64_t block) const { return block * 2 * lanes; }
  int vectors(std::int64_t block) const { return channels - begin(block) > lanes ? 2 : 1; }
  int group(std::int64_t block) const { return block == count - 1 ? last_group : 1; }
  std::size_t tail_lanes(std::int64_t block) const {
    return static_cast<std::size_t>(std::min(lanes, channels - begin(block) - (vectors(block) - 1) * lanes));
  }
  std::int64_t lanes, channels, count;
  int last_group;
};

/// Filters as the tiles read them: [block][a][slot][c][vectors of the block], with zeros behind the last
/// channel. A block of groups is [a][slot][c / group][o][i], i < group. The slots are the column taps, phase
/// after phase.
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
    const bool single_threaded = parts * row_ * blocks.lanes <= policy::packing_threads_numbers;
    parallel_for(parts, single_threaded ? parts : 1, pack);
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

/// The tiles of the first `outputs` output channels, which are lanes, with their filters.
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
    work.tail_lanes = blocks_.tail_lanes(block);
    tiles(functions(block, work.tap_channels > 0), work, count);
  }

 private:
  using Functions = std::array<TileFunction<T>, max_tile_pixels>;
  const Functions& functions(std::int64_t block, bool neighbours) const {
    static constexpr Functions two = tile_functions<T, 2, 1>(tile_widths),
                               one = tile_functions<T, 1, 1>(tile_widths),
                               rows = row_tile_functions<T>(tile_widths);
    if (blocks_.vectors(block) == 2) return two;
    constexpr std::size_t max_lanes = hn::MaxLanes(hn::ScalableTag<T>());
    if constexpr (max_lanes > 2) {
      static constexpr Functions pairs = tile_functions<T, 1, 2>(tile_widths);
      if (blocks_.group(block) == 2) return pairs;
    }
    if constexpr (max_lanes > 4 && sizeof(T) == 4) {
      static constexpr Functions fours = tile_functions<T, 1, 4>(tile_widths);
      if (blocks_.group(block) == 4) return fours;
    }
    return neighbours ? rows : one;
  }

  Blocks<T> blocks_;
  PackedFilters<T> packed_;
};

/// Which output channels are lanes and which are dots.
struct OutputShare {
  std::int64_t in_lanes;  // the first output channels; the rest are dots
  double pixel_work;      // multiply-adds of a pixel, those of empty lanes included
};

/// The cheapest of three shares: all output channels in lanes, none, or as many as leave no lane empty.
template <class T>
OutputShare share_outputs(const GatherPlan& p) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<T>()));
  const PixelReads reads = pixel_reads(p, lanes);
  const auto cost = [&](std::int64_t in_lanes) {
    const std::int64_t pairs = in_lanes / (2 * lanes), rest = in_lanes - pairs * 2 * lanes;
    const int group = rest > 0 ? channels_of_group<T>(rest, p.in_channels) : 1;
    const double vectors = static_cast<double>(2 * pairs) + static_cast<double>(chunks(rest, lanes)) / group;
    return reads.channels * vectors * (group > 1 ? policy::group_broadcast_cost : 1) +
           policy::group_halving_cost * std::log2(group) + reads.dot_cost(p.out_channels - in_lanes);
  };
  std::int64_t best = p.out_channels;
  for (const std::int64_t in_lanes : {p.out_channels / lanes * lanes, std::int64_t{0}}) {
    if (cost(in_lanes) < cost(best)) best = in_lanes;
  }
  return {best, cost(best) * static_cast<double>(lanes)};
}

/// The tiles of all output channels: first the blocks of lanes, then the blocks of dots.
template <class T>
class OutputTiles {
 public:
  OutputTiles(const GatherPlan& p, const ColumnSegments& segments, const T* filters)
      : share_(share_outputs<T>(p)),
        channels_(p, segments.slots, filters, share_.in_lanes),
        dots_(p, segments.slots, filters, share_.in_lanes) {}

  std::int64_t blocks() const { return channels_.blocks() + dots_.blocks(); }
  double pixel_work() const { return share_.pixel_work; }
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

}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
