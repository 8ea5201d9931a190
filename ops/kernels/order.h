// Running sums and orders along an axis.
#pragma once

#include <trous/core/tensor.h>

namespace trous::kernels {

/// y[o, k, i] = sum of x[o, j, i] over j <= k; over j < k if `exclusive`; in both cases counted from the end
/// if `reverse`. float32 is added in float64.
Tensor cumsum(const Tensor& x, int axis, bool exclusive, bool reverse);

/// int32 places along `axis` of the smallest element, the next, and so on, or of the largest if `descending`.
/// Equal elements keep their order; NaN comes last.
Tensor argsort(const Tensor& x, int axis, bool descending);

}  // namespace trous::kernels
