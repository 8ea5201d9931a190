// An image read at places between its pixels, as spatial transformers and optical flow do.
#pragma once

#include <cstdint>

#include <trous/autograd/variable.h>

namespace trous {

/// What a grid reads beyond the image.
enum class GridBorder {
  zeros,  ///< 0: a pixel beyond the image has the value 0
  edge    ///< the nearest place inside; PyTorch calls it border
};

/// How grid_sample reads an image.
struct GridSampleOptions {
  GridBorder border = GridBorder::zeros;
  /// Whether -1 and 1 are the centres of the first and the last pixel, and not their outer edges.
  bool align_corners = false;
};

/// Reads the image at the places of a grid, bilinearly between the four nearest pixels.
///
///   y[n, i, j, c] = sum over rows r in {t, t + 1}, columns q in {l, l + 1} of
///                   (1 - |v - r|) (1 - |u - q|) x[n, r, q, c],   t = floor(v), l = floor(u)
///   u = ((grid[n, i, j, 0] + 1) width - 1) / 2,   with align_corners (grid[n, i, j, 0] + 1) (width - 1) / 2;
///   v in the same way from grid[n, i, j, 1] and the height. Under GridBorder::edge u and v are clipped to
///   the centres of the outer pixels first
///
/// x         [n, h, w, channels]   float32 or float64
/// grid      [n, oh, ow, 2]        same dtype; the column's place first, both from -1 to 1 inside the image
/// returns   [n, oh, ow, channels]
///
/// A sentence of ops, so that gradients of every order in x and grid follow. The gradient in the grid has
/// kinks where u or v is a whole number: there it is that of the cell at the right and below, as PyTorch's
/// is. Under GridBorder::edge it is 0 beyond the centres of the outer pixels and on the last of them; on the
/// first it is that of the inside, where PyTorch has 0. Twice in one coordinate the derivative is 0, once in
/// each it is not. Under GridBorder::zeros a place that is not a number reads 0.
///
/// A place beyond the image reads the nearest pixel times 0, so that an infinite pixel there gives NaN.
///
/// Throws ShapeError unless both have rank 4, one batch and the grid two coordinates, or if the image has
/// 2^31 pixels or more, or in float32 more than 2^21 rows or columns; DTypeError if the dtypes differ or are
/// not floating.
///
/// Source: Jaderberg et al., arXiv:1506.02025; PyTorch's torch.nn.functional.grid_sample.
Variable grid_sample(const Variable& x, const Variable& grid, const GridSampleOptions& options = {});

}  // namespace trous
