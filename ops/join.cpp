#include <algorithm>

#include <trous/autograd/record.h>
#include <trous/core/error.h>
#include <trous/core/parallel.h>
#include <trous/ops/join.h>
#include <trous/ops/reshape.h>
#include <trous/ops/slice.h>

namespace trous {
namespace {

Tensor concat_values(std::span<const Tensor> xs, int axis, const Shape& shape) {
  Tensor y = Tensor::uninitialized(shape, xs[0].dtype());
  visit(y.dtype(), [&]<class T> {
    T* const out = y.mutable_values<T>().data();
    const std::int64_t outer = shape.elements(0, axis), row = shape.elements(axis, shape.rank());
    parallel_for(outer, 64, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t o = begin; o < end; ++o) {
        T* target = out + o * row;
        for (const Tensor& x : xs) {
          const std::int64_t length = x.shape().elements(axis, shape.rank());
          target = std::copy_n(x.values<T>().data() + o * length, length, target);
        }
      }
    });
  });
  return y;
}

}  // namespace

Variable concat(const std::vector<Variable>& xs, int axis) {
  if (xs.empty()) throw ArgumentError("concat: there is nothing to join. Give one tensor or more.");
  Shape shape = xs[0].shape();
  const int along = normalize_axis("concat", shape, axis);
  std::vector<Rule> rules;
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    Shape expected = xs[i].shape();
    const std::int64_t extent = expected.rank() == shape.rank() ? expected[along] : 0;
    if (expected.rank() == shape.rank()) expected[along] = shape[along];
    if (expected != shape) {
      throw ShapeError(text("concat: x number ", i, " is ", xs[i].shape(), ", number 0 is ", xs[0].shape(),
                            ". They may differ on axis ", along, " only."));
    }
    if (xs[i].dtype() != xs[0].dtype()) {
      throw DTypeError(text("concat: x number ", i, " is ", xs[i].dtype(), ", number 0 is ", xs[0].dtype(),
                            ". Cast one of them."));
    }
    std::vector<std::int64_t> begin(static_cast<std::size_t>(shape.rank()), 0);
    begin[static_cast<std::size_t>(along)] = offset;
    const std::vector<std::int64_t> size(xs[i].shape().begin(), xs[i].shape().end());
    rules.emplace_back(Reads::nothing(),
                       [begin, size](const Vjp& v) { return slice(v.grad(), begin, size); });
    offset += extent;
  }
  shape[along] = offset;
  check_tensor_shape(shape, size_of(xs[0].dtype()));
  return record(
      {.kind = "concat",
       .attributes = {{"axis", std::int64_t{along}}},
       .pixels = Pixels::along(along, shape)},
      xs, [along, shape](std::span<const Tensor> in) { return concat_values(in, along, shape); },
      std::move(rules));
}

Variable stack(const std::vector<Variable>& xs, int axis) {
  if (xs.empty()) throw ArgumentError("stack: there is nothing to join. Give one tensor or more.");
  std::vector<std::int64_t> extents(xs[0].shape().begin(), xs[0].shape().end());
  const int rank = static_cast<int>(extents.size()) + 1, along = axis < 0 ? axis + rank : axis;
  if (along < 0 || along >= rank) {
    throw ArgumentError(text("stack: axis ", axis, " does not exist in the result, whose rank is ", rank,
                             ". Axes are ", -rank, " to ", rank - 1, '.'));
  }
  extents.insert(extents.begin() + along, 1);
  std::vector<Variable> slabs;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    if (xs[i].shape() != xs[0].shape()) {
      throw ShapeError(text("stack: x number ", i, " is ", xs[i].shape(), ", number 0 is ", xs[0].shape(),
                            ". All must have one shape."));
    }
    slabs.push_back(reshape(xs[i], extents));
  }
  return concat(slabs, along);
}

}  // namespace trous
