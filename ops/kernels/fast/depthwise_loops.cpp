#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "trous/ops/kernels/fast/depthwise_loops.cpp"
#include <trous/ops/kernels/fast/targets.h>
// Below the targets, which include this file again for each of them.
#include <trous/ops/kernels/fast/depthwise-inl.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {
void depthwise_float32(const WindowPlan& p, const GatherOperands<float>& operands) {
  run_depthwise(p, operands);
}
void depthwise_float64(const WindowPlan& p, const GatherOperands<double>& operands) {
  run_depthwise(p, operands);
}
void filter_grad_float32(const WindowPlan& p, const Operands<Slot::filters, float>& operands) {
  run_depthwise_filter_grad(p, operands);
}
void filter_grad_float64(const WindowPlan& p, const Operands<Slot::filters, double>& operands) {
  run_depthwise_filter_grad(p, operands);
}
}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trous::kernels::fast {
HWY_EXPORT(depthwise_float32);
HWY_EXPORT(depthwise_float64);
HWY_EXPORT(filter_grad_float32);
HWY_EXPORT(filter_grad_float64);

void depthwise_sums(const WindowPlan& p, const GatherOperands<float>& operands) {
  HWY_DYNAMIC_DISPATCH(depthwise_float32)(p, operands);
}
void depthwise_sums(const WindowPlan& p, const GatherOperands<double>& operands) {
  HWY_DYNAMIC_DISPATCH(depthwise_float64)(p, operands);
}
void depthwise_filter_grad(const WindowPlan& p, const Operands<Slot::filters, float>& operands) {
  HWY_DYNAMIC_DISPATCH(filter_grad_float32)(p, operands);
}
void depthwise_filter_grad(const WindowPlan& p, const Operands<Slot::filters, double>& operands) {
  HWY_DYNAMIC_DISPATCH(filter_grad_float64)(p, operands);
}

}  // namespace trous::kernels::fast
#endif
