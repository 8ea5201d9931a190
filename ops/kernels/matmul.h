// Matrix products on memory, each operand as it is or transposed.
#pragma once

#include <trous/core/tensor.h>

namespace trous::kernels {

/// op(a) op(b), where op transposes if asked to; a and b are matrices of one floating dtype.
Tensor matmul(const Tensor& a, bool transpose_a, const Tensor& b, bool transpose_b);

}  // namespace trous::kernels
