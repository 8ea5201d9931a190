// The driver of windows.h: it cuts the output into tasks of rows, brings the input rows of each task into
// reach and sweeps vectors over columns that have the same taps.
//
// Included once for every instruction set.
#if defined(TROUS_OPS_KERNELS_FAST_WINDOWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TROUS_OPS_KERNELS_FAST_WINDOWS_INL_H_
#undef TROUS_OPS_KERNELS_FAST_WINDOWS_INL_H_
#else
#define TROUS_OPS_KERNELS_FAST_WINDOWS_INL_H_
#endif

#include <algorithm>
#include <memory>
#include <numeric>
#include <vector>

#include <trous/core/parallel.h>
#include <trous/core/storage.h>
#include <trous/ops/kernels/fast/policy.h>
#include <trous/ops/kernels/fast/tile-inl.h>
#include <trous/ops/kernels/fast/windows.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {

/// Neighbouring pixels that are cut into vectors together. A pixel that fills a vector is a group of its own,
/// whose last vector overlaps the one before. Of smaller pixels a group has as many as fill whole vectors.
struct PixelGroup {
  PixelGroup(std::int64_t wide, std::int64_t lanes_of_vector)
      : lanes(lanes_of_vector),
        pixels(wide < lanes ? lanes / std::gcd(wide, lanes) : 1),
        numbers(pixels * wide),
        vectors(chunks(numbers, lanes)) {}
  std::int64_t start(std::int64_t v) const { return std::min(v * lanes, numbers - lanes); }
  std::int64_t lanes;  // of a vector
  std::int64_t pixels, numbers, vectors;
};

template <class T>
PixelGroup pixel_group(const WindowPlan& p) {
  return {p.wide(), static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<T>()))};
}

/// A tap of a span of columns: what the first column reads, the weights of the numbers of a group, and the
/// index in the image of the pixel that the first column reads.
template <class T>
struct Tap {
  const T* x;
  const T* w;
  std::int64_t pixel;
};

/// The taps of a span of columns. Groups of pixels are `step_in` numbers apart in the input and `step_out` in
/// the output.
template <class T>
struct Sweep {
  const PixelGroup& group;
  const Tap<T>* taps;
  std::int64_t tap_count, step_in, step_out;
};

constexpr std::int64_t max_groups = 8;

template <class T, class Kernel, int groups>
HWY_NOINLINE void sweep_groups(const Sweep<T>& s, const Kernel& kernel, std::int64_t first) {
  for (std::int64_t v = 0; v < s.group.vectors; ++v) kernel.template tile<groups>(s, first, s.group.start(v));
}

template <class T, class Kernel, std::size_t... m>
constexpr auto sweep_functions(std::index_sequence<m...>) {
  return std::array{sweep_groups<T, Kernel, static_cast<int>(m) + 1>...};
}

/// Runs kernel.tile over whole groups, in tiles of balanced widths, then kernel.tail over the pixels that
/// make no whole group.
template <class T, class Kernel>
void sweep(const Sweep<T>& s, const Kernel& kernel, std::int64_t pixels) {
  static constexpr auto functions =
      sweep_functions<T, Kernel>(std::make_index_sequence<static_cast<std::size_t>(max_groups)>());
  const PixelGroup& group = s.group;
  const std::int64_t groups = pixels / group.pixels, tiles = chunks(groups, max_groups);
  for (std::int64_t p = 0, first = 0; p < tiles; ++p) {
    const std::int64_t width = groups / tiles + (p < groups % tiles);
    functions[static_cast<std::size_t>(width - 1)](s, kernel, first);
    first += width;
  }
  const std::int64_t rest = pixels % group.pixels * (group.numbers / group.pixels);
  for (std::int64_t i = 0; i < rest; i += group.lanes)
    kernel.tail(s, groups, i, static_cast<std::size_t>(std::min(group.lanes, rest - i)));
}

/// Whether and how input rows are copied. In a copy the columns of one phase are neighbours and each channel
/// is repeated. Where `sizes` are given, each number is divided by the pixels of its window.
struct RowCopies {
  bool needed;
  const WindowSizes* sizes;
};

inline RowCopies row_copies(const WindowPlan& p, const PixelGroup& group) {
  return {p.in_channels < p.wide() || (group.pixels > 1 && p.phases[0].step_in > 1), nullptr};
}

/// Vectors of 16 bytes, for pixels of few numbers. The copy of a pixel may write over the pixels behind it,
/// which are written later.
template <class T>
using SixteenBytes = hn::CappedTag<T, 16 / sizeof(T)>;

