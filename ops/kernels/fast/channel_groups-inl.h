// Copies of one group of channels, whose pixels then lie together as those of a dense convolution.
//
// Included once for every instruction set.
#if defined(TROUS_OPS_KERNELS_FAST_CHANNEL_GROUPS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TROUS_OPS_KERNELS_FAST_CHANNEL_GROUPS_INL_H_
#undef TROUS_OPS_KERNELS_FAST_CHANNEL_GROUPS_INL_H_
#else
#define TROUS_OPS_KERNELS_FAST_CHANNEL_GROUPS_INL_H_
#endif

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <hwy/highway.h>
#include <memory>

#include <trous/core/parallel.h>
#include <trous/core/storage.h>
#include <trous/core/window.h>
#include <trous/ops/kernels/fast/policy.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Copies `channels` numbers of each of `pixels` pixels, which are `step` numbers apart, so that they lie
/// together. Whole vectors are copied as long as they fit: what a vector has too much is overwritten by the
/// next pixel.
template <class T, class D>
HWY_INLINE void copy_channels(D d, const T* from, std::int64_t step, std::int64_t channels,
                              std::int64_t pixels, T* to) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const std::int64_t vectors = chunks(channels, lanes);
  std::int64_t pixel = 0;
  for (; (pixels - pixel) * channels >= vectors * lanes; ++pixel, from += step, to += channels) {
    for (std::int64_t v = 0; v < vectors; ++v) hn::StoreU(hn::LoadU(d, from + v * lanes), d, to + v * lanes);
  }
  for (; pixel < pixels; ++pixel, from += step, to += channels) std::copy_n(from, channels, to);
}

template <class T>
void copy_channels(const T* from, std::int64_t step, std::int64_t channels, std::int64_t pixels, T* to) {
  if (step == channels) {
    std::memcpy(to, from, sizeof(T) * static_cast<std::size_t>(pixels * channels));
  } else if (channels * static_cast<std::int64_t>(sizeof(T)) <= 16) {
    copy_channels(hn::CappedTag<T, 16 / sizeof(T)>(), from, step, channels, pixels, to);
  } else {
    copy_channels(hn::ScalableTag<T>(), from, step, channels, pixels, to);
  }
}

/// The image x of a filter gradient with the channels of each group together: a dense image for each group.
/// With one group it is x itself.
template <class T>
class GroupedImage {
 public:
  GroupedImage(const ConvGeometry& g, const T* x, bool single_threaded)
      : images_(x), numbers_(g.batch * g.height.in * g.width.in * (g.in_channels / g.groups)) {
    if (g.groups == 1) return;
    copies_ = std::make_unique<Storage>(sizeof(T) * static_cast<std::size_t>(g.groups * numbers_));
    T* const all = static_cast<T*>(copies_->data());
    const std::int64_t channels = g.in_channels / g.groups, rows = g.batch * g.height.in;
    const auto copy = [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        for (std::int64_t group = 0; group < g.groups; ++group) {
          copy_channels(x + row * g.width.in * g.in_channels + group * channels, g.in_channels, channels,
                        g.width.in, all + group * numbers_ + row * g.width.in * channels);
        }
      }
    };
    const std::int64_t grain = single_threaded ? rows : chunks(rows, policy::filter_grad_tasks);
    parallel_for(rows, std::max<std::int64_t>(1, grain), copy);
    images_ = all;
  }

  const T* of(std::int64_t group) const { return images_ + group * numbers_; }

 private:
  const T* images_;
  std::int64_t numbers_;
  std::unique_ptr<Storage> copies_;
};

}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
