#include <atomic>
#include <cstdlib>

#include <trous/core/error.h>
#include <trous/ops/kernel_set.h>
#include <trous/ops/kernels/fast/target.h>
#include <trous/ops/kernels/kernel_set.h>

namespace trous {
namespace {

std::atomic<int> chosen{-1};  // not yet

KernelSet from_environment() {
  const char* const asked = std::getenv("TROUS_KERNELS");
  if (!asked || std::string_view(asked) == "fast") return KernelSet::fast;
  if (std::string_view(asked) == "reference") return KernelSet::reference;
  throw ArgumentError(
      text("TROUS_KERNELS is \"", asked, "\". Set it to reference or fast, or leave it out."));
}

}  // namespace

KernelSet kernel_set() {
  int set = chosen.load(std::memory_order_relaxed);
  if (set < 0) {
    set = static_cast<int>(from_environment());
    chosen = set;
  }
  return static_cast<KernelSet>(set);
}

void set_kernels(KernelSet set) { chosen = static_cast<int>(set); }

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

namespace kernels {

bool fast_kernels() { return kernel_set() == KernelSet::fast; }

}  // namespace kernels
}  // namespace trous
