#include <limits>

#include <trous/autograd/record.h>
#include <trous/core/error.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/broadcast.h>
#include <trous/ops/detail/reduced_shape.h>
#include <trous/ops/gather.h>
#include <trous/ops/kernels/reduce.h>
#include <trous/ops/reduce.h>
#include <trous/ops/reshape.h>

namespace trous {
namespace {

Variable without_axis(const Variable& x, int axis) {
  std::vector<std::int64_t> extents(x.shape().begin(), x.shape().end());
  extents.erase(extents.begin() + axis);
  return reshape(x, extents);
}

}  // namespace

Variable sum(const Variable& x) { return sum(x, detail::all_axes(x.shape())); }

Variable sum(const Variable& x, const std::vector<int>& axes, bool keep_axes) {
  visit_floating("sum", x.dtype(), []<class T> {});
  const detail::ReducedShape r = detail::reduced_shape("sum", x.shape(), axes);
  const Variable total = sum_to(x, r.kept);
  return keep_axes ? total : reshape(total, r.dropped);
}

Variable mean(const Variable& x) { return mean(x, detail::all_axes(x.shape())); }

Variable mean(const Variable& x, const std::vector<int>& axes, bool keep_axes) {
  visit_floating("mean", x.dtype(), []<class T> {});
  const std::int64_t count = detail::reduced_shape("mean", x.shape(), axes).count;
  detail::check_not_empty("mean", x.shape(), count);
  return scale(sum(x, axes, keep_axes), 1.0 / static_cast<double>(count));
}

Variable max(const Variable& x) {
  detail::check_not_empty("max", x.shape(), x.value().elements());
  return reshape(max(reshape(x, {x.value().elements()}), 0), {});
}

Variable max(const Variable& x, int axis, bool keep_axis) {
  const int along = normalize_axis("max", x.shape(), axis);
  detail::check_not_empty("max", x.shape(), x.shape()[along]);
  const Variable winners = gather(x, argmax(x, along, true), along);
  return keep_axis ? winners : without_axis(winners, along);
}

Variable min(const Variable& x) {
  visit_floating("min", x.dtype(), []<class T> {});
  detail::check_not_empty("min", x.shape(), x.value().elements());
  return -max(-x);
}

Variable min(const Variable& x, int axis, bool keep_axis) {
  visit_floating("min", x.dtype(), []<class T> {});
  detail::check_not_empty("min", x.shape(), x.shape()[normalize_axis("min", x.shape(), axis)]);
  return -max(-x, axis, keep_axis);
}

Variable argmax(const Variable& x, int axis, bool keep_axis) {
  const int along = normalize_axis("argmax", x.shape(), axis);
  detail::check_not_empty("argmax", x.shape(), x.shape()[along]);
  if (x.shape()[along] > std::numeric_limits<std::int32_t>::max()) {
    throw ShapeError(text("argmax: axis ", along, " of x ", x.shape(),
                          " has more than 2^31 - 1 elements, which int32 cannot ",
                          "number. Reduce parts of it."));
  }
  const Variable winners =
      record({.kind = "argmax",
              .attributes = {{"axis", std::int64_t{along}}},
              .pixels = Pixels::along(along, x.shape())},
             {x}, [along](std::span<const Tensor> in) { return kernels::argmax(in[0], along); },
             {Rule::locally_constant()});
  return keep_axis ? winners : without_axis(winners, along);
}

}  // namespace trous
