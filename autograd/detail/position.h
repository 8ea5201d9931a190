// Elements of a tensor by number and by indices.
#pragma once

#include <cstdint>

#include <trous/core/tensor.h>

namespace trous::detail {

/// The indices, [n, h, w, c] of an image, of the element that is number `which` in row-major order.
Shape position(const Shape& shape, std::int64_t which);

/// Zeros but for a 1 there, float64.
Tensor unit(const Shape& shape, std::int64_t which);

}  // namespace trous::detail
