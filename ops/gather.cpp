#include <trous/autograd/linear_map.h>
#include <trous/core/error.h>
#include <trous/ops/gather.h>
#include <trous/ops/kernels/reduce.h>

namespace trous {
namespace {

void check_indices(const char* op, const Variable& indices, int axis, std::int64_t extent) {
  if (indices.dtype() != DType::int32) {
    throw DTypeError(text(op, ": indices are ", indices.dtype(),
                          ", must be int32. Cast them: cast(indices, DType::int32)."));
  }
  const std::span<const std::int32_t> values = indices.value().values<std::int32_t>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] < 0 || values[i] >= extent) {
      throw ArgumentError(text(op, ": index ", values[i], " at place ", i, " of indices ", indices.shape(),
                               " is not in 0 to ", extent - 1, ". Axis ", axis,
                               " of the tensor picked from has ", extent, " elements."));
    }
  }
}

LinearMap gather_map(const Shape& large, const Variable& indices, int axis, DType dtype) {
  const std::int64_t extent = large[axis];
  return {"gather",
          "scatter_add",
          {{"axis", std::int64_t{axis}}},
          {large, dtype},
          {indices.shape(), dtype},
          [axis](const Tensor& x, std::span<const Tensor> p) { return kernels::gather(x, p[0], axis); },
          [axis, extent](const Tensor& y, std::span<const Tensor> p) {
            return kernels::scatter_add(y, p[0], axis, extent);
          },
          {indices},
          Pixels::mixed()};
}

}  // namespace

Variable gather(const Variable& x, const Variable& indices, int axis) {
  const int along = normalize_axis("gather", x.shape(), axis);
  Shape expected = indices.shape();
  if (expected.rank() == x.shape().rank()) expected[along] = x.shape()[along];
  if (expected != x.shape()) {
    throw ShapeError(text("gather: indices ", indices.shape(), " do not fit x ", x.shape(),
                          ". They may differ on axis ", along, " only."));
  }
  check_indices("gather", indices, along, x.shape()[along]);
  return gather_map(x.shape(), indices, along, x.dtype())(x);
}

Variable scatter_add(const Variable& x, const Variable& indices, int axis, std::int64_t extent) {
  const int along = normalize_axis("scatter_add", x.shape(), axis);
  if (x.shape() != indices.shape()) {
    throw ShapeError(text("scatter_add: x ", x.shape(), " and indices ", indices.shape(),
                          " differ. Each element needs an index."));
  }
  visit_floating("scatter_add", x.dtype(), []<class T> {});
  check_indices("scatter_add", indices, along, extent);
  Shape large = x.shape();
  large[along] = extent;
  check_tensor_shape(large, size_of(x.dtype()));
  return gather_map(large, indices, along, x.dtype()).transpose()(x);
}

}  // namespace trous
