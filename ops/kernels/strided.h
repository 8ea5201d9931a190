// Copies along affine index maps: what slicing, padding, permuting and broadcasting are.
#pragma once

#include <span>

#include <trous/core/tensor.h>

namespace trous::kernels {

/// y[i0, i1, ...] = x[offset + sum_k i_k strides[k]], strides counted in elements of x; y has `shape`.
Tensor strided_gather(const Tensor& x, std::int64_t offset, std::span<const std::int64_t> strides,
                      const Shape& shape);

/// The transpose of a gather whose index map is one to one: x[offset + sum_k i_k strides[k]] = y[i0, i1,
/// ...] and 0 elsewhere; x has `shape`.
Tensor strided_scatter(const Tensor& y, std::int64_t offset, std::span<const std::int64_t> strides,
                       const Shape& shape);

/// The row-major strides of `shape`.
std::vector<std::int64_t> row_major_strides(const Shape& shape);

/// y[i0, i1, ...] with axis k of y being axis order[k] of x.
Tensor permute(const Tensor& x, std::span<const std::int64_t> order);

}  // namespace trous::kernels
