#include <utility>

#include <trous/data/sample.h>

namespace trous {

std::string_view name(Role role) {
  constexpr std::string_view names[]{"image", "mask", "points", "label", "numbers"};
  return names[static_cast<std::size_t>(role)];
}

bool lies_on_pixels(Role role) { return role == Role::image || role == Role::mask; }

DType dtype_of(Role role) {
  return role == Role::mask || role == Role::label ? DType::int32 : DType::float32;
}

const Tensor& tensor_of(const Sample& sample, std::size_t field) {
  return field == 0 ? sample.image : field == 1 ? sample.target : sample.more.at(field - 2);
}

Tensor& tensor_of(Sample& sample, std::size_t field) {
  return const_cast<Tensor&>(tensor_of(std::as_const(sample), field));
}

}  // namespace trous
