// Two interchangeable sets of kernels behind one interface: a family of kernels is a struct of functions, and
// each set has one of it.
#pragma once

namespace trous::kernels {

/// Whether the fast set is in use.
bool fast_kernels();

}  // namespace trous::kernels
