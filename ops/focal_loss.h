// Cross-entropy that weighs pixels less the better they are predicted, so that many easy pixels do not
// outweigh the few hard ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <trous/autograd/variable.h>

namespace trous {

struct FocalOptions {
  /// g below: 0 or more; 0 is cross-entropy.
  double gamma = 2;
  /// alpha below: [classes], of the logits' dtype, each 0 or more and finite; absent: all 1. A class of
  /// weight 0 does not count, and its logit is not read. They have no derivative.
  std::optional<Variable> class_weights = std::nullopt;
  /// A label that does not count, such as 255.
  std::optional<std::int32_t> ignore_index = std::nullopt;
};

/// loss = - sum_i alpha[t_i] (1 - p_i)^g log p_i / sum_i alpha[t_i],  p_i = softmax(logits_i)[t_i], over the
/// counted labels t_i; 0, with zero gradients, where nothing counts.
///
/// logits    [..., classes]  float32 or float64; those of a pixel that does not count are not read
/// labels    [...]           int32, each in 0 .. classes - 1 or ignore_index
/// returns   one number, rank 0
///
/// Where p_i rounds to 1 the pixel's loss is 0, and so are all its derivatives, for every g above 0. The
/// division is that of softmax_cross_entropy; the paper divides by the number of assigned anchors. A
/// composite of log_softmax, gather and pow. Throws ShapeError or DTypeError if they do not fit,
/// ArgumentError for a `gamma` below 0 or not finite, or naming the first label out of range.
/// Source: Lin et al., arXiv:1708.02002, section 3.2.
Variable focal_loss(const Variable& logits, const Variable& labels, const FocalOptions& options = {},
                    std::string_view name = {});

}  // namespace trous
