#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "trous/ops/kernels/fast/pool_loops.cpp"
#include <trous/ops/kernels/fast/targets.h>
// Below the targets, which include this file again for each of them.
#include <trous/ops/kernels/fast/pool-inl.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {
void find_largest_float32(const WindowPlan& p, const float* x, std::int32_t* pixels) {
  run_find_largest(p, x, pixels);
}
void find_largest_float64(const WindowPlan& p, const double* x, std::int32_t* pixels) {
  run_find_largest(p, x, pixels);
}
void max_pool_gradient_float32(const WindowPlan& p, const float* y, const std::int32_t* winners, float* x) {
  run_max_pool_gradient(p, y, winners, x);
}
void max_pool_gradient_float64(const WindowPlan& p, const double* y, const std::int32_t* winners, double* x) {
  run_max_pool_gradient(p, y, winners, x);
}
void window_means_float32(const WindowPlan& p, const float* x, float* y) { run_window_means(p, x, y); }
void window_means_float64(const WindowPlan& p, const double* x, double* y) { run_window_means(p, x, y); }
void window_means_transpose_float32(const WindowPlan& p, const WindowSizes& sizes, const float* y, float* x) {
  run_window_means_transpose(p, sizes, y, x);
}
void window_means_transpose_float64(const WindowPlan& p, const WindowSizes& sizes, const double* y,
                                    double* x) {
  run_window_means_transpose(p, sizes, y, x);
}
}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trous::kernels::fast {
HWY_EXPORT(find_largest_float32);
HWY_EXPORT(find_largest_float64);
HWY_EXPORT(max_pool_gradient_float32);
HWY_EXPORT(max_pool_gradient_float64);
HWY_EXPORT(window_means_float32);
HWY_EXPORT(window_means_float64);
HWY_EXPORT(window_means_transpose_float32);
HWY_EXPORT(window_means_transpose_float64);

void find_largest(const WindowPlan& p, const float* x, std::int32_t* pixels) {
  HWY_DYNAMIC_DISPATCH(find_largest_float32)(p, x, pixels);
}
void find_largest(const WindowPlan& p, const double* x, std::int32_t* pixels) {
  HWY_DYNAMIC_DISPATCH(find_largest_float64)(p, x, pixels);
}
void max_pool_gradient(const WindowPlan& p, const float* y, const std::int32_t* winners, float* x) {
  HWY_DYNAMIC_DISPATCH(max_pool_gradient_float32)(p, y, winners, x);
}
void max_pool_gradient(const WindowPlan& p, const double* y, const std::int32_t* winners, double* x) {
  HWY_DYNAMIC_DISPATCH(max_pool_gradient_float64)(p, y, winners, x);
}
void window_means(const WindowPlan& p, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(window_means_float32)(p, x, y);
}
void window_means(const WindowPlan& p, const double* x, double* y) {
  HWY_DYNAMIC_DISPATCH(window_means_float64)(p, x, y);
}
void window_means_transpose(const WindowPlan& p, const WindowSizes& sizes, const float* y, float* x) {
  HWY_DYNAMIC_DISPATCH(window_means_transpose_float32)(p, sizes, y, x);
}
void window_means_transpose(const WindowPlan& p, const WindowSizes& sizes, const double* y, double* x) {
  HWY_DYNAMIC_DISPATCH(window_means_transpose_float64)(p, sizes, y, x);
}

}  // namespace trous::kernels::fast
#endif
