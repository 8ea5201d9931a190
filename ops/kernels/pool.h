// Pooling, on memory: windows over images, as those of a depthwise form with multiplier 1.
#pragma once

#include <trous/ops/kernels/convolution.h>

namespace trous::kernels {

struct PoolKernels {
  /// int32 [n, oh ow, c]: the index, in the flattened image h w, of the largest element of each window. The
  /// window is clipped to the image, which it must touch. Ties go to the first element in row-major order;
  /// NaN wins.
  Tensor (*max_pool_indices)(const DepthwiseGeometry& geometry, const Tensor& x);
  /// The gradient of max pooling, which is the transpose of picking the elements at `indices`, the result of
  /// max_pool_indices. y is [n, oh ow, c] as they are, and the result [n, h w, c].
  Tensor (*max_pool_transpose)(const DepthwiseGeometry& geometry, const Tensor& y, const Tensor& indices);
  /// The mean over the taps of each window that lie inside the image, and its transpose.
  Tensor (*average_pool)(const DepthwiseGeometry& geometry, const Tensor& x);
  Tensor (*average_pool_transpose)(const DepthwiseGeometry& geometry, const Tensor& y);
};

namespace reference {
extern const PoolKernels pooling;
}
namespace fast {
extern const PoolKernels pooling;
}

inline const PoolKernels& pooling() { return fast_kernels() ? fast::pooling : reference::pooling; }

}  // namespace trous::kernels
