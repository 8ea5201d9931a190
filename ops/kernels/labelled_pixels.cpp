#include <vector>

#include <trous/core/parallel.h>
#include <trous/ops/kernels/cross_entropy.h>

namespace trous::kernels {

LabelledPixels labelled_pixels(const Tensor& labels, const Tensor& class_weights,
                               std::optional<std::int32_t> ignore_index) {
  constexpr std::int64_t block = 1 << 14;
  const std::int64_t count = labels.elements();
  const Shape shape{count, 1};
  LabelledPixels pixels{Tensor::uninitialized(shape, DType::int32),
                        Tensor::uninitialized(shape, DType::uint8),
                        Tensor::uninitialized(shape, class_weights.dtype()), 0};
  visit_floating("softmax_cross_entropy", class_weights.dtype(), [&]<class T> {
    const std::int32_t* const label = labels.values<std::int32_t>().data();
    const T* const weight = class_weights.values<T>().data();
    std::int32_t* const picked = pixels.picked.mutable_values<std::int32_t>().data();
    std::uint8_t* const counted = pixels.counted.mutable_values<std::uint8_t>().data();
    T* const weights = pixels.weights.mutable_values<T>().data();
    std::vector<double> totals(static_cast<std::size_t>(chunks(count, block)), 0.0);
    parallel_for(count, block, [&](std::int64_t begin, std::int64_t end) {
      double total = 0;
      for (std::int64_t i = begin; i < end; ++i) {
        // A class of weight 0 is not counted either: its logarithm may be infinite.
        const bool counts = (!ignore_index || label[i] != *ignore_index) && weight[label[i]] > 0;
        counted[i] = counts ? 1 : 0;
        picked[i] = counts ? label[i] : 0;
        weights[i] = counts ? weight[label[i]] : T(0);
        total += static_cast<double>(weights[i]);
      }
      totals[static_cast<std::size_t>(begin / block)] = total;
    });
    for (const double total : totals) pixels.total += total;
  });
  return pixels;
}

}  // namespace trous::kernels
