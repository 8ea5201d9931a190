#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "trous/ops/kernels/fast/batch_norm_loops.cpp"
#include <trous/ops/kernels/fast/targets.h>
// Below the targets, which include this file again for each of them.
#include <trous/ops/kernels/fast/batch_norm-inl.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {
void moments_float32(const float* x, std::int64_t rows, std::int64_t channels, double* mean,
                     double* variance) {
  run_norm_moments(x, rows, channels, mean, variance);
}
void moments_float64(const double* x, std::int64_t rows, std::int64_t channels, double* mean,
                     double* variance) {
  run_norm_moments(x, rows, channels, mean, variance);
}
void value_float32(const NormRows<float>& n, float* y) { run_norm_value(n, y); }
void value_float64(const NormRows<double>& n, double* y) { run_norm_value(n, y); }
void sums_float32(const NormRows<float>& n, const float* g, double* plain, double* with_x) {
  run_norm_sums(n, g, plain, with_x);
}
void sums_float64(const NormRows<double>& n, const double* g, double* plain, double* with_x) {
  run_norm_sums(n, g, plain, with_x);
}
void grad_float32(const NormRows<float>& n, const float* g, const float* first, const float* second,
                  float* out) {
  run_norm_grad(n, g, first, second, out);
}
void grad_float64(const NormRows<double>& n, const double* g, const double* first, const double* second,
                  double* out) {
  run_norm_grad(n, g, first, second, out);
}
}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trous::kernels::fast {
HWY_EXPORT(moments_float32);
HWY_EXPORT(moments_float64);
HWY_EXPORT(value_float32);
HWY_EXPORT(value_float64);
HWY_EXPORT(sums_float32);
HWY_EXPORT(sums_float64);
HWY_EXPORT(grad_float32);
HWY_EXPORT(grad_float64);

void norm_moments(const float* x, std::int64_t rows, std::int64_t channels, double* mean, double* variance) {
  HWY_DYNAMIC_DISPATCH(moments_float32)(x, rows, channels, mean, variance);
}
void norm_moments(const double* x, std::int64_t rows, std::int64_t channels, double* mean, double* variance) {
  HWY_DYNAMIC_DISPATCH(moments_float64)(x, rows, channels, mean, variance);
}
void norm_value(const NormRows<float>& n, float* y) { HWY_DYNAMIC_DISPATCH(value_float32)(n, y); }
void norm_value(const NormRows<double>& n, double* y) { HWY_DYNAMIC_DISPATCH(value_float64)(n, y); }
void norm_sums(const NormRows<float>& n, const float* g, double* plain, double* with_x) {
  HWY_DYNAMIC_DISPATCH(sums_float32)(n, g, plain, with_x);
}
void norm_sums(const NormRows<double>& n, const double* g, double* plain, double* with_x) {
  HWY_DYNAMIC_DISPATCH(sums_float64)(n, g, plain, with_x);
}
void norm_grad(const NormRows<float>& n, const float* g, const float* first, const float* second,
               float* out) {
  HWY_DYNAMIC_DISPATCH(grad_float32)(n, g, first, second, out);
}
void norm_grad(const NormRows<double>& n, const double* g, const double* first, const double* second,
               double* out) {
  HWY_DYNAMIC_DISPATCH(grad_float64)(n, g, first, second, out);
}

}  // namespace trous::kernels::fast
#endif
