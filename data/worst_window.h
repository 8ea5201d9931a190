// Where a prediction for a large image is most wrong, so that this part can be shown at full size.
#pragma once

#include <cstdint>

#include <trous/core/tensor.h>
#include <trous/core/window.h>

namespace trous {

/// Finds the window with the most mistakes, of all windows of this size. A mistake is a pixel whose truth is
/// not `unknown_label` and whose prediction differs from the truth.
///
///   height = min(side, h), width = min(side, w)
///   (top, left) = argmax of the number of mistakes in rows top .. top + height - 1 and columns
///                 left .. left + width - 1
///
/// Of windows with equally many, the first by row and then by column is taken and moved until the bounding
/// box of its mistakes is in its middle, as far as the image's border allows; no mistake leaves it. Without
/// any mistake the window is in the middle of the image.
///
/// truth        int32 or uint8 [h, w]
/// prediction   the same size
/// side         1 or more
///
/// Takes time in proportion to h w and memory for h w numbers of 32 bits. Throws ShapeError or DTypeError if
/// the two do not fit, ArgumentError if side < 1 or the image has no pixel.
PixelBox worst_window(const Tensor& truth, const Tensor& prediction, std::int64_t side);

}  // namespace trous
