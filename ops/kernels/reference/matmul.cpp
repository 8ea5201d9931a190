#include <algorithm>

#include <Eigen/Core>

#include <trous/core/parallel.h>
#include <trous/ops/kernels/matmul.h>

namespace trous::kernels::reference {

Tensor matmul(const Tensor& a, bool transpose_a, const Tensor& b, bool transpose_b) {
  const MatmulSizes sizes(a.shape(), transpose_a, b.shape(), transpose_b);
  // Not a structured binding, which lambdas may not capture.
  const std::int64_t batch = sizes.batch, rows = sizes.rows, inner = sizes.inner, columns = sizes.columns;
  Tensor y = Tensor::uninitialized(product_shape(a.shape(), sizes), a.dtype());
  visit_floating("matmul", a.dtype(), [&]<class T> {
    using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const T* const all_a = a.values<T>().data();
    const T* const all_b = b.values<T>().data();
    T* const all_y = y.mutable_values<T>().data();
    constexpr std::int64_t block = 64;  // rows of the result that one task computes
    const std::int64_t blocks = chunks(rows, block);
    const auto task = [&](std::int64_t number) {
      const std::int64_t n = number / blocks, begin = number % blocks * block,
                         count = std::min(block, rows - begin);
      const Eigen::Map<const Matrix> left(all_a + n * rows * inner, transpose_a ? inner : rows,
                                          transpose_a ? rows : inner);
      const Eigen::Map<const Matrix> right(all_b + n * inner * columns, transpose_b ? columns : inner,
                                           transpose_b ? inner : columns);
      Eigen::Map<Matrix> out(all_y + n * rows * columns, rows, columns);
      auto target = out.middleRows(begin, count);
      const auto multiply = [&](const auto& some_rows) {
        if (transpose_b) {
          target.noalias() = some_rows * right.transpose();
        } else {
          target.noalias() = some_rows * right;
        }
      };
      if (transpose_a) {
        multiply(left.middleCols(begin, count).transpose());
      } else {
        multiply(left.middleRows(begin, count));
      }
    };
    parallel_for(batch * blocks, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t number = begin; number < end; ++number) task(number);
    });
  });
  return y;
}

}  // namespace trous::kernels::reference
