// The derivatives along a direction from values, with steps as small as it takes.
#pragma once

#include <vector>

#include <trous/check/detail/phi.h>
#include <trous/check/detail/ridders.h>

namespace trous::detail {

/// Of every number of `phi` at this order along u, whose values have this noise, from steps h, h / 2, ...
/// until the error of each is 1e-4 of `sharpness` times the largest derivative, or round-off is all that is
/// left; and again from smaller ones where still smaller steps contradict.
std::vector<Estimate> differences(const Phi& phi, int order, int input, const Tensor& u,
                                  const std::vector<double>& noise, double h, double sharpness);

/// The step down to which the central difference of number `p` grows faster than round-off could make it
/// grow, over steps from h down that are 16 times smaller each; 0 where it does not. Next to a pole it does,
/// until the steps are shorter than the way to the pole: only differences over shorter ones mean anything.
double steep_until(const Phi& phi, int order, int input, const Tensor& u, std::size_t p, double h);

}  // namespace trous::detail
