// The three contractions of the convolution form and of its depthwise relative, on memory.
//
//   T(x, w, y) = sum x[n, i s + a r - before_h, j s + b r - before_w, c] w[a, b, c, o] y[n, i, j, o]
//
// Reads outside x give 0. Every function takes its images first and its filters last, as TrilinearForm does;
// on memory the slots have names (slot.h).
#pragma once

#include <cstdint>

#include <trous/core/tensor.h>
#include <trous/core/window.h>
#include <trous/ops/kernels/kernel_set.h>

namespace trous::kernels {

/// The depthwise form, in which channel c of x meets only w[a, b, c, m] and y[..., c multiplier + m]. Pooling
/// slides its windows with a multiplier of 1.
struct DepthwiseGeometry {
  std::int64_t batch, channels, multiplier;
  WindowAxis height, width;

  Shape x_shape() const { return {batch, height.in, width.in, channels}; }
  Shape w_shape() const { return {height.taps, width.taps, channels, multiplier}; }
  Shape y_shape() const { return {batch, height.out, width.out, channels * multiplier}; }
};

template <class Geometry>
struct FormKernels {
  Tensor (*conv2d)(const Geometry& geometry, const Tensor& x, const Tensor& w);
  Tensor (*conv2d_transpose)(const Geometry& geometry, const Tensor& y, const Tensor& w);
  Tensor (*conv2d_filter_grad)(const Geometry& geometry, const Tensor& x, const Tensor& y);
};
using ConvolutionKernels = FormKernels<ConvGeometry>;
using DepthwiseKernels = FormKernels<DepthwiseGeometry>;

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
