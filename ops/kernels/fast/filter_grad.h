// The filter gradient of a convolution: for each tap, the sum over pixels of x's channels times y's.
#pragma once

#include <trous/ops/kernels/convolution.h>
#include <trous/ops/kernels/slot.h>

namespace trous::kernels::fast {

template <class T>
using FilterGradOperands = Operands<Slot::filters, T>;

/// With x the image, y the cotangent of the convolution's result (`.result`, which is read) and w the filters
/// (`.filters`), of which every element is written:
///
///   w[a, b, c, o] = sum x[n, i s + a r - before_h, j s + b r - before_w, c] y[n, i, j, o]
void filter_grad(const ConvGeometry& geometry, const FilterGradOperands<float>& operands);
void filter_grad(const ConvGeometry& geometry, const FilterGradOperands<double>& operands);

}  // namespace trous::kernels::fast
