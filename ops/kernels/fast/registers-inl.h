// How many vectors the registers hold, which sizes every tile.
//
// Included once for every instruction set.
#if defined(TROUS_OPS_KERNELS_FAST_REGISTERS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TROUS_OPS_KERNELS_FAST_REGISTERS_INL_H_
#undef TROUS_OPS_KERNELS_FAST_REGISTERS_INL_H_
#else
#define TROUS_OPS_KERNELS_FAST_REGISTERS_INL_H_
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {

#if (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3) || HWY_ARCH_ARM_A64
constexpr int registers = 32;
#else
constexpr int registers = 16;
#endif

}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
