#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "trous/ops/kernels/fast/resize_loops.cpp"
#include <trous/ops/kernels/fast/targets.h>
// Below the targets, which include this file again for each of them.
#include <trous/ops/kernels/fast/resize-inl.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {
void resample_float32(const Resampling& r, const float* small, float* large) {
  run_resample(r, small, large);
}
void resample_float64(const Resampling& r, const double* small, double* large) {
  run_resample(r, small, large);
}
void transpose_float32(const Resampling& r, const float* large, float* small) {
  run_resample_transpose(r, large, small);
}
void transpose_float64(const Resampling& r, const double* large, double* small) {
  run_resample_transpose(r, large, small);
}
}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trous::kernels::fast {
HWY_EXPORT(resample_float32);
HWY_EXPORT(resample_float64);
HWY_EXPORT(transpose_float32);
HWY_EXPORT(transpose_float64);

void resample(const Resampling& r, const float* small, float* large) {
  HWY_DYNAMIC_DISPATCH(resample_float32)(r, small, large);
}
void resample(const Resampling& r, const double* small, double* large) {
  HWY_DYNAMIC_DISPATCH(resample_float64)(r, small, large);
}
void resample_transpose(const Resampling& r, const float* large, float* small) {
  HWY_DYNAMIC_DISPATCH(transpose_float32)(r, large, small);
}
void resample_transpose(const Resampling& r, const double* large, double* small) {
  HWY_DYNAMIC_DISPATCH(transpose_float64)(r, large, small);
}

}  // namespace trous::kernels::fast
#endif
