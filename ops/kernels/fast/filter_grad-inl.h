// The driver of filter_grad.h. Sums stay in registers over a block of about 192 pixels, then go to a partial
// result of a part of the rows; the parts are added in order. Parts and blocks follow from the shapes alone.
//
// Included once for every instruction set.
#if defined(TROUS_OPS_KERNELS_FAST_FILTER_GRAD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TROUS_OPS_KERNELS_FAST_FILTER_GRAD_INL_H_
#undef TROUS_OPS_KERNELS_FAST_FILTER_GRAD_INL_H_
#else
#define TROUS_OPS_KERNELS_FAST_FILTER_GRAD_INL_H_
#endif

#include <algorithm>
#include <memory>
#include <vector>

#include <trous/core/parallel.h>
#include <trous/core/storage.h>
#include <trous/ops/kernels/fast/filter_columns.h>
#include <trous/ops/kernels/fast/filter_grad.h>
#include <trous/ops/kernels/fast/outer_tile-inl.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {

/// Whether the channels of x make the vectors: where y has so few that most of a vector of them would be
/// empty.
inline bool few_out_channels(const ConvGeometry& g, std::int64_t lanes) {
  const std::int64_t together = g.width.rate == 1 ? g.width.taps : 1, sums_for_full_speed = 4;
  const std::int64_t wide = chunks(together * g.in_channels, lanes) * (g.width.taps / together);
  return wide * std::max(g.out_channels, sums_for_full_speed) <
         chunks(g.out_channels, lanes) * g.width.taps * g.in_channels;
}

