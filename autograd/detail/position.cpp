#include <trous/autograd/detail/position.h>

namespace trous::detail {

Shape position(const Shape& shape, std::int64_t which) {
  Shape indices = shape;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    indices[axis] = which % shape[axis];
    which /= shape[axis];
  }
  return indices;
}

Tensor unit(const Shape& shape, std::int64_t which) {
  Tensor result = Tensor::zeros(shape, DType::float64);
  result.mutable_values<double>()[static_cast<std::size_t>(which)] = 1;
  return result;
}

}  // namespace trous::detail
