// Matrix products on memory, each operand as it is or transposed.
#pragma once

#include <trous/core/tensor.h>
#include <trous/ops/kernels/kernel_set.h>

namespace trous::kernels {

/// op(a) op(b) for each matrix of two batches, where op transposes if asked to. a and b are of one floating
/// dtype, with the same axes before the last two.
using Matmul = Tensor(const Tensor& a, bool transpose_a, const Tensor& b, bool transpose_b);

/// The sizes of such products: each is y[rows, columns], summed over `inner`.
struct MatmulSizes {
  MatmulSizes(const Shape& a, bool transpose_a, const Shape& b, bool transpose_b)
      : batch(a.elements(0, a.rank() - 2)),
        rows(a[a.rank() - (transpose_a ? 1 : 2)]),
        inner(a[a.rank() - (transpose_a ? 2 : 1)]),
        columns(b[b.rank() - (transpose_b ? 2 : 1)]) {}

  std::int64_t batch, rows, inner, columns;
};

/// The shape of the products.
inline Shape product_shape(const Shape& a, const MatmulSizes& sizes) {
  Shape shape = a;
  shape[a.rank() - 2] = sizes.rows;
  shape[a.rank() - 1] = sizes.columns;
  return shape;
}

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
