// A set of kernels and an instruction set for the length of a scope, so that one test's choice never reaches
// the next.
#pragma once

#include <string>

#include <trous/ops/kernel_set.h>

namespace trous {

class WithKernels {
 public:
  explicit WithKernels(KernelSet set) : outer_(kernel_set()), target_(simd_target()) { set_kernels(set); }
  explicit WithKernels(const std::string& target) : WithKernels(KernelSet::fast) { set_simd_target(target); }
  ~WithKernels() {
    set_kernels(outer_);
    set_simd_target(target_);
  }
  WithKernels(const WithKernels&) = delete;
  WithKernels& operator=(const WithKernels&) = delete;

 private:
  KernelSet outer_;
  std::string target_;
};

}  // namespace trous