/// The sums of one part are [block][a][b][c][vectors of the block], or, where the channels of x make the
/// vectors, [a][o][b][c] with room for a vector behind each o.
template <class T>
class FilterGrad {
 public:
  FilterGrad(const ConvGeometry& g, const T* x, const T* y)
      : g_(g),
        x_(x),
        y_(y),
        lanes_(static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<T>()))),
        tap_row_(g.width.taps * g.in_channels),
        few_step_(chunks(tap_row_, lanes_) * lanes_ + lanes_),
        rows_(g.batch * g.height.out) {
    const bool few = few_out_channels(g, lanes_);
    blocks_ = few ? 1 : chunks(g.out_channels, 2 * lanes_);
    constexpr std::int64_t tasks = 16, pixels_of_a_part = 512, block_pixels = 192;
    const std::int64_t pixels = rows_ * g.width.out;
    parts_ = std::clamp<std::int64_t>(std::min(chunks(tasks, blocks_), pixels / pixels_of_a_part), 1,
                                      std::max<std::int64_t>(1, rows_));
    block_rows_ = std::max<std::int64_t>(1, block_pixels / std::max<std::int64_t>(1, g.width.out));
    taps_apart_ = parts_ * blocks_ < tasks;
    way_ = few ? Way::few : g.out_channels <= lanes_ ? way_of_one_vector() : Way::block;
    columns_ = way_ == Way::taps ? input_column_parts(g.width, most_taps) : column_parts(g.width);
  }

  void run(T* w) {
    const std::int64_t elements =
        g_.height.taps * (few() ? g_.out_channels * few_step_ : tap_row_ * blocks_ * 2 * lanes_);
    Storage partial(sizeof(T) * static_cast<std::size_t>(parts_ * elements));
    T* const sums = static_cast<T*>(partial.data());
    const std::int64_t groups = taps_apart_ ? g_.height.taps : 1, tasks = parts_ * blocks_ * groups;
    const double work = static_cast<double>(rows_ * g_.width.out) *
                        static_cast<double>(g_.height.taps * tap_row_) * static_cast<double>(g_.out_channels);
    const bool alone = work < 1.5e6;
    parallel_for(tasks, alone ? tasks : 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t t = begin; t < end; ++t) {
        const std::int64_t group = t % groups, block = t / groups % blocks_, part = t / groups / blocks_;
        const std::int64_t a = taps_apart_ ? group : 0, last = taps_apart_ ? group + 1 : g_.height.taps;
        sum_part(part, block, a, last, sums + part * elements);
      }
    });
    add_parts(sums, elements, w, alone);
  }

 private:
  // What a tile sums: a block of channels of y with channels of x; one vector of them with three column taps,
  // or with three row taps; few of them, while the channels of x make the vectors.
  enum class Way { block, taps, three_rows, few };

  Way way_of_one_vector() const {
    // With fewer channels too few sums would run side by side.
    if (g_.width.stride == 1 && g_.width.taps > 1 && g_.in_channels >= 4) return Way::taps;
    const std::int64_t together = g_.width.rate == 1 ? tap_row_ : g_.in_channels;
    const bool all_rows = !taps_apart_ && g_.height.taps == 3;
    return all_rows && together <= most_in_three_rows ? Way::three_rows : Way::block;
  }

  bool few() const { return way_ == Way::few; }
  std::int64_t width(std::int64_t block) const {
    return (g_.out_channels - block * 2 * lanes_ > lanes_ ? 2 : 1) * lanes_;
  }
  std::int64_t offset(std::int64_t block, std::int64_t a) const {
    if (few()) return a * g_.out_channels * few_step_;
    return block * g_.height.taps * tap_row_ * 2 * lanes_ + a * tap_row_ * width(block);
  }

  // The taps [a, last) of one block of channels over one part of the rows.
  void sum_part(std::int64_t part, std::int64_t block, std::int64_t a, std::int64_t last, T* sums) const {
    std::fill(sums + offset(block, a), sums + offset(block, last), T(0));
    const std::int64_t begin = rows_ * part / parts_, end = rows_ * (part + 1) / parts_;
    const BlockRows rows(*this, block);
    std::vector<RowPair<T>> pairs;
    for (std::int64_t row = begin; row < end; row += block_rows_) {
      const std::int64_t row_end = std::min(row + block_rows_, end);
      const T* const y = rows.at(row, row_end);
      if (way_ == Way::three_rows) {
        collect(row, row_end, 0, y, rows.step(), pairs, Rows::whole);
        for (const ColumnPart& c : columns_) sum_three_rows(pairs, c, sums);
      }
      for (std::int64_t tap = a; tap < last; ++tap) {
        collect(row, row_end, tap, y, rows.step(), pairs, way_ == Way::three_rows ? Rows::border : Rows::all);
        if (pairs.empty()) continue;
        for (const ColumnPart& c : columns_) {
          if (few()) {
            sum_few(pairs, c, sums + offset(block, tap));
          } else if (way_ == Way::taps) {
            sum_taps(pairs, c, sums + offset(block, tap));
          } else {
            sum_block(pairs, c, width(block), sums + offset(block, tap));
          }
        }
      }
    }
  }

  std::int64_t offset_x(const ColumnPart& c) const {
    return (c.first * g_.width.stride + c.b * g_.width.rate - g_.width.before) * g_.in_channels;
  }

  OuterWork<T> work_of(const std::vector<RowPair<T>>& pairs, const ColumnPart& c, std::int64_t wide,
                       T* sums) const {
    return {.rows = pairs.data(),
            .row_count = std::ssize(pairs),
            .count = c.count,
            .offset_one = offset_x(c),
            .step_one = g_.width.stride * g_.in_channels,
            .offset_many = c.first * wide,
            .step_many = wide,
            .vector_many = lanes_,
            .lanes = static_cast<std::size_t>(lanes_),
            .sum = sums + c.b * g_.in_channels * wide,
            .step_sum = wide,
            .vector_sum = lanes_,
            .row_one = g_.height.rate * g_.width.in * g_.in_channels,
            .row_sum = tap_row_ * wide};
  }

  void sum_block(const std::vector<RowPair<T>>& pairs, const ColumnPart& c, std::int64_t wide,
                 T* sums) const {
    outers<T>(work_of(pairs, c, wide, sums), c.taps * g_.in_channels, wide > lanes_);
  }

  // Few channels of x alone make too few sums: those of all three row taps.
  void sum_three_rows(const std::vector<RowPair<T>>& pairs, const ColumnPart& c, T* sums) const {
    if (pairs.empty()) return;
    outers_of_three_rows<T>(work_of(pairs, c, lanes_, sums), c.taps * g_.in_channels);
  }

  // Where y has one vector of channels, each broadcast of x is shared by taps: they meet it in columns of y
  // that are `rate` apart.
  void sum_taps(const std::vector<RowPair<T>>& pairs, const ColumnPart& c, T* sums) const {
    OuterWork<T> work = work_of(pairs, c, lanes_, sums);
    work.offset_one = c.first * g_.in_channels;
    work.offset_many = (c.first + g_.width.before - c.b * g_.width.rate) * lanes_;
    work.vector_many = -g_.width.rate * lanes_;
    work.vector_sum = g_.in_channels * lanes_;
    if (c.taps == 3) return outers<T, 3, true>(work, g_.in_channels);
    if (c.taps == 2) return outers<T, 2, true>(work, g_.in_channels);
    outers<T, 1, true>(work, g_.in_channels);
  }

  void sum_few(const std::vector<RowPair<T>>& pairs, const ColumnPart& c, T* sums) const {
    const std::int64_t channels = c.taps * g_.in_channels;
    for (std::int64_t first = 0; first < channels; first += 2 * lanes_) {
      const std::int64_t rest = channels - first;
      const bool two = rest > lanes_;
      outers<T>({.rows = pairs.data(),
                 .row_count = std::ssize(pairs),
                 .count = c.count,
                 .offset_one = c.first * g_.out_channels,
                 .step_one = g_.out_channels,
                 .offset_many = offset_x(c) + first,
                 .step_many = g_.width.stride * g_.in_channels,
                 .vector_many = lanes_,
                 .lanes = static_cast<std::size_t>(std::min(lanes_, two ? rest - lanes_ : rest)),
                 .sum = sums + c.b * g_.in_channels + first,
                 .step_sum = few_step_,
                 .vector_sum = lanes_},
                g_.out_channels, two);
    }
  }

  // Rows of y as [pixels, step]: where they are, or a copy of a block of channels, filled up with zeros.
  class BlockRows {
   public:
    BlockRows(const FilterGrad& all, std::int64_t block) : all_(all) {
      const std::int64_t channels = all.g_.out_channels;
      step_ = all.few() ? channels : all.width(block);
      if (step_ == channels) return;
      first_ = block * 2 * all.lanes_;
      given_ = std::min(step_, channels - first_);
      copy_ = std::make_unique<Storage>(sizeof(T) *
                                        static_cast<std::size_t>(all.block_rows_ * all.g_.width.out * step_));
    }
    std::int64_t step() const { return step_; }
    const T* at(std::int64_t row, std::int64_t end) const {
      const std::int64_t channels = all_.g_.out_channels, width = all_.g_.width.out;
      const T* from = all_.y_ + row * width * channels;
      if (!copy_) return from;
      T* const copy = static_cast<T*>(copy_->data());
      T* out = copy;
      for (std::int64_t pixel = row * width; pixel < end * width; ++pixel, from += channels, out += step_) {
        std::copy_n(from + first_, given_, out);
        std::fill(out + given_, out + step_, T(0));
      }
      return copy;
    }

   private:
    const FilterGrad& all_;
    std::int64_t step_, first_ = 0, given_ = 0;
    std::unique_ptr<Storage> copy_;
  };

  // All rows of y, or those that all row taps meet inside the image, or the others.
  enum class Rows { all, whole, border };

  // The rows that meet inside the image by row tap a; those of y begin at `y`.
  void collect(std::int64_t begin, std::int64_t end, std::int64_t a, const T* y, std::int64_t step_y,
               std::vector<RowPair<T>>& pairs, Rows which) const {
    pairs.clear();
    const ConvAxis& h = g_.height;
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t n = row / h.out, i = row % h.out, top = i * h.stride - h.before;
      const std::int64_t from = top + a * h.rate;
      const bool whole = top >= 0 && top + (h.taps - 1) * h.rate < h.in;
      if (which != Rows::all && whole != (which == Rows::whole)) continue;
      if (from < 0 || from >= h.in) continue;
      const T* const of_x = x_ + (n * h.in + from) * g_.width.in * g_.in_channels;
      const T* const of_y = y + (row - begin) * g_.width.out * step_y;
      pairs.push_back(few() ? RowPair<T>{of_y, of_x} : RowPair<T>{of_x, of_y});
    }
  }

  // Adds the parts, in order; row k of w is tap b and channel c of a row tap.
  void add_parts(const T* sums, std::int64_t elements, T* w, bool alone) const {
    const std::int64_t rows = g_.height.taps * tap_row_,
                       grain = alone ? rows : std::max<std::int64_t>(1, rows / 16);
    parallel_for(rows, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t block = 0; block < blocks_; ++block) {
        const std::int64_t wide = few() ? g_.out_channels : width(block), first = block * 2 * lanes_;
        const std::int64_t given = std::min(wide, g_.out_channels - first);
        for (std::int64_t row = begin; row < end; ++row) {
          T* const out = w + row * g_.out_channels + first;
          const T* const from = few() ? sums + offset(0, row / tap_row_) + row % tap_row_
                                      : sums + offset(block, 0) + row * wide;
          if (few()) {
            for (std::int64_t o = 0; o < given; ++o) {
              T sum = from[o * few_step_];
              for (std::int64_t part = 1; part < parts_; ++part) sum += from[part * elements + o * few_step_];
              out[o] = sum;
            }
          } else {
            std::copy_n(from, given, out);
            for (std::int64_t part = 1; part < parts_; ++part) {
              for (std::int64_t o = 0; o < given; ++o) out[o] += from[part * elements + o];
            }
          }
        }
      }
    });
  }

  const ConvGeometry& g_;
  const T* x_;
  const T* y_;
  std::int64_t lanes_, tap_row_, few_step_, rows_;
  std::int64_t blocks_ = 1, parts_ = 1, block_rows_ = 1;
  bool taps_apart_ = false;
  Way way_ = Way::block;
  std::vector<ColumnPart> columns_;
};

}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
