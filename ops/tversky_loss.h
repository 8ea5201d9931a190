// Dice loss with a weight of its own for each of the two kinds of mistake.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <trous/autograd/variable.h>

namespace trous {

struct TverskyOptions {
  double alpha = 0.3;  ///< weight of pixels that are predicted and not true: 0 or more
  double beta = 0.7;   ///< weight of pixels that are true and not predicted: 0 or more
  /// s below: 0 or more. It keeps a class of few pixels from a steep loss.
  double smooth = 1;
  /// A label that does not count, such as 255.
  std::optional<std::int32_t> ignore_index = std::nullopt;
};

/// loss = mean over the classes c that occur of  1 - (TP + s) / (TP + alpha FP + beta FN + s),
/// TP = sum_i p_ic g_ic,  FP = sum_i p_ic (1 - g_ic),  FN = sum_i (1 - p_ic) g_ic,
/// p = softmax(logits), g_ic = 1 where label i is c, else 0; the sums run over the counted pixels of the
/// whole batch. A class without a counted pixel stays out of the mean; 0, with zero gradients, where nothing
/// counts. alpha = beta = 1/2 is dice_loss with twice the `smooth`; alpha = beta = 1 is the Jaccard loss.
///
/// logits    [..., classes]  float32 or float64; those of a pixel that does not count are not read
/// labels    [...]           int32, each in 0 .. classes - 1 or ignore_index
/// returns   one number, rank 0
///
/// There are no class weights: every class weighs the same already. A composite of softmax, masked and sum.
/// Throws ShapeError or DTypeError if they do not fit, ArgumentError for an alpha, a beta or a smooth that is
/// below 0 or not finite, for beta and smooth that are both 0, or naming the first label out of range.
/// Source: Salehi et al., arXiv:1706.05721, equation 3, whose best alpha and beta are the defaults; the mean
/// over classes and `smooth` are those of dice_loss.
Variable tversky_loss(const Variable& logits, const Variable& labels, const TverskyOptions& options = {},
                      std::string_view name = {});

}  // namespace trous
