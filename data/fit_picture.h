// Makes pictures and maps of classes of large images small enough to be looked at.
#pragma once

#include <cstdint>

#include <trous/core/tensor.h>

namespace trous {

/// Makes a picture small enough to be looked at: resize_image with ResizeFilter::area, in the size
/// fitted_size.
///
/// picture   uint8 [h, w, channels]
/// returns   uint8 [H, W, channels]; the same tensor where it is small enough
///
/// Throws ShapeError or DTypeError for other tensors, ArgumentError if max_side < 1.
Tensor fit_picture(const Tensor& picture, std::int64_t max_side);

/// Makes a map of classes as small as fit_picture makes its image, without colours between classes and
/// without losing thin structures. Where a(r, i, f) = the length of [r, r + 1] inside [i f, (i + 1) f], label
/// l covers
///
///   A(l) = sum of a(r, i, h / H) a(c, j, w / W) over the pixels [r, c] of label l
///
/// of the square of pixel [i, j], and the pixel gets the label that covers most: the majority. But a label
/// that at most an eighth of the whole map has is rare, and of the rare labels with A(l) >= min(h / H, w / W)
/// / 2 the pixel gets the one that the fewest pixels of the map have. A line of one pixel covers min(h / H, w
/// / W) of a square that it crosses, or at least half of that in one of two squares that share it. So
/// horizontal and vertical lines of rare labels remain, and appear wider than they are. Single pixels, and
/// lines of labels that are not rare, may vanish: where half the map is stippled, both labels are lines. Of
/// equals the highest label is taken.
///
/// labels    int32 or uint8 [h, w], each in 0..255
/// returns   int32 [H, W], cast where nothing is to be shrunk
///
/// Throws ShapeError or DTypeError for other tensors, ArgumentError for other labels or if max_side < 1.
Tensor fit_labels(const Tensor& labels, std::int64_t max_side);

}  // namespace trous
