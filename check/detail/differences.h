// The derivatives along a line from values, with steps as small as it takes.
#pragma once

#include <vector>

#include <trous/check/detail/line.h>
#include <trous/check/detail/ridders.h>

namespace trous::detail {

/// The derivative at 0 of every number along the line. `noise` is the round-off of the values by number.
///
/// Steps are h, h / 2, ... until the error of each derivative is 1e-4 of `sharpness` times the largest one,
/// or until round-off is all that is left. Where much smaller steps contradict, all is done again from a
/// smaller h.
std::vector<Estimate> differences(const Line& line, const std::vector<double>& noise, double h,
                                  double sharpness);

/// The step down to which the central difference of number `p` grows faster than round-off could make it
/// grow, over steps from h down that are 16 times smaller each; 0 where it does not. Next to a pole it grows
/// until the steps are shorter than the distance of the pole: only differences over shorter ones mean
/// anything.
double steep_until(const Line& line, std::size_t p, double h);

}  // namespace trous::detail
