// Resampling on memory. It is separable: along each axis output i is a weighted sum of two inputs.
#pragma once

#include <cstdint>
#include <vector>

#include <trous/core/tensor.h>
#include <trous/ops/kernels/kernel_set.h>

namespace trous::kernels {

enum class Interpolation { nearest, bilinear };

/// out[i] = (1 - upper) in[low] + upper in[high]
struct Blend {
  std::int64_t low, high;
  double upper;
};

/// For each output along an axis. Half-pixel centres: output i lies at (i + 1/2) in / out - 1/2 of the input,
/// clamped to the image; no antialias.
std::vector<Blend> blends(std::int64_t in, std::int64_t out, Interpolation interpolation);

struct ResizeKernels {
  /// [n, h, w, c] to [n, height, width, c].
  Tensor (*resize)(const Tensor& x, std::int64_t height, std::int64_t width, Interpolation interpolation);
  /// The transpose of that map, back to [n, height, width, c].
  Tensor (*transpose)(const Tensor& y, std::int64_t height, std::int64_t width, Interpolation interpolation);
};

namespace reference {
extern const ResizeKernels resizing;
}
namespace fast {
extern const ResizeKernels resizing;
}

inline const ResizeKernels& resizing() { return fast_kernels() ? fast::resizing : reference::resizing; }

}  // namespace trous::kernels
