// The loops of cross_entropy.h. A few pixels at a time are transposed to [classes, pixels], so that vectors
// are full whatever the number of classes.
//
// Included once for every instruction set.
#if defined(TROUS_OPS_KERNELS_FAST_CROSS_ENTROPY_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TROUS_OPS_KERNELS_FAST_CROSS_ENTROPY_INL_H_
#undef TROUS_OPS_KERNELS_FAST_CROSS_ENTROPY_INL_H_
#else
#define TROUS_OPS_KERNELS_FAST_CROSS_ENTROPY_INL_H_
#endif

#include <algorithm>
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>
#include <vector>

#include <trous/core/parallel.h>
#include <trous/core/storage.h>
#include <trous/ops/kernels/fast/cross_entropy.h>
#include <trous/ops/kernels/fast/policy.h>

HWY_BEFORE_NAMESPACE();
namespace trous::kernels::fast::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// A block of up to `width` pixels as [classes, width]. Missing pixels repeat the last one.
template <class T>
class ClassMajorBlock {
 public:
  ClassMajorBlock(std::int64_t classes, std::int64_t lanes)
      : width(classes <= policy::max_classes_of_wide_blocks ? std::max(lanes, policy::cross_entropy_pixels)
                                                            : lanes),
        classes_(classes),
        memory_(sizeof(T) * static_cast<std::size_t>(classes * width)) {}

  void load(const T* pixels, std::int64_t count) {
    T* const to = data();
    for (std::int64_t i = 0; i < width; ++i) {
      const T* const from = pixels + std::min(i, count - 1) * classes_;
      for (std::int64_t c = 0; c < classes_; ++c) to[c * width + i] = from[c];
    }
  }
  void store(T* pixels, std::int64_t count) const {
    const T* const from = static_cast<const T*>(memory_.data());
    for (std::int64_t i = 0; i < count; ++i) {
      for (std::int64_t c = 0; c < classes_; ++c) pixels[i * classes_ + c] = from[c * width + i];
    }
  }
  T* data() { return static_cast<T*>(memory_.data()); }

  const std::int64_t width;

 private:
  std::int64_t classes_;
  Storage memory_;
};

template <class D, class T>
HWY_INLINE hn::Vec<D> largest_of(D d, ClassMajorBlock<T>& block, std::int64_t classes, std::int64_t i) {
  auto largest = hn::Load(d, block.data() + i);
  for (std::int64_t c = 1; c < classes; ++c)
    largest = hn::Max(largest, hn::Load(d, block.data() + c * block.width + i));
  return largest;
}

// Highway's exponential and logarithm turn NaN into some number, by a conversion to an integer. A loss must
// not hide a NaN, so that it is put back here.
template <class D, class V>
HWY_INLINE V exponential(D d, V x) {
  const auto none = hn::IsNaN(x);
  return hn::IfThenElse(none, x, hn::Exp(d, hn::IfThenZeroElse(none, x)));
}
template <class D, class V>
HWY_INLINE V logarithm(D d, V x) {
  return hn::IfThenElse(hn::IsNaN(x), x, hn::Log(d, x));
}

template <class T>
double run_cross_entropy_value(const LabelledLogits<T>& l, T* log_sum) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::vector<double> partial(static_cast<std::size_t>(chunks(l.pixels, policy::cross_entropy_chunk)), 0.0);
  parallel_for(l.pixels, policy::cross_entropy_chunk, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
    ClassMajorBlock<T> block(l.classes, lanes);
    Storage of_pixel(2 * sizeof(T) * static_cast<std::size_t>(block.width));
    T* const sum = static_cast<T*>(of_pixel.data());
    T* const peak = sum + block.width;
    double total = 0;
    for (std::int64_t first = begin; first < end; first += block.width) {
      const std::int64_t count = std::min(block.width, end - first);
      block.load(l.logits + first * l.classes, count);
      for (std::int64_t i = 0; i < block.width; i += lanes) {
        const T* const x = block.data() + i;
        const auto largest = largest_of(d, block, l.classes, i);
        auto exponentials = hn::Zero(d);
        for (std::int64_t c = 0; c < l.classes; ++c)
          exponentials =
              hn::Add(exponentials, exponential(d, hn::Sub(hn::Load(d, x + c * block.width), largest)));
        hn::Store(logarithm(d, exponentials), d, sum + i);
        hn::Store(largest, d, peak + i);
      }
      std::copy_n(sum, count, log_sum + first);
      for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t p = first + i;
        const T logit = l.logits[p * l.classes + l.label[p]];
        if (l.weight[p] > 0) total += static_cast<double>(l.weight[p] * ((peak[i] - logit) + sum[i]));
      }
    }
    partial[static_cast<std::size_t>(begin / policy::cross_entropy_chunk)] = total;
  });
  double total = 0;
  for (const double sum : partial) total += sum;
  return total;
}

template <class T>
void run_cross_entropy_grad(const LabelledLogits<T>& l, const T* log_sum, T by, T* out) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  parallel_for(l.pixels, policy::cross_entropy_chunk, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
    ClassMajorBlock<T> block(l.classes, lanes);
    Storage of_pixel(2 * sizeof(T) * static_cast<std::size_t>(block.width));
    T* const sum = static_cast<T*>(of_pixel.data());
    T* const share = sum + block.width;
    for (std::int64_t first = begin; first < end; first += block.width) {
      const std::int64_t count = std::min(block.width, end - first);
      block.load(l.logits + first * l.classes, count);
      for (std::int64_t i = 0; i < block.width; ++i) {
        const std::int64_t p = first + std::min(i, count - 1);
        sum[i] = log_sum[p];
        share[i] = by * l.weight[p];
      }
      for (std::int64_t i = 0; i < block.width; i += lanes) {
        T* const x = block.data() + i;
        const auto s = hn::Load(d, sum + i), by_pixel = hn::Load(d, share + i);
        const auto largest = largest_of(d, block, l.classes, i);
        for (std::int64_t c = 0; c < l.classes; ++c) {
          T* const at = x + c * block.width;
          hn::Store(hn::Mul(by_pixel, exponential(d, hn::Sub(hn::Sub(hn::Load(d, at), largest), s))), d, at);
        }
      }
      block.store(out + first * l.classes, count);
      for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t p = first + i;
        // Not a product with 0, since the logits may be infinite.
        if (!(l.weight[p] > 0)) {
          std::fill_n(out + p * l.classes, l.classes, T(0));
        } else {
          out[p * l.classes + l.label[p]] -= share[i];
        }
      }
    }
  });
}

}  // namespace trous::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // the toggle
