// The instruction sets that kernels are generated for: those of Highway but SSSE3, which no processor of this
// century lacks the better of.
//
// No include guard: Highway includes a file of kernels once for each target.
#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3)
#endif
#include <hwy/foreach_target.h>
