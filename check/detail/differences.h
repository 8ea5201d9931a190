// Derivatives along a line by finite differences, with steps as small as needed.
#pragma once

#include <vector>

#include <trous/check/detail/line.h>
#include <trous/check/detail/ridders.h>

namespace trous::detail {

/// The derivative at 0 of every number along the line. `noise` is the round-off of the values by number.
///
/// Steps are h, h / 2, ... until the error of each derivative is 1e-4 of `sharpness` times the largest one,
/// or until round-off dominates. If much smaller steps give another slope, the estimate is repeated from a
/// smaller h.
std::vector<Estimate> differences(const Line& line, const std::vector<double>& noise, double h,
                                  double sharpness);

/// Looks for a pole near the inputs. Returns the step down to which the central difference of number `p`
/// grows faster than round-off explains, over steps from h down that are 16 times smaller each; 0 if it does
/// not grow. Next to a pole it grows until the step is shorter than the distance of the pole. Only
/// differences over shorter steps approximate the derivative.
double steep_until(const Line& line, std::size_t p, double h);

}  // namespace trous::detail
