// Pooling: one number per window and channel.
#pragma once

#include <trous/autograd/variable.h>
#include <trous/ops/window.h>

namespace trous {

/// How the windows of a pool slide.
struct Pool2dOptions {
  PerAxis window = 2;
  Stride stride = 0;  ///< 0: as the window, so that windows meet
  WindowPadding padding = Padding::valid;

  static void parts(auto& self, auto&& f) {
    f("window", self.window);
    f("stride", self.stride);
    f("padding", self.padding);
  }
};

/// The largest element of each window, clipped to the image.
///
/// x         [n, h, w, c]    float32 or float64
/// returns   [n, oh, ow, c]  oh, ow as for conv2d with `window` taps
///
/// The gradient goes to the winner: the first in row-major order where several tie; NaN wins. Recorded as
/// a gather by locally constant indices, so every order comes with it.
/// Throws ShapeError if the rank is not 4 or no window fits, DTypeError for integers, ArgumentError if a
/// window is below 1, a stride is negative or 0 on one axis alone, or the padding is as wide as the window.
Variable max_pool2d(const Variable& x, const Pool2dOptions& options = {});

/// The mean over the elements of each window that lie inside the image: padding does not dilute it. A linear
/// map, whose transpose spreads each element evenly over its window.
///
/// x         [n, h, w, c]    float32 or float64
/// returns   [n, oh, ow, c]  as max_pool2d
///
/// Throws as max_pool2d.
Variable average_pool2d(const Variable& x, const Pool2dOptions& options = {});

}  // namespace trous
