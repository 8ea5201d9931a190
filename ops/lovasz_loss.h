// The Jaccard index of each class as a loss, extended to probabilities in the one convex way.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <trous/autograd/variable.h>

namespace trous {

struct LovaszOptions {
  /// A label that does not count, such as 255.
  std::optional<std::int32_t> ignore_index = std::nullopt;
};

/// loss = mean over the classes c that occur of  sum_k e_(k) (J(k) - J(k - 1)),
/// e_i = 1 - p_ic where label i is c, else p_ic, in descending order e_(1) >= e_(2) >= ...,
/// J(k) = 1 - (n - m_k) / (n + k - m_k), the Jaccard loss if the first k pixels, m_k of them of class c, are
/// mistaken; n pixels are of c; p = softmax(logits), over the counted pixels of the whole batch. Of equal
/// errors the first pixel comes first. 0, with zero gradients, where nothing counts.
///
/// logits    [..., classes]  float32 or float64; those of a pixel that does not count are not read
/// labels    [...]           int32, each in 0 .. classes - 1 or ignore_index
/// returns   one number, rank 0
///
/// Where every p is 0 or 1, the loss is the mean Jaccard loss 1 - |P and T| / |P or T| of these sets. The
/// order is locally constant: no derivative passes through it. A composite of softmax, mul and sum. Throws
/// ShapeError or DTypeError if they do not fit, ArgumentError naming the first label out of range.
/// Source: Berman et al., arXiv:1705.08790, algorithm 1, the variant of classes that are present.
Variable lovasz_loss(const Variable& logits, const Variable& labels, const LovaszOptions& options = {},
                     std::string_view name = {});

}  // namespace trous
