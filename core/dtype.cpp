#include <ostream>

#include <trous/core/dtype.h>

namespace trous {

std::string_view name(DType dtype) {
  switch (dtype) {
    case DType::float32:
      return "float32";
    case DType::float64:
      return "float64";
    case DType::int32:
      return "int32";
    case DType::uint8:
      break;
  }
  return "uint8";
}

std::string_view short_name(DType dtype) {
  switch (dtype) {
    case DType::float32:
      return "f32";
    case DType::float64:
      return "f64";
    case DType::int32:
      return "i32";
    case DType::uint8:
      break;
  }
  return "u8";
}

std::size_t size_of(DType dtype) {
  return visit(dtype, []<class T> { return sizeof(T); });
}

std::ostream& operator<<(std::ostream& stream, DType dtype) { return stream << name(dtype); }

}  // namespace trous
