#include <cmath>
#include <vector>

#include <trous/core/parallel.h>
#include <trous/ops/kernels/cross_entropy.h>
#include <trous/ops/kernels/reduce.h>

namespace trous::kernels {
namespace {

constexpr std::int64_t pixel_block = 1024;

}  // namespace

LabelledPixels labelled_pixels(const Tensor& labels, const Tensor& class_weights,
                               std::optional<std::int32_t> ignore_index) {
  const Shape shape{labels.elements(), 1};
  LabelledPixels pixels{Tensor::uninitialized(shape, DType::int32),
                        Tensor::uninitialized(shape, DType::uint8),
                        Tensor::uninitialized(shape, class_weights.dtype()), 0};
  visit_floating("softmax_cross_entropy", class_weights.dtype(), [&]<class T> {
    const std::int32_t* const label = labels.values<std::int32_t>().data();
    const T* const weight = class_weights.values<T>().data();
    std::int32_t* const picked = pixels.picked.mutable_values<std::int32_t>().data();
    std::uint8_t* const counted = pixels.counted.mutable_values<std::uint8_t>().data();
    T* const weights = pixels.weights.mutable_values<T>().data();
    for (std::int64_t i = 0; i < labels.elements(); ++i) {
      // A class of weight 0 is not counted either: its logarithm may be infinite.
      const bool counts = (!ignore_index || label[i] != *ignore_index) && weight[label[i]] > 0;
      counted[i] = counts ? 1 : 0;
      picked[i] = counts ? label[i] : 0;
      weights[i] = counts ? weight[label[i]] : T(0);
      pixels.total += static_cast<double>(weights[i]);
    }
  });
  return pixels;
}

Tensor cross_entropy(const Tensor& logits, const LabelledPixels& pixels) {
  const std::int64_t count = pixels.picked.elements(), classes = logits.shape()[logits.shape().rank() - 1];
  return visit_floating("softmax_cross_entropy", logits.dtype(), [&]<class T> {
    const T* const in = logits.values<T>().data();
    const std::int32_t* const label = pixels.picked.values<std::int32_t>().data();
    const std::uint8_t* const counted = pixels.counted.values<std::uint8_t>().data();
    const T* const weight = pixels.weights.values<T>().data();
    std::vector<double> partial(static_cast<std::size_t>(chunks(count, pixel_block)), 0.0);
    parallel_for(count, pixel_block, [&](std::int64_t begin, std::int64_t end) {
      double sum = 0;
      for (std::int64_t i = begin; i < end; ++i) {
        if (!counted[i]) continue;
        const T* const row = in + i * classes;
        T largest = row[0];
        for (std::int64_t c = 1; c < classes; ++c) largest = std::max(largest, row[c]);
        T exponentials = 0;
        for (std::int64_t c = 0; c < classes; ++c) exponentials += std::exp(row[c] - largest);
        sum += static_cast<double>(weight[i] * ((largest - row[label[i]]) + std::log(exponentials)));
      }
      partial[static_cast<std::size_t>(begin / pixel_block)] = sum;
    });
    double total = 0;
    for (const double sum : partial) total += sum;
    return Tensor::scalar(pixels.total > 0 ? total / pixels.total : 0, logits.dtype());
  });
}

Tensor cross_entropy_grad(const Tensor& logits, const LabelledPixels& pixels, const Tensor& grad) {
  const std::int64_t count = pixels.picked.elements(), classes = logits.shape()[logits.shape().rank() - 1];
  Tensor result = Tensor::uninitialized(logits.shape(), logits.dtype());
  visit_floating("softmax_cross_entropy_grad", logits.dtype(), [&]<class T> {
    const T* const in = logits.values<T>().data();
    const std::int32_t* const label = pixels.picked.values<std::int32_t>().data();
    const std::uint8_t* const counted = pixels.counted.values<std::uint8_t>().data();
    const T* const weight = pixels.weights.values<T>().data();
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
        T largest = row[0];
        for (std::int64_t c = 1; c < classes; ++c) largest = std::max(largest, row[c]);
        T exponentials = 0;
        for (std::int64_t c = 0; c < classes; ++c) exponentials += target[c] = std::exp(row[c] - largest);
        const T share = weight[i] * by;
        for (std::int64_t c = 0; c < classes; ++c) target[c] *= share / exponentials;
        target[label[i]] -= share;
      }
    });
  });
  return result;
}

}  // namespace trous::kernels