template <class D, class T>
HWY_INLINE void copy_pixel(D d, std::int64_t count, T factor, const T* from, const T* end, T* to) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto times = hn::Set(d, factor);
  for (std::int64_t c = 0; c < count; c += lanes) {
    if (end - (from + c) >= lanes) {
      hn::StoreU(hn::Mul(times, hn::LoadU(d, from + c)), d, to + c);
    } else {
      for (std::int64_t i = c; i < count; ++i) to[i] = factor * from[i];
    }
  }
}

/// In a copied row every copy_step-th pixel lies together. With a stride beyond the row no two pixels do.
inline std::int64_t copy_step(const WindowPlan& p) { return std::min(p.phases[0].step_in, p.in_width); }

// Inlined into the driver of a task its loops would be short of registers: pooling 3 channels took up to 1.2
// times as long.
template <class T>
HWY_NOINLINE void copy_row(const WindowPlan& p, const RowCopies& copies, std::int64_t row, const T* from,
                           T* to) {
  const SixteenBytes<T> few;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(few));
  const std::int64_t step = copy_step(p), channels = p.in_channels, wide = p.wide(), times = wide / channels;
  const std::int64_t width = p.in_width, of_phase = chunks(width, step) * wide;
  const T* const end = from + width * channels;
  const std::int64_t rows = copies.sizes ? copies.sizes->rows[static_cast<std::size_t>(row)] : 1;
  const std::int64_t* const columns = copies.sizes ? copies.sizes->columns.data() : nullptr;
  std::int64_t size = 1;
  T factor = 1;
  for (std::int64_t q = 0; q < step; ++q) {
    T* out = to + of_phase * q;
    const T* in = from + q * channels;
    for (std::int64_t column = q; column < width; column += step, out += wide, in += step * channels) {
      if (times == 2) {
        for (std::int64_t c = 0; c < channels; ++c) out[2 * c] = out[2 * c + 1] = in[c];
        continue;
      }
      if (times > 2) {
        for (std::int64_t c = 0; c < channels; ++c) {
          const auto value = hn::Set(few, in[c]);
          for (std::int64_t m = 0; m < times; m += lanes) hn::StoreU(value, few, out + c * times + m);
        }
        continue;
      }
      if (columns && columns[column] * rows != size) {
        size = columns[column] * rows;
        factor = T(1) / static_cast<T>(size);
      }
      if (channels < policy::min_channels_for_whole_vectors) {
        copy_pixel(few, channels, factor, in, end, out);
      } else {
        copy_pixel(hn::ScalableTag<T>(), channels, factor, in, end, out);
      }
    }
  }
}

/// Numbers behind a row of pixels that a copy may write, or read with the last pixel.
template <class T>
std::int64_t slack() {
  return static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<T>()));
}

/// The input rows that the output rows first .. end - 1 of image n read, in place or copied.
template <class T>
class WindowRows {
 public:
  WindowRows(const WindowPlan& p, const RowCopies& copies, const T* x, std::int64_t n, std::int64_t first,
             std::int64_t end)
      : p_(p), image_(x + n * p.in_height * p.in_width * p.in_channels), copied_(copies.needed) {
    if (!copied_) return;
    offsets_.assign(static_cast<std::size_t>(p.in_height), -1);
    const std::int64_t step = copy_step(p);
    length_ = chunks(p.in_width, step) * step * p.wide();
    std::int64_t count = 0;
    for (std::int64_t i = first; i < end; ++i) {
      for (const RowTap& tap : p.rows[static_cast<std::size_t>(i)])
        offsets_[static_cast<std::size_t>(tap.row)] = 0;
    }
    for (std::int64_t& offset : offsets_) {
      if (offset == 0) offset = count++ * length_;
    }
    memory_ = std::make_unique<Storage>(sizeof(T) * static_cast<std::size_t>(count * length_ + slack<T>()));
    T* const all = static_cast<T*>(memory_->data());
    for (std::size_t row = 0; row < offsets_.size(); ++row) {
      if (offsets_[row] < 0) continue;
      const auto r = static_cast<std::int64_t>(row);
      copy_row(p, copies, r, image_ + r * p.in_width * p.in_channels, all + offsets_[row]);
    }
  }

