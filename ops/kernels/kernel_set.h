// Which of two interchangeable sets of kernels runs. A family of kernels that has both is a struct of
// functions, or one function, of which each set has one.
#pragma once

namespace trous::kernels {

/// Whether the fast set is in use: it is, unless the environment says TROUS_KERNELS=reference or it was set
/// otherwise. Throws ArgumentError if TROUS_KERNELS is neither "reference" nor "fast".
bool fast_kernels();

void set_fast_kernels(bool fast);

}  // namespace trous::kernels
