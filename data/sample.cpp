#include <utility>

#include <trous/core/error.h>
#include <trous/data/sample.h>

namespace trous {

std::string_view name(Role role) {
  constexpr std::string_view names[]{"image", "mask", "points", "label", "numbers"};
  return names[static_cast<std::size_t>(role)];
}

std::string_view in_plural(Role role) {
  constexpr std::string_view names[]{"images", "masks", "points", "labels", "numbers"};
  return names[static_cast<std::size_t>(role)];
}

bool lies_on_pixels(Role role) { return role == Role::image || role == Role::mask; }

DType dtype_of(Role role) {
  return role == Role::mask || role == Role::label ? DType::int32 : DType::float32;
}

const Tensor& tensor_of(const Sample& sample, std::size_t field) {
  if (field < 2) return field == 0 ? sample.image : sample.target;
  if (field - 2 < sample.more.size()) return sample.more[field - 2];
  throw ShapeError(text("sample: it has no tensor for field ", field, ", but ", sample.more.size(),
                        " beside image and target. Give one for each field."));
}

void check_sample(std::string_view who, const std::vector<SampleField>& fields, const Sample& sample) {
  if (sample.more.size() + 2 != fields.size()) {
    throw ShapeError(text(who, " has ", sample.more.size(),
                          " tensors beside image and target, and the fields are ", fields.size() - 2,
                          ". Give one for each field."));
  }
  for (std::size_t k = 0; k < fields.size(); ++k) {
    const Tensor& tensor = tensor_of(sample, k);
    const SampleField& field = fields[k];
    if (tensor.shape() != field.shape) {
      throw ShapeError(text(who, " has ", field.name, ' ', tensor.shape(), " where ", field.shape,
                            lies_on_pixels(field.role) ? " belongs. Crop or pad it."
                                                       : " belongs. All samples have one shape."));
    }
    if (tensor.dtype() != dtype_of(field.role)) {
      throw DTypeError(text(who, " has a ", tensor.dtype(), ' ', field.name, " where ", dtype_of(field.role),
                            " belongs. Cast it."));
    }
  }
}

Tensor& tensor_of(Sample& sample, std::size_t field) {
  return const_cast<Tensor&>(tensor_of(std::as_const(sample), field));
}

}  // namespace trous
