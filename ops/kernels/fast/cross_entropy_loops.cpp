#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "trous/ops/kernels/fast/cross_entropy_loops.cpp"
#include <trous/ops/kernels/fast/targets.h>
// Below the targets, which include this file again for each of them.
#include <trous/ops/kernels/fast/cross_entropy-inl.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {
double value_float32(const LabelledLogits<float>& l, float* log_sum) {
  return run_cross_entropy_value(l, log_sum);
}
double value_float64(const LabelledLogits<double>& l, double* log_sum) {
  return run_cross_entropy_value(l, log_sum);
}
void grad_float32(const LabelledLogits<float>& l, const float* log_sum, float by, float* out) {
  run_cross_entropy_grad(l, log_sum, by, out);
}
void grad_float64(const LabelledLogits<double>& l, const double* log_sum, double by, double* out) {
  run_cross_entropy_grad(l, log_sum, by, out);
}
}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trous::kernels::fast {
HWY_EXPORT(value_float32);
HWY_EXPORT(value_float64);
HWY_EXPORT(grad_float32);
HWY_EXPORT(grad_float64);

double cross_entropy_value(const LabelledLogits<float>& l, float* log_sum) {
  return HWY_DYNAMIC_DISPATCH(value_float32)(l, log_sum);
}
double cross_entropy_value(const LabelledLogits<double>& l, double* log_sum) {
  return HWY_DYNAMIC_DISPATCH(value_float64)(l, log_sum);
}
void cross_entropy_grad(const LabelledLogits<float>& l, const float* log_sum, float by, float* out) {
  HWY_DYNAMIC_DISPATCH(grad_float32)(l, log_sum, by, out);
}
void cross_entropy_grad(const LabelledLogits<double>& l, const double* log_sum, double by, double* out) {
  HWY_DYNAMIC_DISPATCH(grad_float64)(l, log_sum, by, out);
}

}  // namespace trous::kernels::fast
#endif
