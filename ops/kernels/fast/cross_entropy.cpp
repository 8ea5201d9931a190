// Softmax cross-entropy from its loops.
#include <trous/ops/kernels/cross_entropy.h>
#include <trous/ops/kernels/fast/cross_entropy.h>

namespace trous::kernels::fast {
namespace {

template <class T>
LabelledLogits<T> seen(const Tensor& logits, const LabelledPixels& pixels) {
  return {logits.values<T>().data(), pixels.picked.elements(), logits.shape()[logits.shape().rank() - 1],
          pixels.picked.values<std::int32_t>().data(), pixels.weights.values<T>().data()};
}

CrossEntropyKernels::Value value(const Tensor& logits, const LabelledPixels& pixels) {
  Tensor log_sum = Tensor::uninitialized(pixels.picked.shape(), logits.dtype());
  const double sum = visit_floating("softmax_cross_entropy", logits.dtype(), [&]<class T> {
    return cross_entropy_value(seen<T>(logits, pixels), log_sum.mutable_values<T>().data());
  });
  return {Tensor::scalar(pixels.total > 0 ? sum / pixels.total : 0, logits.dtype()), log_sum};
}

Tensor gradient(const Tensor& logits, const LabelledPixels& pixels, const Tensor& log_sum,
                const Tensor& grad) {
  Tensor result = Tensor::uninitialized(logits.shape(), logits.dtype());
  visit_floating("softmax_cross_entropy_grad", logits.dtype(), [&]<class T> {
    const T by = pixels.total > 0 ? static_cast<T>(static_cast<double>(grad.item<T>()) / pixels.total) : T(0);
    cross_entropy_grad(seen<T>(logits, pixels), log_sum.values<T>().data(), by,
                       result.mutable_values<T>().data());
  });
  return result;
}

}  // namespace

const CrossEntropyKernels cross_entropy{value, gradient};

}  // namespace trous::kernels::fast
