#include <algorithm>
#include <cmath>
#include <vector>

#include <trous/core/parallel.h>
#include <trous/ops/kernels/cross_entropy.h>

namespace trous::kernels::reference {
namespace {

constexpr std::int64_t pixel_block = 1024;

CrossEntropyKernels::Value value(const Tensor& logits, const LabelledPixels& pixels) {
  const std::int64_t count = pixels.picked.elements(), classes = logits.shape()[logits.shape().rank() - 1];
  Tensor log_sum = Tensor::uninitialized({count, 1}, logits.dtype());
  return visit_floating("softmax_cross_entropy", logits.dtype(), [&]<class T> {
    T* const sums = log_sum.mutable_values<T>().data();
    const T* const in = logits.values<T>().data();
    const std::int32_t* const label = pixels.picked.values<std::int32_t>().data();
    const std::uint8_t* const counted = pixels.counted.values<std::uint8_t>().data();
    const T* const weight = pixels.weights.values<T>().data();
    std::vector<double> partial(static_cast<std::size_t>(chunks(count, pixel_block)), 0.0);
    parallel_for(count, pixel_block, [&](std::int64_t begin, std::int64_t end) {
      double sum = 0;
      for (std::int64_t i = begin; i < end; ++i) {
        const T* const row = in + i * classes;
        T largest = row[0];
        for (std::int64_t c = 1; c < classes; ++c) largest = std::max(largest, row[c]);
        T exponentials = 0;
        for (std::int64_t c = 0; c < classes; ++c) exponentials += std::exp(row[c] - largest);
        sums[i] = std::log(exponentials);
        if (counted[i]) sum += static_cast<double>(weight[i] * ((largest - row[label[i]]) + sums[i]));
      }
      partial[static_cast<std::size_t>(begin / pixel_block)] = sum;
    });
    double total = 0;
    for (const double sum : partial) total += sum;
    return CrossEntropyKernels::Value{
        Tensor::scalar(pixels.total > 0 ? total / pixels.total : 0, logits.dtype()), log_sum};
  });
}

Tensor gradient(const Tensor& logits, const LabelledPixels& pixels, const Tensor& log_sum,
                const Tensor& grad) {
  const std::int64_t count = pixels.picked.elements(), classes = logits.shape()[logits.shape().rank() - 1];
  Tensor result = Tensor::uninitialized(logits.shape(), logits.dtype());
  visit_floating("softmax_cross_entropy_grad", logits.dtype(), [&]<class T> {
    const T* const in = logits.values<T>().data();
    const std::int32_t* const label = pixels.picked.values<std::int32_t>().data();
    const std::uint8_t* const counted = pixels.counted.values<std::uint8_t>().data();
    const T* const weight = pixels.weights.values<T>().data();
    const T* const sums = log_sum.values<T>().data();
    const T by = pixels.total > 0 ? static_cast<T>(static_cast<double>(grad.item<T>()) / pixels.total) : T(0);
    T* const out = result.mutable_values<T>().data();
    parallel_for(count, pixel_block, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const T* const row = in + i * classes;
        T* const target = out + i * classes;
        if (!counted[i]) {
          std::fill_n(target, classes, T(0));
          continue;
        }
        const T largest = *std::max_element(row, row + classes), share = weight[i] * by;
        for (std::int64_t c = 0; c < classes; ++c) target[c] = share * std::exp((row[c] - largest) - sums[i]);
        target[label[i]] -= share;
      }
    });
  });
  return result;
}

}  // namespace

const CrossEntropyKernels cross_entropy{value, gradient};

}  // namespace trous::kernels::reference
