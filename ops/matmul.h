// Matrix products, of one pair of matrices or of batches of them.
#pragma once

#include <string_view>

#include <trous/autograd/variable.h>

namespace trous {

/// y[..., i, j] = sum_k a[..., i, k] b[..., k, j]
///
/// a         [..., rows, inner]      float32 or float64
/// b         [..., inner, columns]   same dtype
/// returns   [..., rows, columns]; the axes before the last two broadcast, aligned at the end
///
/// Gradients: g b^T and a^T g, shown on a tape as matmul_nt and matmul_tn (n: as it is, t: transposed), and
/// the sum over what was broadcast. If b is a single matrix, all rows of a are multiplied at once.
/// Throws ShapeError unless both have two axes or more that fit, DTypeError if the dtypes differ.
/// Source: numpy.matmul, for two axes or more.
Variable matmul(const Variable& a, const Variable& b, std::string_view name = {});

}  // namespace trous
