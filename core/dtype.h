// The element types, a closed set chosen at run time: the same network runs in float32 to train and in
// float64 to have its gradients checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string_view>
#include <type_traits>

#include <trous/core/error.h>

namespace trous {

enum class DType : std::uint8_t { float32, float64, int32, uint8 };

/// Returns the name for error messages: float32, float64, int32 or uint8.
std::string_view name(DType dtype);

/// Returns the name for printed tapes: f32, f64, i32 or u8.
std::string_view short_name(DType dtype);

/// Bytes of one element.
std::size_t size_of(DType dtype);

constexpr bool is_floating(DType dtype) { return dtype == DType::float32 || dtype == DType::float64; }

std::ostream& operator<<(std::ostream& stream, DType dtype);

template <class T>
concept Element = std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, std::int32_t> ||
    std::is_same_v<T, std::uint8_t>;

/// The DType whose elements are T.
template <Element T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, float>) return DType::float32;
  if constexpr (std::is_same_v<T, double>) return DType::float64;
  if constexpr (std::is_same_v<T, std::int32_t>) return DType::int32;
  if constexpr (std::is_same_v<T, std::uint8_t>) return DType::uint8;
}

/// Calls `f.operator()<T>()` with the C++ type of `dtype`'s elements.
template <class F>
decltype(auto) visit(DType dtype, F&& f) {
  switch (dtype) {
    case DType::float32:
      return f.template operator()<float>();
    case DType::float64:
      return f.template operator()<double>();
    case DType::int32:
      return f.template operator()<std::int32_t>();
    case DType::uint8:
      break;
  }
  return f.template operator()<std::uint8_t>();
}

/// Like `visit`, for arithmetic that exists in float32 and float64 only. Throws DTypeError naming `op`.
template <class F>
decltype(auto) visit_floating(std::string_view op, DType dtype, F&& f) {
  if (dtype == DType::float32) return f.template operator()<float>();
  if (dtype == DType::float64) return f.template operator()<double>();
  throw DTypeError(text(op, ": ", name(dtype), " is not a floating type. Cast it: cast(x, DType::float32)."));
}

}  // namespace trous
