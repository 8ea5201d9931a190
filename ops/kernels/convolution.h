// The three contractions of the convolution form, on memory.
//
//   T(x, w, y) = sum x[n, i s + a r - before_h, j s + b r - before_w, c] w[a, b, c, o] y[n, i, j, o]
//
// Reads outside x give 0.
#pragma once

#include <cstdint>

#include <trous/core/tensor.h>
#include <trous/core/window.h>
#include <trous/ops/kernels/kernel_set.h>

namespace trous::kernels {

/// y[i] = sum_a x[i stride + a rate - before] w[a], 0 <= i < out, 0 <= a < taps.
using ConvAxis = WindowAxis;
using trous::ConvGeometry;

struct ConvolutionKernels {
  Tensor (*conv2d)(const ConvGeometry& geometry, const Tensor& x, const Tensor& w);
  Tensor (*conv2d_transpose)(const ConvGeometry& geometry, const Tensor& w, const Tensor& y);
  Tensor (*conv2d_filter_grad)(const ConvGeometry& geometry, const Tensor& x, const Tensor& y);
};

/// Depthwise: channel c of x meets only w[a, b, c, m] and y[..., c M + m]; here `out_channels` is the
/// multiplier M.
using DepthwiseKernels = ConvolutionKernels;

namespace reference {
extern const ConvolutionKernels convolution;
extern const DepthwiseKernels depthwise;
}  // namespace reference
namespace fast {
extern const ConvolutionKernels convolution;
extern const DepthwiseKernels depthwise;
}  // namespace fast

inline const ConvolutionKernels& convolution() {
  return fast_kernels() ? fast::convolution : reference::convolution;
}
inline const DepthwiseKernels& depthwise() { return fast_kernels() ? fast::depthwise : reference::depthwise; }

}  // namespace trous::kernels
