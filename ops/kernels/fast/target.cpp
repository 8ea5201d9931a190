#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "trous/ops/kernels/fast/target.cpp"
#include <trous/ops/kernels/fast/targets.h>
// Below the targets, which include this file again for each of them.
#include <hwy/highway.h>

#include <trous/ops/kernels/fast/target.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {
std::int64_t here() { return HWY_TARGET; }
}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trous::kernels::fast {
HWY_EXPORT(here);

namespace {

// Bits of Highway's targets, the best lowest.
std::vector<std::int64_t> supported() {
  std::vector<std::int64_t> all;
  hwy::SetSupportedTargetsForTest(0);
  const std::int64_t found = hwy::SupportedTargets() & HWY_TARGETS;
  for (int bit = 0; bit < 63; ++bit) {
    if (found >> bit & 1) all.push_back(std::int64_t{1} << bit);
  }
  return all;
}

}  // namespace

std::vector<std::string> targets() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> result;
    for (const std::int64_t one : supported()) result.emplace_back(hwy::TargetName(one));
    return result;
  }();
  return names;
}

std::string target() { return hwy::TargetName(HWY_DYNAMIC_DISPATCH(here)()); }

bool set_target(std::string_view name) {
  for (const std::int64_t one : supported()) {
    if (hwy::TargetName(one) != name) continue;
    hwy::SetSupportedTargetsForTest(one);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    return true;
  }
  return false;
}

}  // namespace trous::kernels::fast
#endif
