// A planted fault: one float written behind the end of a tensor. A sanitized build that stays silent here
// would see no overrun anywhere (it does, where tensors live in an allocator's pool).
#include <trous/core/tensor.h>

int main() {
  trous::Tensor tensor = trous::Tensor::zeros({2, 3}, trous::DType::float32);
  const volatile std::int64_t behind = tensor.elements();
  tensor.mutable_values<float>().data()[behind] = 1;
  return 0;
}
