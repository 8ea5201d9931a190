// The loss of classes that are asked one by one: is a pixel of this class, or not?
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <trous/autograd/variable.h>

namespace trous {

struct SigmoidCrossEntropyOptions {
  /// A label that does not count, such as 255.
  std::optional<std::int32_t> ignore_index = std::nullopt;
};

/// loss = mean over the counted pixels i and all classes c of  -log sigmoid(x_ic) where label i is c, else
/// -log sigmoid(-x_ic); 0, with zero gradients, where nothing counts. Stable for logits of any size.
///
/// logits    [..., classes]  float32 or float64; those of a pixel that does not count are not read
/// labels    [...]           int32, each in 0 .. classes - 1 or ignore_index
/// returns   one number, rank 0
///
/// It is PyTorch's BCEWithLogitsLoss of the labels, one-hot. The largest logit is the most probable class, as
/// with a softmax, so predictions need no other rule. A composite of exp, log1p and where. Throws ShapeError
/// or DTypeError if they do not fit, ArgumentError naming the first label out of range.
Variable sigmoid_cross_entropy(const Variable& logits, const Variable& labels,
                               const SigmoidCrossEntropyOptions& options = {}, std::string_view name = {});

}  // namespace trous
