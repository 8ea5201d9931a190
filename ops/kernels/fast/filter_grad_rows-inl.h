// Which rows of x and y a filter gradient reads: the rows of y of a block, and the pairs of rows that meet.
//
// Included once for every instruction set.
#if defined(TROUS_OPS_KERNELS_FAST_FILTER_GRAD_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TROUS_OPS_KERNELS_FAST_FILTER_GRAD_ROWS_INL_H_
#undef TROUS_OPS_KERNELS_FAST_FILTER_GRAD_ROWS_INL_H_
#else
#define TROUS_OPS_KERNELS_FAST_FILTER_GRAD_ROWS_INL_H_
#endif

#include <algorithm>
#include <memory>
#include <vector>

#include <trous/core/storage.h>
#include <trous/ops/kernels/fast/outer_tile-inl.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {

/// Channels first .. first + count - 1 of y, where channels behind the last channel read as zeros.
struct ChannelRange {
  std::int64_t first, count;
};

/// The rows begin .. end - 1 of y, counted over all images. `y` points to the first row, and `step` numbers
/// lie between one pixel and the next.
template <class T>
struct RowBlock {
  std::int64_t begin, end;
  const T* y;
  std::int64_t step;
};

/// Reads some channels of rows of y: in place where they are all channels, else from a copy of the block, in
/// which the pixels of these channels lie together. `y` points to the channels of the geometry, which has one
/// group, in the first pixel, and `step` numbers lie between one pixel and the next.
template <class T>
class RowBlockReader {
 public:
  RowBlockReader(const ConvGeometry& g, const T* y, std::int64_t step, ChannelRange channels,
                 std::int64_t max_rows)
      : y_(y), width_(g.width.out), step_(step), channels_(channels) {
    // A group whose lanes are as many as all channels still reads beyond its own.
    if (channels_.count == step_ && g.out_channels == step_) return;
    given_ = std::min(channels_.count, g.out_channels - channels_.first);
    copy_ =
        std::make_unique<Storage>(sizeof(T) * static_cast<std::size_t>(max_rows * width_ * channels_.count));
  }

  /// The block is valid until the next call.
  RowBlock<T> read(std::int64_t begin, std::int64_t end) const {
    const T* from = y_ + begin * width_ * step_;
    if (!copy_) return {begin, end, from, channels_.count};
    T* const copy = static_cast<T*>(copy_->data());
    T* out = copy;
    for (std::int64_t pixel = begin * width_; pixel < end * width_; ++pixel) {
      std::copy_n(from + channels_.first, given_, out);
      std::fill(out + given_, out + channels_.count, T(0));
      from += step_;
      out += channels_.count;
    }
    return {begin, end, copy, channels_.count};
  }

 private:
  const T* y_;
  std::int64_t width_, step_;
  ChannelRange channels_;
  std::int64_t given_ = 0;
  std::unique_ptr<Storage> copy_;
};

/// Which rows of y are meant: all, those that every row tap meets inside the image, or the rest.
enum class RowsMet { all, by_every_tap, by_some_taps };

/// The operand whose channels are broadcast; the channels of the other one are the lanes of vectors.
enum class Broadcast { x, y };

/// Collects the pairs of rows that meet inside the image.
template <class T>
class RowPairs {
 public:
  RowPairs(const ConvGeometry& g, const T* x, Broadcast broadcast) : g_(g), x_(x), broadcast_(broadcast) {}

  /// The pairs that row tap `a` makes with the rows of y that `which` means. They are valid until the next
  /// call.
  const std::vector<RowPair<T>>& collect(const RowBlock<T>& rows, std::int64_t a, RowsMet which) {
    pairs_.clear();
    const WindowAxis& h = g_.height;
    for (std::int64_t row = rows.begin; row < rows.end; ++row) {
      const std::int64_t n = row / h.out, i = row % h.out, top = i * h.stride - h.before;
      const std::int64_t from = top + a * h.rate;
      const bool every_tap = top >= 0 && top + (h.taps - 1) * h.rate < h.in;
      if (which != RowsMet::all && every_tap != (which == RowsMet::by_every_tap)) continue;
      if (from < 0 || from >= h.in) continue;
      const T* const x = x_ + (n * h.in + from) * g_.width.in * g_.in_channels;
      const T* const y = rows.y + (row - rows.begin) * g_.width.out * rows.step;
      pairs_.push_back(broadcast_ == Broadcast::x ? RowPair<T>{x, y} : RowPair<T>{y, x});
    }
    return pairs_;
  }

 private:
  const ConvGeometry& g_;
  const T* x_;
  Broadcast broadcast_;
  std::vector<RowPair<T>> pairs_;
};

}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
