#include <trous/autograd/record.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/kernels/reduce.h>
#include <trous/ops/pointwise.h>
#include <trous/ops/reduce.h>
#include <trous/ops/softmax.h>

namespace trous {

namespace {

int checked_axis(const char* op, const Variable& x, int axis) {
  visit_floating(op, x.dtype(), []<class T> {});
  return normalize_axis(op, x.shape(), axis);
}

}  // namespace

Variable log_softmax(const Variable& x, int axis) {
  const int along = checked_axis("log_softmax", x, axis);
  return record({.kind = "log_softmax",
                 .attributes = {{"axis", std::int64_t{along}}},
                 .pixels = Pixels::along(along, x.shape())},
                {x}, [along](std::span<const Tensor> in) { return kernels::log_softmax(in[0], along); },
                {Rule(Reads::the_output(), [along](const Vjp& v) {
                  return v.grad() - exp(v.output()) * sum(v.grad(), {along}, true);
                })});
}

Variable softmax(const Variable& x, int axis) {
  return exp(log_softmax(x, checked_axis("softmax", x, axis)));
}

}  // namespace trous
