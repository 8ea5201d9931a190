// The instruction sets that kernels are generated for: those of Highway but SSSE3, to whose few processors
// the scalar code is left, and those whose vectors have no size while compiling, since tiles are arrays of
// vectors.
//
// No include guard: Highway includes a file of kernels once for each target.
#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#endif
#include <hwy/foreach_target.h>
