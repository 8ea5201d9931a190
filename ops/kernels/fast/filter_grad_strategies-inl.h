// The four ways in which a filter gradient sums outer products. A strategy decides which channels are the
// lanes of vectors, which sums lie side by side in registers, and how the sums of a part lie in memory. Its
// geometry has one group of channels.
//
// Every strategy S has this interface, with which filter_grad-inl.h drives it:
//
//   S(g, lanes)                            for vectors of so many lanes
//   S::broadcast                           the operand whose channels are broadcast
//   blocks()                               blocks of channels of y; a task sums one of them
//   numbers()                              numbers of the sums of one part
//   offset(block, a)                       where the sums of row tap a begin in them
//   y_channels(block)                      the channels of y that a block reads
//   add(rows, pairs, block, taps, sums)    adds a few rows to the sums of these row taps
//   write(sums, parts, rows, w, step)      adds the parts, in order, and writes rows of w, `step` apart
//
// Included once for every instruction set.
#if defined(TROUS_OPS_KERNELS_FAST_FILTER_GRAD_STRATEGIES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TROUS_OPS_KERNELS_FAST_FILTER_GRAD_STRATEGIES_INL_H_
#undef TROUS_OPS_KERNELS_FAST_FILTER_GRAD_STRATEGIES_INL_H_
#else
#define TROUS_OPS_KERNELS_FAST_FILTER_GRAD_STRATEGIES_INL_H_
#endif

#include <algorithm>
#include <vector>

#include <trous/core/parallel.h>
#include <trous/ops/kernels/fast/filter_columns.h>
#include <trous/ops/kernels/fast/filter_grad_rows-inl.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {

/// From `begin` to before `end`, of the row taps or of the rows of w. Row (a width.taps + b) in_channels + c
/// of w holds the output channels of tap (a, b) and input channel c.
struct Range {
  std::int64_t begin, end;
};

/// Where a column part begins in a row of x.
inline std::int64_t offset_in_x(const ConvGeometry& g, const ColumnPart& c) {
  return (c.first * g.width.stride + c.b * g.width.rate - g.width.before) * g.in_channels;
}

/// What the strategies share that have the channels of y in lanes: blocks of two vectors, the last block of
/// one where that is enough. The sums of a part are [block][a][b][c][vectors of the block].
template <class T>
class YLanes {
 public:
  static constexpr Broadcast broadcast = Broadcast::x;

  YLanes(const ConvGeometry& g, std::int64_t lanes)
      : g_(g), lanes_(lanes), tap_row_(g.width.taps * g.in_channels), blocks_(blocks_of(g, lanes)) {}

  static std::int64_t blocks_of(const ConvGeometry& g, std::int64_t lanes) {
    return chunks(g.out_channels, 2 * lanes);
  }

  std::int64_t blocks() const { return blocks_; }
  std::int64_t numbers() const { return g_.height.taps * tap_row_ * blocks_ * 2 * lanes_; }
  std::int64_t offset(std::int64_t block, std::int64_t a) const {
    return block * g_.height.taps * tap_row_ * 2 * lanes_ + a * tap_row_ * width(block);
  }
  ChannelRange y_channels(std::int64_t block) const { return {block * 2 * lanes_, width(block)}; }

  void write(const T* sums, std::int64_t parts, Range rows, T* w, std::int64_t step) const {
    const std::int64_t part_step = numbers();
    for (std::int64_t block = 0; block < blocks_; ++block) {
      const auto [first, wide] = y_channels(block);
      const std::int64_t given = std::min(wide, g_.out_channels - first);
      for (std::int64_t row = rows.begin; row < rows.end; ++row) {
        T* const out = w + row * step + first;
        const T* const from = sums + offset(block, 0) + row * wide;
        std::copy_n(from, given, out);
        for (std::int64_t part = 1; part < parts; ++part) {
          for (std::int64_t o = 0; o < given; ++o) out[o] += from[part * part_step + o];
        }
      }
    }
  }

 protected:
  /// Numbers of the vectors of a block.
  std::int64_t width(std::int64_t block) const {
    return (g_.out_channels - block * 2 * lanes_ > lanes_ ? 2 : 1) * lanes_;
  }

