// The inputs of the catalogue's lines.
#pragma once

#include <cstdint>
#include <op_catalogue.h>

namespace trous::catalogue {

inline Input real(const Shape& shape, double low = -1, double high = 1) {
  return {.shape = shape, .low = low, .high = high};
}
inline Input positive(const Shape& shape) { return real(shape, 0.5, 2); }
inline Input off_zero(const Shape& shape) { return {.shape = shape, .draw = Draw::off_zero}; }
inline Input apart(const Shape& shape) { return {.shape = shape, .draw = Draw::apart}; }
inline Input whole(const Shape& shape, double below) {
  return {.shape = shape, .draw = Draw::whole, .low = 0, .high = below};
}
inline Input bits(const Shape& shape) { return {.shape = shape, .draw = Draw::bits}; }
inline Input unbatched(Input input) {
  input.batched = false;
  return input;
}
inline Input weights(const Shape& shape) { return unbatched(real(shape)); }
inline Input near_0(const Shape& shape) { return unbatched(real(shape, -0.25, 0.25)); }

inline std::int64_t batch(const Variable& x) { return x.shape()[0]; }

/// Lines of ops about order and shape. In op_catalogue_order.cpp.
std::vector<Line> order_lines();

}  // namespace trous::catalogue
