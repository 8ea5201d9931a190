#include <trous/core/error.h>
#include <trous/ops/kernel_set.h>
#include <trous/ops/kernels/fast/target.h>
#include <trous/ops/kernels/kernel_set.h>

namespace trous {

KernelSet kernel_set() { return kernels::fast_kernels() ? KernelSet::fast : KernelSet::reference; }

void set_kernels(KernelSet set) { kernels::set_fast_kernels(set == KernelSet::fast); }

std::string_view name(KernelSet set) { return set == KernelSet::fast ? "fast" : "reference"; }

std::vector<std::string> simd_targets() { return kernels::fast::targets(); }

std::string simd_target() { return kernels::fast::target(); }

void set_simd_target(std::string_view target) {
  if (kernels::fast::set_target(target)) return;
  std::string list;
  for (const std::string& one : simd_targets()) list += ' ' + one;
  throw ArgumentError(
      text("set_simd_target: there are no kernels for ", target, " here. This processor has", list, '.'));
}

}  // namespace trous
