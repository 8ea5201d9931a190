#include <algorithm>
#include <limits>
#include <vector>

#include <trous/core/error.h>
#include <trous/data/palette.h>
#include <trous/data/worst_window.h>

namespace trous {
namespace {

// An integral image: entry [i, j] of (h + 1) x (w + 1) is the number of mistakes in rows below i and columns
// below j.
class MistakeSums {
 public:
  MistakeSums(const Tensor& truth, const Tensor& prediction)
      : height_(truth.shape()[0]),
        width_(truth.shape()[1]),
        sums_(static_cast<std::size_t>((height_ + 1) * (width_ + 1))) {
    const Tensor labels = truth.cast(DType::int32), classes = prediction.cast(DType::int32);
    const std::int32_t* label = labels.values<std::int32_t>().data();
    const std::int32_t* predicted = classes.values<std::int32_t>().data();
    for (std::int64_t i = 0; i < height_; ++i) {
      std::int32_t in_row = 0;
      for (std::int64_t j = 0; j < width_; ++j, ++label, ++predicted) {
        in_row += *label != unknown_label && *predicted != *label;
        at(i + 1, j + 1) = at(i, j + 1) + in_row;
      }
    }
  }

  std::int64_t height() const { return height_; }
  std::int64_t width() const { return width_; }

  std::int64_t in(const PixelBox& w) const {
    return at(w.top + w.height, w.left + w.width) - at(w.top, w.left + w.width) -
           at(w.top + w.height, w.left) + at(w.top, w.left);
  }

 private:
  std::int32_t& at(std::int64_t i, std::int64_t j) {
    return sums_[static_cast<std::size_t>(i * (width_ + 1) + j)];
  }
  std::int32_t at(std::int64_t i, std::int64_t j) const {
    return sums_[static_cast<std::size_t>(i * (width_ + 1) + j)];
  }

  std::int64_t height_, width_;
  std::vector<std::int32_t> sums_;  // at most 2^30 mistakes: images have 32768 pixels a side
};

// The bounding box of the mistakes in `window`, of which there is one at least. A box that is one row or
// column too tight has fewer mistakes.
PixelBox bounding_box(const MistakeSums& mistakes, PixelBox window) {
  const std::int64_t all = mistakes.in(window);
  const auto tightened = [&](PixelBox smaller) {
    if (mistakes.in(smaller) < all) return false;
    window = smaller;
    return true;
  };
  while (tightened({window.top + 1, window.left, window.height - 1, window.width})) continue;
  while (tightened({window.top, window.left, window.height - 1, window.width})) continue;
  while (tightened({window.top, window.left + 1, window.height, window.width - 1})) continue;
  while (tightened({window.top, window.left, window.height, window.width - 1})) continue;
  return window;
}

void check_maps(const Tensor& truth, const Tensor& prediction, std::int64_t side) {
  if (truth.shape().rank() != 2 || prediction.shape() != truth.shape()) {
    throw ShapeError(text("worst_window: truth ", truth.shape(), " and prediction ", prediction.shape(),
                          " do not fit. Both are [height, width]."));
  }
  if (is_floating(truth.dtype()) || is_floating(prediction.dtype())) {
    throw DTypeError(text("worst_window: truth is ", truth.dtype(), ", prediction ", prediction.dtype(),
                          ". Labels are uint8 or int32; take argmax of scores first."));
  }
  if (side < 1 || truth.elements() == 0) {
    throw ArgumentError(text("worst_window: no window of side ", side, " is in an image of ", truth.shape(),
                             ". Side, height and width are 1 or more."));
  }
}

}  // namespace

PixelBox worst_window(const Tensor& truth, const Tensor& prediction, std::int64_t side) {
  check_maps(truth, prediction, side);
  const MistakeSums mistakes(truth, prediction);
  const std::int64_t down = mistakes.height() - std::min(side, mistakes.height());
  const std::int64_t right = mistakes.width() - std::min(side, mistakes.width());
  PixelBox worst{down / 2, right / 2, mistakes.height() - down, mistakes.width() - right};
  std::int64_t most = 0;
  for (std::int64_t top = 0; top <= down; ++top) {
    for (std::int64_t left = 0; left <= right; ++left) {
      const PixelBox window{top, left, worst.height, worst.width};
      if (const std::int64_t count = mistakes.in(window); count > most) {
        most = count;
        worst = window;
      }
    }
  }
  if (most == 0) return worst;
  const PixelBox box = bounding_box(mistakes, worst);
  return {std::clamp<std::int64_t>(box.top - (worst.height - box.height) / 2, 0, down),
          std::clamp<std::int64_t>(box.left - (worst.width - box.width) / 2, 0, right), worst.height,
          worst.width};
}

}  // namespace trous
