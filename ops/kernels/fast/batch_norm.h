// Batch normalisation over contiguous [rows, channels].
#pragma once

#include <cstdint>

namespace trous::kernels::fast {

/// x and, per channel, y = (x - mean) slope + offset, or max(0, that) where `relu`.
template <class T>
struct NormRows {
  const T* x;
  std::int64_t rows, channels;
  const T *mean, *slope, *offset;
  bool relu;
};

/// mean[c] and the biased variance[c].
void norm_moments(const float* x, std::int64_t rows, std::int64_t channels, double* mean, double* variance);
void norm_moments(const double* x, std::int64_t rows, std::int64_t channels, double* mean, double* variance);

void norm_value(const NormRows<float>& n, float* y);
void norm_value(const NormRows<double>& n, double* y);

/// With g' = g where y is above 0 or relu does not matter, and 0 elsewhere: sum of g', and of g' (x - mean),
/// per channel.
void norm_sums(const NormRows<float>& n, const float* g, double* plain, double* with_x);
void norm_sums(const NormRows<double>& n, const double* g, double* plain, double* with_x);

/// out = slope g' - first - (x - mean) second
void norm_grad(const NormRows<float>& n, const float* g, const float* first, const float* second, float* out);
void norm_grad(const NormRows<double>& n, const double* g, const double* first, const double* second,
               double* out);

}  // namespace trous::kernels::fast
