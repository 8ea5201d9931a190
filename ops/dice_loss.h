// The overlap of predicted and true regions as a loss: a class of few pixels weighs as much as one of many.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <trous/autograd/variable.h>

namespace trous {

struct DiceOptions {
  /// s below: 0 or more. It keeps a class of few pixels from a steep loss.
  double smooth = 1;
  /// A label that does not count, such as 255.
  std::optional<std::int32_t> ignore_index = std::nullopt;
};

/// loss = mean over the classes c that occur of  1 - (2 sum_i p_ic g_ic + s) / (sum_i p_ic + sum_i g_ic + s),
/// p = softmax(logits), g_ic = 1 where label i is c, else 0; the sums run over the counted pixels of the
/// whole batch. A class without a counted pixel stays out of the mean; 0, with zero gradients, where nothing
/// counts.
///
/// logits    [..., classes]  float32 or float64; those of a pixel that does not count are not read
/// labels    [...]           int32, each in 0 .. classes - 1 or ignore_index
/// returns   one number, rank 0
///
/// There are no class weights: every class weighs the same already. A composite of softmax, masked and sum.
/// Throws ShapeError or DTypeError if they do not fit, ArgumentError for a `smooth` below 0 or not finite, or
/// naming the first label out of range.
/// Source: Milletari et al., arXiv:1606.04797, section 3, with the linear denominator of Drozdzal et al.,
/// arXiv:1608.04117.
Variable dice_loss(const Variable& logits, const Variable& labels, const DiceOptions& options = {},
                   std::string_view name = {});

}  // namespace trous
