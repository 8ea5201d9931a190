// The filter gradient of a convolution: for each tap, the sum over pixels of x's channels times y's.
#pragma once

#include <trous/ops/kernels/convolution.h>

namespace trous::kernels::fast {

/// w[a, b, c, o] = sum x[n, i s + a r - before_h, j s + b r - before_w, c] y[n, i, j, o]
void filter_grad(const ConvGeometry& geometry, const float* x, const float* y, float* w);
void filter_grad(const ConvGeometry& geometry, const double* x, const double* y, double* w);

}  // namespace trous::kernels::fast
