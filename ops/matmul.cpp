#include <trous/autograd/trilinear_form.h>
#include <trous/core/error.h>
#include <trous/ops/kernels/matmul.h>
#include <trous/ops/matmul.h>

namespace trous {

Variable matmul(const Variable& a, const Variable& b, std::string_view name) {
  if (a.shape().rank() != 2 || b.shape().rank() != 2) {
    throw ShapeError(text("matmul: ranks ", a.shape().rank(), " and ", b.shape().rank(), ", need 2 and 2. a ",
                          a.shape(), ", b ", b.shape(), " must be [rows, inner] and [inner, columns]."));
  }
  if (a.dtype() != b.dtype()) {
    throw DTypeError(text("matmul: ", a.dtype(), " and ", b.dtype(),
                          " do not mix. Cast one side: cast(x, DType::", b.dtype(), ")."));
  }
  visit_floating("matmul", a.dtype(), []<class T> {});
  const std::int64_t rows = a.shape()[0], inner = a.shape()[1], columns = b.shape()[1];
  if (b.shape()[0] != inner) {
    throw ShapeError(text("matmul: a has ", inner, " columns, b has ", b.shape()[0], " rows. a ", a.shape(),
                          ", b ", b.shape(), " must be [rows, inner] and [inner, columns]."));
  }
  const TrilinearForm form{
      .ops = {"matmul_nt", "matmul_tn", "matmul"},
      .attributes = {},
      .domains = {{{{rows, inner}, a.dtype()}, {{inner, columns}, a.dtype()}, {{rows, columns}, a.dtype()}}},
      .contract = {[](const Tensor& y, const Tensor& w) { return kernels::matmul(y, false, w, true); },
                   [](const Tensor& x, const Tensor& y) { return kernels::matmul(x, true, y, false); },
                   [](const Tensor& x, const Tensor& w) { return kernels::matmul(x, false, w, false); }},
      .pixels = Pixels::product(rows, inner, columns)};
  return form({a, b, std::nullopt}, name);
}

}  // namespace trous