  /// The channels that a column part meets in x, with the vectors of a block. `sums` are those of a row tap.
  OuterWork<T> work_of(const std::vector<RowPair<T>>& pairs, const ColumnPart& c, std::int64_t wide,
                       T* sums) const {
    return {.pairs = pairs.data(),
            .pair_count = std::ssize(pairs),
            .pixels = c.count,
            .broadcast_offset = offset_in_x(g_, c),
            .broadcast_step = g_.width.stride * g_.in_channels,
            .lanes_offset = c.first * wide,
            .lanes_step = wide,
            .lanes_vector_step = lanes_,
            .tail_lanes = static_cast<std::size_t>(lanes_),
            .sums = sums + c.b * g_.in_channels * wide,
            .sums_step = wide,
            .sums_vector_step = lanes_,
            .broadcast_row_step = g_.height.rate * g_.width.in * g_.in_channels,
            .sums_row_step = tap_row_ * wide};
  }

  /// Adds the rows selected by `which`, one row tap after the other. `which` and `columns` are what
  /// strategies differ in; the other five are the arguments of `add`, passed on as they are.
  void add_row_taps(const RowBlock<T>& rows, RowPairs<T>& pairs, RowsMet which, std::int64_t block,
                    Range taps, const std::vector<ColumnPart>& columns, T* sums) const {
    const std::int64_t wide = width(block);
    for (std::int64_t a = taps.begin; a < taps.end; ++a) {
      const std::vector<RowPair<T>>& met = pairs.collect(rows, a, which);
      if (met.empty()) continue;
      for (const ColumnPart& c : columns)
        add_all_channels<T>(work_of(met, c, wide, sums + offset(block, a)), c.taps * g_.in_channels,
                            wide > lanes_);
    }
  }

  const ConvGeometry& g_;
  std::int64_t lanes_, tap_row_, blocks_;
};

/// Channels of y in lanes: a tile sums channels of x by one or two vectors. The channels of x at neighbouring
/// column taps (a rate of 1) lie together and are summed together.
template <class T>
class YChannelsInLanes : public YLanes<T> {
 public:
  YChannelsInLanes(const ConvGeometry& g, std::int64_t lanes)
      : YLanes<T>(g, lanes), columns_(column_parts(g.width)) {}

  void add(const RowBlock<T>& rows, RowPairs<T>& pairs, std::int64_t block, Range taps, T* sums) const {
    this->add_row_taps(rows, pairs, RowsMet::all, block, taps, columns_, sums);
  }

 private:
  std::vector<ColumnPart> columns_;
};

/// One vector of channels of y, whose column taps share each broadcast of x: column q of x meets three
/// columns of y, a rate apart, by three taps. The stride is 1.
template <class T>
class SharedColumnTaps : public YLanes<T> {
 public:
  SharedColumnTaps(const ConvGeometry& g, std::int64_t lanes)
      : YLanes<T>(g, lanes), columns_(input_column_parts(g.width, max_shared_taps)) {}

  void add(const RowBlock<T>& rows, RowPairs<T>& pairs, std::int64_t block, Range taps, T* sums) const {
    for (std::int64_t a = taps.begin; a < taps.end; ++a) {
      const std::vector<RowPair<T>>& met = pairs.collect(rows, a, RowsMet::all);
      if (met.empty()) continue;
      for (const ColumnPart& c : columns_) add_columns(met, c, sums + this->offset(block, a));
    }
  }

 private:
  void add_columns(const std::vector<RowPair<T>>& pairs, const ColumnPart& c, T* sums) const {
    const ConvGeometry& g = this->g_;
    const std::int64_t lanes = this->lanes_;
    OuterWork<T> work = this->work_of(pairs, c, lanes, sums);
    work.broadcast_offset = c.first * g.in_channels;
    work.lanes_offset = (c.first + g.width.before - c.b * g.width.rate) * lanes;
    work.lanes_vector_step = -g.width.rate * lanes;
    work.sums_vector_step = g.in_channels * lanes;
    if (c.taps == 3) return add_all_channels<T, 3, true>(work, g.in_channels);
    if (c.taps == 2) return add_all_channels<T, 2, true>(work, g.in_channels);
    add_all_channels<T, 1, true>(work, g.in_channels);
  }

  std::vector<ColumnPart> columns_;
};

