// Resampling over contiguous [images, height, width, channels].
#pragma once

#include <cstdint>
#include <span>

#include <trous/ops/kernels/resize.h>

namespace trous::kernels::fast {

/// `rows` and `columns` say what each pixel of the large image blends.
struct Resampling {
  std::int64_t images, height, width, channels;  // of the small image
  std::span<const Blend> rows, columns;
};

void resample(const Resampling& r, const float* small, float* large);
void resample(const Resampling& r, const double* small, double* large);

void resample_transpose(const Resampling& r, const float* large, float* small);
void resample_transpose(const Resampling& r, const double* large, double* small);

}  // namespace trous::kernels::fast
