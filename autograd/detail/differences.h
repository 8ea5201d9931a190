// The derivatives along a direction from values, with steps as small as it takes.
#pragma once

#include <vector>

#include <trous/autograd/detail/phi.h>
#include <trous/autograd/detail/ridders.h>

namespace trous::detail {

/// Of every number of `phi` at this order along u, whose values have this noise, from steps h, h / 2, ...
/// until the error of each is 1e-4 of `sharpness` times the largest derivative, or round-off is all that is
/// left.
std::vector<Estimate> differences(const Phi& phi, int order, int input, const Tensor& u,
                                  const std::vector<double>& noise, double h, double sharpness);

}  // namespace trous::detail
