#include <algorithm>

#include <trous/autograd/record.h>
#include <trous/core/error.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/compare.h>
#include <trous/ops/detail/reduced_shape.h>
#include <trous/ops/kernels/reduce.h>
#include <trous/ops/kernels/strided.h>
#include <trous/ops/pointwise.h>
#include <trous/ops/reduce.h>
#include <trous/ops/reduce_nonlinear.h>
#include <trous/ops/reshape.h>

namespace trous {
namespace {

// A matrix with a row for each result.
Tensor rows_of(const Tensor& x, const detail::ReducedShape& r) {
  const bool in_order = std::is_sorted(r.order.begin(), r.order.end());
  const Tensor moved = in_order ? x : kernels::permute(x, r.order);
  return moved.reshaped({x.elements() / r.count, r.count});
}

// y = kernel(rows), with the reduced axes at 1.
Variable reduce_rows(const char* op, const Variable& x, const detail::ReducedShape& r,
                     Tensor (*kernel)(const Tensor&), Variable (*cotangent)(const Vjp&)) {
  const std::size_t kept = r.dropped.size();
  return record(
      {.kind = op,
       .attributes = {{"axes",
                       std::vector(r.order.begin() + static_cast<std::ptrdiff_t>(kept), r.order.end())}},
       .pixels = r.only_last ? Pixels::same() : Pixels::mixed()},
      {x}, [r, kernel](std::span<const Tensor> in) { return kernel(rows_of(in[0], r)).reshaped(r.kept); },
      {Rule(Reads::input(0) | Reads::the_output(), cotangent)});
}

detail::ReducedShape checked(const char* op, const Variable& x, const std::vector<int>& axes) {
  visit_floating(op, x.dtype(), []<class T> {});
  detail::ReducedShape r = detail::reduced_shape(op, x.shape(), axes);
  detail::check_not_empty(op, x.shape(), r.count);
  return r;
}

}  // namespace

Variable logsumexp(const Variable& x, const std::vector<int>& axes, bool keep_axes) {
  const detail::ReducedShape r = checked("logsumexp", x, axes);
  const Variable y = reduce_rows("logsumexp", x, r, kernels::log_sum_exp,
                                 [](const Vjp& v) { return v.grad() * exp(v.input(0) - v.output()); });
  return keep_axes ? y : reshape(y, r.dropped);
}

Variable var(const Variable& x, const std::vector<int>& axes, const VarOptions& options) {
  const std::int64_t count = checked("var", x, axes).count, correction = options.correction;
  if (correction < 0) {
    throw ArgumentError(
        text("var: correction ", correction, " is below 0. Give 1, or 0 for the mean square."));
  }
  if (count <= correction) {
    throw ShapeError(text("var: x ", x.shape(), " has ", count, " elements in each sum, correction ",
                          correction, " leaves nothing to divide by. Give more elements, or correction 0."));
  }
  const Variable apart = x - mean(x, axes, true);
  return scale(sum(apart * apart, axes, options.keep_axes), 1.0 / static_cast<double>(count - correction));
}

// At 0 the quotient is masked, so that no order reads it, and divided by 1, so that no order is 0 / 0.
Variable norm(const Variable& x, const std::vector<int>& axes, bool keep_axes) {
  const detail::ReducedShape r = checked("norm", x, axes);
  const Variable y = reduce_rows("norm", x, r, kernels::norm, [](const Vjp& v) {
    const Variable length = v.output(), at_0 = equal(length, 0);
    return v.grad() * where(at_0, 0, v.input(0) / where(at_0, 1, length));
  });
  return keep_axes ? y : reshape(y, r.dropped);
}

}  // namespace trous
