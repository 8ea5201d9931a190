#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "trous/ops/kernels/fast/gather_conv_float32.cpp"
#include <trous/ops/kernels/fast/targets.h>
// Below the targets, which include this file again for each of them.
#include <trous/ops/kernels/fast/gather_conv-inl.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {
void gather_conv_float32(const GatherPlan& plan, const GatherOperands<float>& operands) {
  run_gather_conv(plan, operands);
}
}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trous::kernels::fast {
HWY_EXPORT(gather_conv_float32);
void gather_conv(const GatherPlan& plan, const GatherOperands<float>& operands) {
  HWY_DYNAMIC_DISPATCH(gather_conv_float32)(plan, operands);
}
}  // namespace trous::kernels::fast
#endif