  const T* at(std::int64_t row, std::int64_t column) const {
    if (!copied_) return image_ + (row * p_.in_width + column) * p_.in_channels;
    const std::int64_t step = copy_step(p_);
    return static_cast<const T*>(memory_->data()) + offsets_[static_cast<std::size_t>(row)] +
           (column % step * chunks(p_.in_width, step) + column / step) * p_.wide();
  }
  /// Numbers from a pixel of a phase to the next.
  std::int64_t step() const { return (copied_ ? 1 : p_.phases[0].step_in) * p_.wide(); }

 private:
  const WindowPlan& p_;
  const T* image_;
  bool copied_;
  std::int64_t length_ = 0;
  std::vector<std::int64_t> offsets_;  // of each input row in the copies; -1 where it is not read
  std::unique_ptr<Storage> memory_;
};

/// Calls add(what the first column reads, tap, index in the image of the pixel that it reads) for every tap
/// of a span of columns in output row i, by rows and then columns of the window.
template <class T, class Add>
HWY_INLINE void for_each_tap(const WindowPlan& p, const WindowRows<T>& in, std::int64_t i,
                             const ColumnSpan& span, const Add& add) {
  const std::int64_t first = span.first * p.phases[static_cast<std::size_t>(span.phase)].step_in;
  for (const RowTap& row : p.rows[static_cast<std::size_t>(i)]) {
    for (const ColumnTap& column : span.taps) {
      const std::int64_t pixel = row.row * p.in_width + first + column.shift;
      add(in.at(row.row, first + column.shift), row.a * p.kernel_width + column.b, pixel);
    }
  }
}

template <class T, class Weights>
void collect_taps(const WindowPlan& p, const WindowRows<T>& in, std::int64_t i, const ColumnSpan& span,
                  const Weights& weights, std::vector<Tap<T>>& taps) {
  taps.clear();
  for_each_tap(p, in, i, span, [&](const T* x, std::int64_t tap, std::int64_t pixel) {
    taps.push_back({x, weights(tap), pixel});
  });
}

/// Memory that a task reuses for its rows: their taps and room for an output row of so many `numbers`, if
/// any.
template <class T>
struct RowScratch {
  explicit RowScratch(std::int64_t numbers) {
    if (numbers > 0)
      memory = std::make_unique<Storage>(sizeof(T) * static_cast<std::size_t>(numbers + slack<T>()));
  }
  T* row() const { return memory ? static_cast<T*>(memory->data()) : nullptr; }
  std::vector<Tap<T>> taps;
  std::unique_ptr<Storage> memory;
};

/// Multiply-adds of an output row.
inline double row_work(const WindowPlan& p) {
  std::int64_t pairs = 0;
  for (const ColumnSpan& span : p.columns) pairs += span.count * (std::ssize(span.taps) + 1);
  return static_cast<double>(pairs) * static_cast<double>(p.wide()) * static_cast<double>(p.kernel_height);
}

/// Calls body(rows, scratch, n, i) for every output row i of every image n. No output depends on the cuts.
template <class T, class Body>
void for_each_row(const WindowPlan& p, const RowCopies& copies, const T* x, std::int64_t scratch_numbers,
                  const Body& body) {
  const double work = row_work(p);
  const std::int64_t row_bytes = static_cast<std::int64_t>(sizeof(T)) * p.in_width * p.wide();
  const bool single_threaded =
      work * static_cast<double>(p.batch * p.out_height) < policy::window_threads_work;
  const std::int64_t max_rows =
      single_threaded
          ? p.out_height
          : std::clamp<std::int64_t>(p.batch * p.out_height / policy::min_window_tasks, 1, p.out_height);
  std::int64_t rows =
      std::clamp<std::int64_t>(static_cast<std::int64_t>(policy::window_task_work / work), 1, max_rows);
  if (copies.needed) rows = std::clamp<std::int64_t>(policy::l2_bytes / row_bytes, 1, max_rows);
  const std::int64_t parts = chunks(p.out_height, rows), all = p.batch * parts;
  parallel_for(all, single_threaded ? std::max<std::int64_t>(1, all) : 1,
               [&](std::int64_t begin, std::int64_t end) {
                 RowScratch<T> scratch(scratch_numbers);
                 for (std::int64_t t = begin; t < end; ++t) {
                   const std::int64_t n = t / parts, first = t % parts * rows,
                                      last = std::min(first + rows, p.out_height);
                   const WindowRows<T> in(p, copies, x, n, first, last);
                   for (std::int64_t i = first; i < last; ++i) body(in, scratch, n, i);
                 }
               });
}

}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
