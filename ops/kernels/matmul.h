// Matrix products on memory, each operand as it is or transposed.
#pragma once

#include <trous/core/tensor.h>
#include <trous/ops/kernels/kernel_set.h>

namespace trous::kernels {

/// op(a) op(b), where op transposes if asked to; a and b are matrices of one floating dtype.
using Matmul = Tensor(const Tensor& a, bool transpose_a, const Tensor& b, bool transpose_b);

namespace reference {
Matmul matmul;
}
namespace fast {
Matmul matmul;
}

inline Tensor matmul(const Tensor& a, bool transpose_a, const Tensor& b, bool transpose_b) {
  return (fast_kernels() ? fast::matmul : reference::matmul)(a, transpose_a, b, transpose_b);
}

}  // namespace trous::kernels
