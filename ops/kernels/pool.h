// Windows over images, on memory.
#pragma once

#include <trous/ops/kernels/convolution.h>

namespace trous::kernels {

struct PoolKernels {
  /// int32 [n, oh ow, c]: the place, in the flattened image h w, of the largest element of each window
  /// clipped to the image. Ties go to the first in row-major order; NaN wins. Every window must touch the
  /// image.
  Tensor (*max_pool_indices)(const ConvGeometry& geometry, const Tensor& x);
  /// The transpose of picking the elements at `indices`, which max_pool_indices gave: y is [n, oh ow, c] as
  /// they are, and the result [n, h w, c].
  Tensor (*max_pool_transpose)(const ConvGeometry& geometry, const Tensor& y, const Tensor& indices);
  /// The mean over the taps of each window that lie inside the image, and its transpose.
  Tensor (*average_pool)(const ConvGeometry& geometry, const Tensor& x);
  Tensor (*average_pool_transpose)(const ConvGeometry& geometry, const Tensor& y);
};

namespace reference {
extern const PoolKernels pooling;
}
namespace fast {
extern const PoolKernels pooling;
}

inline const PoolKernels& pooling() { return fast_kernels() ? fast::pooling : reference::pooling; }

}  // namespace trous::kernels
