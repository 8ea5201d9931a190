// Mistakes weighed by their distance to the true border of the class, for classes of few pixels.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <trous/autograd/variable.h>

namespace trous {

struct BoundaryOptions {
  /// A label that does not count, such as 255.
  std::optional<std::int32_t> ignore_index = std::nullopt;
};

/// loss = mean over the counted pixels i and all classes c of  p_ic phi_c(i),  p = softmax(logits);
/// phi_c(i) = the distance in pixels from i to the nearest pixel of class c where i is not of c, and
/// 1 - the distance to the nearest pixel that is not of c where it is: 0 along the inner side of the border,
/// negative inside, positive outside, in the image of i. phi_c is 0 in an image without a pixel of c or with
/// no other. 0, with zero gradients, where nothing counts.
///
/// logits    [..., height, width, classes]  float32 or float64; those of a pixel that does not count are not
///                                          read
/// labels    [..., height, width]           int32, each in 0 .. classes - 1 or ignore_index
/// returns   one number, rank 0, which can be below 0
///
/// A pixel that does not count is of no class, and no distance is measured to it. The loss says little where
/// a prediction is far off, so add it to another. Distances are exact (squared_distances). A composite of
/// softmax, mul and sum. Throws ShapeError or DTypeError if they do not fit, ArgumentError naming the first
/// label out of range.
/// Source: Kervadec et al., arXiv:1812.07032, equation 5; phi is that of their program.
Variable boundary_loss(const Variable& logits, const Variable& labels, const BoundaryOptions& options = {},
                       std::string_view name = {});

}  // namespace trous
