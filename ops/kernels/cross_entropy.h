// Softmax cross-entropy on memory: logits are read as [pixels, classes].
#pragma once

#include <cstdint>
#include <optional>

#include <trous/core/tensor.h>
#include <trous/ops/kernels/kernel_set.h>

namespace trous::kernels {

/// For each pixel the class of its label, whether it counts, and the weight of the class. Class and weight
/// are 0 where a pixel does not count.
struct LabelledPixels {
  Tensor picked;   // int32 [pixels, 1]
  Tensor counted;  // uint8 [pixels, 1]
  Tensor weights;  // [pixels, 1], the dtype of the class weights
  double total;    // sum of the weights
};
LabelledPixels labelled_pixels(const Tensor& labels, const Tensor& class_weights,
                               std::optional<std::int32_t> ignore_index);

struct CrossEntropyKernels {
  struct Value {
    Tensor loss;     // the weighted mean of -log softmax at the labels; rank 0
    Tensor log_sum;  // [pixels, 1]: log sum exp(logit - the largest), which the gradient reads
  };
  Value (*value)(const Tensor& logits, const LabelledPixels& pixels);
  /// The gradient in the logits, times the scalar `grad`.
  Tensor (*grad)(const Tensor& logits, const LabelledPixels& pixels, const Tensor& log_sum,
                 const Tensor& grad);
};

namespace reference {
extern const CrossEntropyKernels cross_entropy;
}
namespace fast {
extern const CrossEntropyKernels cross_entropy;
}

inline const CrossEntropyKernels& cross_entropy() {
  return fast_kernels() ? fast::cross_entropy : reference::cross_entropy;
}

}  // namespace trous::kernels
