#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "trous/ops/kernels/fast/filter_grad_float32.cpp"
#include <trous/ops/kernels/fast/targets.h>
// Below the targets, which include this file again for each of them.
#include <trous/ops/kernels/fast/filter_grad-inl.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {
void filter_grad_float32(const ConvGeometry& geometry, const FilterGradOperands<float>& operands) {
  run_filter_grad(geometry, operands);
}
}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trous::kernels::fast {
HWY_EXPORT(filter_grad_float32);
void filter_grad(const ConvGeometry& geometry, const FilterGradOperands<float>& operands) {
  HWY_DYNAMIC_DISPATCH(filter_grad_float32)(geometry, operands);
}
}  // namespace trous::kernels::fast
#endif
