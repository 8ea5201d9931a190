// Windows over images, on memory.
#pragma once

#include <trous/ops/kernels/convolution.h>

namespace trous::kernels {

/// int32 [n, oh ow, c]: the place, in the flattened image h w, of the largest element of each window
/// clipped to the image. Ties go to the first in row-major order; NaN wins. Every window must touch the
/// image.
Tensor max_pool_indices(const ConvGeometry& geometry, const Tensor& x);

/// The mean over the taps of each window that lie inside the image, and its transpose.
Tensor average_pool(const ConvGeometry& geometry, const Tensor& x);
Tensor average_pool_transpose(const ConvGeometry& geometry, const Tensor& y);

}  // namespace trous::kernels