/// One vector of channels of y, with so few channels of x that the three row taps of a filter are summed side
/// by side. A task sums all row taps. Rows at borders, which not every tap meets, are summed tap by tap.
template <class T>
class ThreeRowTaps : public YLanes<T> {
 public:
  ThreeRowTaps(const ConvGeometry& g, std::int64_t lanes)
      : YLanes<T>(g, lanes), columns_(column_parts(g.width)) {}

  /// Whether the sums of three rows fit into the registers.
  static bool fits(const ConvGeometry& g) {
    const std::int64_t merged_channels = g.width.rate == 1 ? g.width.taps * g.in_channels : g.in_channels;
    return g.height.taps == 3 && merged_channels <= max_three_row_channels;
  }

  void add(const RowBlock<T>& rows, RowPairs<T>& pairs, std::int64_t block, Range taps, T* sums) const {
    const std::vector<RowPair<T>>& met = pairs.collect(rows, 0, RowsMet::by_every_tap);
    if (!met.empty()) {
      for (const ColumnPart& c : columns_)
        add_three_rows<T>(this->work_of(met, c, this->lanes_, sums), c.taps * this->g_.in_channels);
    }
    this->add_row_taps(rows, pairs, RowsMet::by_some_taps, block, taps, columns_, sums);
  }

 private:
  std::vector<ColumnPart> columns_;
};

/// Channels of x in lanes; the channels of y are broadcast. The sums are [a][o][b][c]. Behind each o is room
/// for one vector: the last vector of a row is read and written whole, and may not reach the next row or the
/// numbers of another task.
template <class T>
class XChannelsInLanes {
 public:
  static constexpr Broadcast broadcast = Broadcast::y;

  XChannelsInLanes(const ConvGeometry& g, std::int64_t lanes)
      : g_(g),
        lanes_(lanes),
        tap_row_(g.width.taps * g.in_channels),
        step_(chunks(tap_row_, lanes) * lanes + lanes),
        columns_(column_parts(g.width)) {}

  std::int64_t blocks() const { return 1; }
  std::int64_t numbers() const { return g_.height.taps * g_.out_channels * step_; }
  std::int64_t offset(std::int64_t, std::int64_t a) const { return a * g_.out_channels * step_; }
  ChannelRange y_channels(std::int64_t) const { return {0, g_.out_channels}; }

  void add(const RowBlock<T>& rows, RowPairs<T>& pairs, std::int64_t block, Range taps, T* sums) const {
    for (std::int64_t a = taps.begin; a < taps.end; ++a) {
      const std::vector<RowPair<T>>& met = pairs.collect(rows, a, RowsMet::all);
      if (met.empty()) continue;
      for (const ColumnPart& c : columns_) add_columns(met, c, sums + offset(block, a));
    }
  }

  void write(const T* sums, std::int64_t parts, Range rows, T* w, std::int64_t step) const {
    const std::int64_t part_step = numbers();
    for (std::int64_t row = rows.begin; row < rows.end; ++row) {
      T* const out = w + row * step;
      const T* const from = sums + offset(0, row / tap_row_) + row % tap_row_;
      for (std::int64_t o = 0; o < g_.out_channels; ++o) {
        T sum = from[o * step_];
        for (std::int64_t part = 1; part < parts; ++part) sum += from[part * part_step + o * step_];
        out[o] = sum;
      }
    }
  }

 private:
  void add_columns(const std::vector<RowPair<T>>& pairs, const ColumnPart& c, T* sums) const {
    const std::int64_t channels = c.taps * g_.in_channels;
    for (std::int64_t first = 0; first < channels; first += 2 * lanes_) {
      const std::int64_t rest = channels - first;
      const bool two = rest > lanes_;
      add_all_channels<T>(
          {.pairs = pairs.data(),
           .pair_count = std::ssize(pairs),
           .pixels = c.count,
           .broadcast_offset = c.first * g_.out_channels,
           .broadcast_step = g_.out_channels,
           .lanes_offset = offset_in_x(g_, c) + first,
           .lanes_step = g_.width.stride * g_.in_channels,
           .lanes_vector_step = lanes_,
           .tail_lanes = static_cast<std::size_t>(std::min(lanes_, two ? rest - lanes_ : rest)),
           .sums = sums + c.b * g_.in_channels + first,
           .sums_step = step_,
           .sums_vector_step = lanes_},
          g_.out_channels, two);
    }
  }

  const ConvGeometry& g_;
  std::int64_t lanes_, tap_row_, step_;
  std::vector<ColumnPart> columns_;
};

}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
