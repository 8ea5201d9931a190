// Exact Euclidean distances on a grid of pixels.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace trous::kernels {

/// The squared distance of each pixel of a height x width grid to the nearest one where `seeds` is not 0,
/// centre to centre; infinite everywhere if there is none. Distances are whole numbers, so they are exact.
/// Source: Felzenszwalb and Huttenlocher, Theory of Computing 8 (2012), pages 415 to 428.
std::vector<double> squared_distances(std::span<const std::uint8_t> seeds, std::int64_t height,
                                      std::int64_t width);

}  // namespace trous::kernels
