#include <atomic>
#include <cstdlib>
#include <string_view>

#include <trous/core/error.h>
#include <trous/ops/kernels/kernel_set.h>

namespace trous::kernels {
namespace {

std::atomic<int> chosen{-1};  // not yet

bool from_environment() {
  const char* const asked = std::getenv("TROUS_KERNELS");
  if (!asked || std::string_view(asked) == "fast") return true;
  if (std::string_view(asked) == "reference") return false;
  throw ArgumentError(
      text("TROUS_KERNELS is \"", asked, "\". Set it to reference or fast, or leave it out."));
}

}  // namespace

bool fast_kernels() {
  const int set = chosen.load(std::memory_order_relaxed);
  if (set >= 0) return set > 0;
  const bool fast = from_environment();
  chosen = fast;
  return fast;
}

void set_fast_kernels(bool fast) { chosen = fast; }

}  // namespace trous::kernels
