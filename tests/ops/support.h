// What the tests of ops share: tensors written down, numbers read back, and errors with their text.
#pragma once

#include <cmath>
#include <core/thrown.h>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <trous/autograd/grad.h>
#include <trous/autograd/variable.h>
#include <trous/core/error.h>
#include <trous/core/map.h>
#include <trous/core/random.h>

namespace trous {

inline constexpr double nan = std::numeric_limits<double>::quiet_NaN(),
                        infinity = std::numeric_limits<double>::infinity();
inline constexpr std::int64_t huge = std::int64_t{1} << 62;  ///< an extent that no memory holds

inline Tensor f64(const Shape& shape, const std::vector<double>& values) { return {shape, values}; }
inline Tensor f32(const Shape& shape, const std::vector<float>& values) { return {shape, values}; }
inline Tensor i32(const Shape& shape, const std::vector<std::int32_t>& values) { return {shape, values}; }
inline Tensor u8(const Shape& shape, const std::vector<std::uint8_t>& values) { return {shape, values}; }
inline Tensor zeros(const Shape& shape, DType dtype = DType::float32) { return Tensor::zeros(shape, dtype); }
inline Tensor ones(const Shape& shape, DType dtype = DType::float32) { return Tensor::ones(shape, dtype); }

/// The elements as doubles, whatever their type.
inline std::vector<double> numbers(const Variable& x) {
  return x.value().cast(DType::float64).to_vector<double>();
}

/// 0, 1, 2, ...
inline Tensor counting(const Shape& shape, DType dtype = DType::float64) {
  std::vector<double> values(static_cast<std::size_t>(shape.elements()));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i);
  return Tensor(shape, values).cast(dtype);
}

/// Random integers in -4 .. 4: sums of their products are exact in float32, in any order.
inline Tensor integers(const Shape& shape, DType dtype, std::uint64_t seed) {
  return map(uniform(shape, dtype, Key{seed}, -4.5, 4.5), [](auto v) { return std::round(v); });
}

inline Tensor random64(const Shape& shape, std::uint64_t seed) {
  return uniform(shape, DType::float64, Key{seed}, -1, 1);
}

/// The text of the `E` that `f` throws, with nothing left allocated.
template <class E, class F>
std::string refused(F&& f) {
  const StorageCount before = live_storage();
  std::string message = thrown<E>(f);
  const StorageCount after = live_storage();
  EXPECT_EQ(after.buffers, before.buffers) << message;
  EXPECT_EQ(after.bytes, before.bytes) << message;
  return message;
}

}  // namespace trous
