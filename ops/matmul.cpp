#include <algorithm>

#include <trous/autograd/trilinear_form.h>
#include <trous/core/error.h>
#include <trous/ops/broadcast.h>
#include <trous/ops/kernels/matmul.h>
#include <trous/ops/matmul.h>
#include <trous/ops/reshape.h>

namespace trous {
namespace {

void check_matrices(const Variable& a, const Variable& b) {
  const int rank_a = a.shape().rank(), rank_b = b.shape().rank();
  if (rank_a < 2 || rank_b < 2) {
    throw ShapeError(text("matmul: ranks ", rank_a, " and ", rank_b, ", need 2 or more. a ", a.shape(),
                          ", b ", b.shape(), " must be [..., rows, inner] and [..., inner, columns]."));
  }
  if (a.dtype() != b.dtype()) {
    throw DTypeError(text("matmul: ", a.dtype(), " and ", b.dtype(),
                          " do not mix. Cast one side: cast(x, DType::", b.dtype(), ")."));
  }
  visit_floating("matmul", a.dtype(), []<class T> {});
  const std::string_view batch = rank_a == 2 && rank_b == 2 ? "" : "..., ";
  for (int k = 3; k <= std::min(rank_a, rank_b); ++k) {
    const std::int64_t of_a = a.shape()[rank_a - k], of_b = b.shape()[rank_b - k];
    if (of_a == of_b || of_a == 1 || of_b == 1) continue;
    throw ShapeError(text("matmul: a has ", of_a, " matrices along an axis, b has ", of_b, ". a ", a.shape(),
                          ", b ", b.shape(),
                          ": the axes before the last two must be equal or 1, aligned at "
                          "the end."));
  }
  if (a.shape()[rank_a - 1] == b.shape()[rank_b - 2]) return;
  throw ShapeError(text("matmul: a has ", a.shape()[rank_a - 1], " columns, b has ", b.shape()[rank_b - 2],
                        " rows. a ", a.shape(), ", b ", b.shape(), " must be [", batch, "rows, inner] and [",
                        batch, "inner, columns]."));
}

// The axes before the last two, followed by these two.
Shape with_matrix(const Shape& batch, std::int64_t rows, std::int64_t columns) {
  Shape shape = batch;
  shape[batch.rank() - 2] = rows;
  shape[batch.rank() - 1] = columns;
  return shape;
}

// With 1 x 1 in place of the matrices, so that only the axes before them meet.
Shape batch_of(const Shape& shape) { return with_matrix(shape, 1, 1); }

// The form of batches of matrices. A row of a matrix counts as a pixel; in a batch no image is known.
TrilinearForm product_form(const Shape& batch, std::int64_t rows, std::int64_t inner, std::int64_t columns,
                           DType dtype) {
  Pixels pixels = Pixels::product(batch.elements() * rows, inner, columns);
  if (batch.rank() > 2) pixels.map = Pixels::Unknown{};
  return {.ops = {"matmul_nt", "matmul_tn", "matmul"},
          .attributes = {},
          .domains = {{{with_matrix(batch, rows, inner), dtype},
                       {with_matrix(batch, inner, columns), dtype},
                       {with_matrix(batch, rows, columns), dtype}}},
          .contract = {[](const Tensor& y, const Tensor& w) { return kernels::matmul(y, false, w, true); },
                       [](const Tensor& x, const Tensor& y) { return kernels::matmul(x, true, y, false); },
                       [](const Tensor& x, const Tensor& w) { return kernels::matmul(x, false, w, false); }},
          .pixels = pixels};
}

}  // namespace

Variable matmul(const Variable& a, const Variable& b, std::string_view name) {
  check_matrices(a, b);
  const Shape &sa = a.shape(), &sb = b.shape();
  const std::int64_t rows = sa[sa.rank() - 2], inner = sa[sa.rank() - 1], columns = sb[sb.rank() - 1];
  if (sb.rank() == 2 && sa.rank() > 2) {
    const Variable all_rows = reshape(a, {sa.elements(0, sa.rank() - 1), inner});
    return reshape(matmul(all_rows, b, name), with_matrix(sa, rows, columns));
  }
  const Shape batch = broadcast_shape("matmul", batch_of(sa), batch_of(sb));
  return product_form(batch, rows, inner, columns, a.dtype())(
      {broadcast_to(a, with_matrix(batch, rows, inner)), broadcast_to(b, with_matrix(batch, inner, columns)),
       std::nullopt},
      name);
}

}  // namespace trous
