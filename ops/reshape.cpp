#include <algorithm>

#include <trous/autograd/linear_map.h>
#include <trous/core/error.h>
#include <trous/ops/detail/reduced_shape.h>
#include <trous/ops/kernels/strided.h>
#include <trous/ops/reshape.h>

namespace trous {
namespace {

// `shape` with its -1, if it has one, replaced by what is left.
Shape without_unknown(const Shape& from, Shape shape) {
  if (std::count(shape.begin(), shape.end(), -1) > 1) {
    throw ShapeError(
        text("reshape: ", shape, " leaves more than one extent open. Give all but one; x is ", from, '.'));
  }
  int unknown = -1;
  std::int64_t known = 1;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] == -1 && unknown < 0) {
      unknown = axis;
    } else {
      known = Shape{known, shape[axis]}.elements();
    }
  }
  if (unknown >= 0) {
    if (known == 0 || from.elements() % known != 0) {
      throw ShapeError(
          text("reshape: ", from, " has ", from.elements(), " elements, which ", shape,
               " does not divide. Choose extents whose product divides the number of elements."));
    }
    shape[unknown] = from.elements() / known;
  }
  return shape;
}

}  // namespace

Variable reshape(const Variable& x, const Shape& shape) {
  const Shape from = x.shape(), to = without_unknown(from, shape);
  if (from.elements() != to.elements()) return x.value().reshaped(to);  // throws, with the counts
  const auto apply = [](const Shape& target) -> LinearMap::Apply {
    return [target](const Tensor& t, std::span<const Tensor>) { return t.reshaped(target); };
  };
  return LinearMap{"reshape", "reshape",   {}, {from, x.dtype()}, {to, x.dtype()},
                   apply(to), apply(from), {}, Pixels::reshaped()}(x);
}

Variable squeeze(const Variable& x, const std::vector<int>& axes) {
  const detail::ReducedShape r = detail::reduced_shape("squeeze", x.shape(), axes);
  if (r.kept != x.shape()) {
    throw ShapeError(text("squeeze: x ", x.shape(), " has ", r.count, " elements along these axes, not 1. ",
                          "Name axes of extent 1, or reduce the others first: sum, mean, max."));
  }
  return reshape(x, r.dropped);
}

Variable unsqueeze(const Variable& x, int axis) {
  std::vector<std::int64_t> extents(x.shape().begin(), x.shape().end());
  const int rank = x.shape().rank() + 1, along = axis < 0 ? axis + rank : axis;
  if (along < 0 || along >= rank) {
    throw ArgumentError(text("unsqueeze: axis ", axis, " does not exist in the result, whose rank is ", rank,
                             ". Axes are ", -rank, " to ", rank - 1, '.'));
  }
  extents.insert(extents.begin() + along, 1);
  return reshape(x, extents);
}

Variable permute(const Variable& x, const std::vector<std::int64_t>& order) {
  const int rank = x.shape().rank();
  std::vector<std::int64_t> inverse(static_cast<std::size_t>(rank), -1), extents;
  bool complete = static_cast<int>(order.size()) == rank;
  for (std::size_t k = 0; complete && k < order.size(); ++k) {
    complete = order[k] >= 0 && order[k] < rank && inverse[static_cast<std::size_t>(order[k])] < 0;
    if (!complete) break;
    inverse[static_cast<std::size_t>(order[k])] = static_cast<std::int64_t>(k);
    extents.push_back(x.shape()[static_cast<int>(order[k])]);
  }
  if (!complete) {
    throw ArgumentError(
        text("permute: order ", Shape(std::span(order).first(std::min<std::size_t>(order.size(), 8))),
             " does not name each axis of x ", x.shape(), " once. Name 0 to ", rank - 1, " in any order."));
  }
  const auto apply = [](std::vector<std::int64_t> by) -> LinearMap::Apply {
    return [by = std::move(by)](const Tensor& t, std::span<const Tensor>) { return kernels::permute(t, by); };
  };
  return LinearMap{"permute",
                   "permute",
                   {{"order", order}},
                   {x.shape(), x.dtype()},
                   {Shape(extents), x.dtype()},
                   apply(order),
                   apply(inverse),
                   {},
                   Pixels::mixed()}(x);
}

}  // namespace trous
