#include <Eigen/Core>

#include <trous/core/parallel.h>
#include <trous/ops/kernels/matmul.h>

namespace trous::kernels::reference {

Tensor matmul(const Tensor& a, bool transpose_a, const Tensor& b, bool transpose_b) {
  const std::int64_t rows = a.shape()[transpose_a ? 1 : 0], columns = b.shape()[transpose_b ? 0 : 1];
  Tensor y = Tensor::uninitialized({rows, columns}, a.dtype());
  visit_floating("matmul", a.dtype(), [&]<class T> {
    using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const Eigen::Map<const Matrix> left(a.values<T>().data(), a.shape()[0], a.shape()[1]);
    const Eigen::Map<const Matrix> right(b.values<T>().data(), b.shape()[0], b.shape()[1]);
    Eigen::Map<Matrix> out(y.mutable_values<T>().data(), rows, columns);
    constexpr std::int64_t block = 64;  // rows of the result that one task computes
    parallel_for(rows, block, [&](std::int64_t begin, std::int64_t end) {
      auto target = out.middleRows(begin, end - begin);
      const auto multiply = [&](const auto& some_rows) {
        if (transpose_b) {
          target.noalias() = some_rows * right.transpose();
        } else {
          target.noalias() = some_rows * right;
        }
      };
      if (transpose_a) {
        multiply(left.middleCols(begin, end - begin).transpose());
      } else {
        multiply(left.middleRows(begin, end - begin));
      }
    });
  });
  return y;
}

}  // namespace trous::kernels::reference
