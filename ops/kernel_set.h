// The choice of kernels: the short reference kernels or the fast ones, and their instruction set.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trous {

/// reference   Eigen, a few lines each, to be read first; the fast kernels are tested against them
/// fast        Highway, for the best instruction set that the processor has
enum class KernelSet { reference, fast };

/// Returns the set in use: that of set_kernels; without it that of the environment variable TROUS_KERNELS;
/// without both fast. Throws ArgumentError if TROUS_KERNELS is neither "reference" nor "fast".
KernelSet kernel_set();

/// Chooses the set for this process. Call it before work starts, from one thread.
void set_kernels(KernelSet set);

/// "reference" or "fast".
std::string_view name(KernelSet set);

/// The instruction sets that the fast kernels were generated for and this processor has, the best first, by
/// Highway's names: such as "AVX3" (AVX-512), "AVX2", "SSE4", "NEON", and "SCALAR" or "EMU128" for any
/// processor.
std::vector<std::string> simd_targets();

/// Returns the instruction set in use: that of set_simd_target, without it the best.
std::string simd_target();

/// Chooses the instruction set for this process, for tests and comparisons. Call it before work starts, from
/// one thread. Throws ArgumentError listing simd_targets() for any other.
void set_simd_target(std::string_view target);

}  // namespace trous
