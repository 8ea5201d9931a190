// The loss of classification and segmentation.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <trous/autograd/variable.h>

namespace trous {

struct CrossEntropyOptions {
  /// [classes], of the logits' dtype, each 0 or more and finite; absent: all 1. A class of
  /// weight 0 does not count, and its logit is not read. They have no derivative.
  std::optional<Variable> class_weights = std::nullopt;
  /// A label that does not count, such as 255.
  std::optional<std::int32_t> ignore_index = std::nullopt;
  /// e below: 0 to 1; 0 is plain cross-entropy.
  double label_smoothing = 0;
};

/// loss = - sum_i w[t_i] log softmax(logits_i)[t_i] / sum_i w[t_i] over the counted labels t_i; 0, with
/// zero gradients, where nothing counts.
///
/// With smoothing, e above 0, the loss of each counted label is spread over the classes:
///
/// loss = sum_i ((1 - e) w[t_i] l_i[t_i] + e / classes sum_c w[c] l_ic) / sum_i w[t_i],  l = -log softmax
///
/// There, as in PyTorch's CrossEntropyLoss, a label of a class of weight 0 counts in the second sum, and its
/// logits are read.
///
/// logits    [..., classes]  float32 or float64
/// labels    [...]           int32, each in 0 .. classes - 1 or ignore_index
/// returns   one number, rank 0
///
/// A composite of log_softmax and gather; the division by the sum of the weights is PyTorch's convention.
/// Throws ShapeError or DTypeError if they do not fit, ArgumentError for a label_smoothing that is not in
/// [0, 1], or naming the first label out of range.
/// Source of the smoothing: Szegedy et al., arXiv:1512.00567, section 7, in PyTorch's form.
Variable softmax_cross_entropy(const Variable& logits, const Variable& labels,
                               const CrossEntropyOptions& options = {}, std::string_view name = {});

}  // namespace trous
