#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "trous/ops/kernels/fast/peak.cpp"
#include <trous/ops/kernels/fast/targets.h>
// Below the targets, which include this file again for each of them.
#include <hwy/highway.h>

#include <trous/ops/kernels/fast/peak.h>
#include <trous/ops/kernels/fast/registers-inl.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Enough sums to hide the latency of a multiply-add, and few enough to stay in registers.
constexpr int sums = registers * 3 / 4;

// Each sum <- sum * 0.999 + 0.5 stays between 0 and 500, far from denormals and infinity.
template <class T>
HWY_NOINLINE MultiplyAdds rounds_of(std::int64_t rounds) {
  const hn::ScalableTag<T> d;
  const auto factor = hn::Set(d, static_cast<T>(0.999)), term = hn::Set(d, static_cast<T>(0.5));
  hn::Vec<decltype(d)> sum[sums];
#pragma GCC unroll 24
  for (int i = 0; i < sums; ++i) sum[i] = hn::Set(d, static_cast<T>(i));
  for (std::int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 24
    for (int i = 0; i < sums; ++i) sum[i] = hn::MulAdd(sum[i], factor, term);
  }
#pragma GCC unroll 24
  for (int i = 1; i < sums; ++i) sum[0] = hn::Add(sum[0], sum[i]);
  return {2.0 * sums * static_cast<double>(hn::Lanes(d)) * static_cast<double>(rounds),
          static_cast<double>(hn::GetLane(sum[0]))};
}

MultiplyAdds peak(bool wide, std::int64_t rounds) {
  return wide ? rounds_of<double>(rounds) : rounds_of<float>(rounds);
}

}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trous::kernels::fast {
HWY_EXPORT(peak);
MultiplyAdds multiply_add_rounds(bool wide, std::int64_t rounds) {
  return HWY_DYNAMIC_DISPATCH(peak)(wide, rounds);
}
}  // namespace trous::kernels::fast
#endif
