// Softmax cross-entropy on memory: logits are seen as [pixels, classes].
#pragma once

#include <cstdint>
#include <optional>

#include <trous/core/tensor.h>

namespace trous::kernels {

/// What a pixel's label says: the class to pick (0 where it does not count), whether it counts, and its
/// class's weight (0 where it does not count).
struct LabelledPixels {
  Tensor picked;   // int32 [pixels, 1]
  Tensor counted;  // uint8 [pixels, 1]
  Tensor weights;  // [pixels, 1], the dtype of the class weights
  double total;    // sum of the weights
};
LabelledPixels labelled_pixels(const Tensor& labels, const Tensor& class_weights,
                               std::optional<std::int32_t> ignore_index);

/// The weighted mean of -log softmax at the labels; rank 0.
Tensor cross_entropy(const Tensor& logits, const LabelledPixels& pixels);

/// Its gradient in the logits, times the scalar `grad`.
Tensor cross_entropy_grad(const Tensor& logits, const LabelledPixels& pixels, const Tensor& grad);

}  // namespace trous::kernels
