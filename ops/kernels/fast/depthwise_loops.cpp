#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "trous/ops/kernels/fast/depthwise_loops.cpp"
#include <trous/ops/kernels/fast/targets.h>
// Below the targets, which include this file again for each of them.
#include <trous/ops/kernels/fast/depthwise-inl.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {
void depthwise_float32(const WindowPlan& p, const float* x, const float* w, float* y) {
  run_depthwise(p, x, w, y);
}
void depthwise_float64(const WindowPlan& p, const double* x, const double* w, double* y) {
  run_depthwise(p, x, w, y);
}
void filter_grad_float32(const WindowPlan& p, const float* x, const float* y, float* w) {
  run_depthwise_filter_grad(p, x, y, w);
}
void filter_grad_float64(const WindowPlan& p, const double* x, const double* y, double* w) {
  run_depthwise_filter_grad(p, x, y, w);
}
}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trous::kernels::fast {
HWY_EXPORT(depthwise_float32);
HWY_EXPORT(depthwise_float64);
HWY_EXPORT(filter_grad_float32);
HWY_EXPORT(filter_grad_float64);

void depthwise_sums(const WindowPlan& p, const float* x, const float* w, float* y) {
  HWY_DYNAMIC_DISPATCH(depthwise_float32)(p, x, w, y);
}
void depthwise_sums(const WindowPlan& p, const double* x, const double* w, double* y) {
  HWY_DYNAMIC_DISPATCH(depthwise_float64)(p, x, w, y);
}
void depthwise_filter_grad(const WindowPlan& p, const float* x, const float* y, float* w) {
  HWY_DYNAMIC_DISPATCH(filter_grad_float32)(p, x, y, w);
}
void depthwise_filter_grad(const WindowPlan& p, const double* x, const double* y, double* w) {
  HWY_DYNAMIC_DISPATCH(filter_grad_float64)(p, x, y, w);
}

}  // namespace trous::kernels::fast
#endif
