#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "trous/ops/kernels/fast/pool_loops.cpp"
#include <trous/ops/kernels/fast/targets.h>
// Below the targets, which include this file again for each of them.
#include <trous/ops/kernels/fast/pool-inl.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {
void largest_float32(const WindowPlan& p, const float* x, std::int32_t* pixels) { run_largest(p, x, pixels); }
void largest_float64(const WindowPlan& p, const double* x, std::int32_t* pixels) {
  run_largest(p, x, pixels);
}
void returned_float32(const WindowPlan& p, const float* y, const std::int32_t* winners, float* x) {
  run_returned(p, y, winners, x);
}
void returned_float64(const WindowPlan& p, const double* y, const std::int32_t* winners, double* x) {
  run_returned(p, y, winners, x);
}
void means_float32(const WindowPlan& p, const float* x, float* y) { run_means(p, x, y); }
void means_float64(const WindowPlan& p, const double* x, double* y) { run_means(p, x, y); }
void shares_float32(const WindowPlan& p, const WindowSizes& sizes, const float* y, float* x) {
  run_shares(p, sizes, y, x);
}
void shares_float64(const WindowPlan& p, const WindowSizes& sizes, const double* y, double* x) {
  run_shares(p, sizes, y, x);
}
}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trous::kernels::fast {
HWY_EXPORT(largest_float32);
HWY_EXPORT(largest_float64);
HWY_EXPORT(returned_float32);
HWY_EXPORT(returned_float64);
HWY_EXPORT(means_float32);
HWY_EXPORT(means_float64);
HWY_EXPORT(shares_float32);
HWY_EXPORT(shares_float64);

void largest(const WindowPlan& p, const float* x, std::int32_t* pixels) {
  HWY_DYNAMIC_DISPATCH(largest_float32)(p, x, pixels);
}
void largest(const WindowPlan& p, const double* x, std::int32_t* pixels) {
  HWY_DYNAMIC_DISPATCH(largest_float64)(p, x, pixels);
}
void returned(const WindowPlan& p, const float* y, const std::int32_t* winners, float* x) {
  HWY_DYNAMIC_DISPATCH(returned_float32)(p, y, winners, x);
}
void returned(const WindowPlan& p, const double* y, const std::int32_t* winners, double* x) {
  HWY_DYNAMIC_DISPATCH(returned_float64)(p, y, winners, x);
}
void means(const WindowPlan& p, const float* x, float* y) { HWY_DYNAMIC_DISPATCH(means_float32)(p, x, y); }
void means(const WindowPlan& p, const double* x, double* y) { HWY_DYNAMIC_DISPATCH(means_float64)(p, x, y); }
void shares(const WindowPlan& p, const WindowSizes& sizes, const float* y, float* x) {
  HWY_DYNAMIC_DISPATCH(shares_float32)(p, sizes, y, x);
}
void shares(const WindowPlan& p, const WindowSizes& sizes, const double* y, double* x) {
  HWY_DYNAMIC_DISPATCH(shares_float64)(p, sizes, y, x);
}

}  // namespace trous::kernels::fast
#endif
