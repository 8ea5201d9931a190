// Matrix product.
#pragma once

#include <string_view>

#include <trous/autograd/variable.h>

namespace trous {

/// y[i, j] = sum_k a[i, k] b[k, j]
///
/// a         [rows, inner]      float32 or float64
/// b         [inner, columns]   same dtype
///
/// Gradients: g b^T and a^T g, shown on a tape as matmul_nt and matmul_tn (n: as it is, t: transposed).
/// Throws ShapeError unless both are matrices that fit, DTypeError if the dtypes differ.
Variable matmul(const Variable& a, const Variable& b, std::string_view name = {});

}  // namespace trous
