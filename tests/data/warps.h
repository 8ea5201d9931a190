// What the tests of augmentation share: samples, maps, and the transforms that they are tried with.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <trous/data/augment.h>

namespace trous {

inline constexpr std::int64_t height = 37, width = 52;
inline const Shape shape{height, width, 3};

// Image and mask full of unrelated numbers.
inline Sample speckled(const Shape& of = shape) {
  return {.image = uniform(of, DType::float32, Key{3}),
          .target = uniform({of[0], of[1]}, DType::float32, Key{4}, 0, 200).cast(DType::int32)};
}

inline std::array<double, 2> mapped(const Warp& warp, double row, double column) {
  return {warp.row[0] * row + warp.row[1] * column + warp.row[2],
          warp.column[0] * row + warp.column[1] * column + warp.column[2]};
}

// The transforms that move pixels, one at a time and all.
inline const std::vector<Augmentation> movers{{.flip_horizontal = true},
                                              {.flip_vertical = true},
                                              {.scale = 1.6},
                                              {.rotate = 50},
                                              {.shift = 0.3},
                                              {.crop = Window{20, 60}},
                                              {.flip_horizontal = true,
                                               .flip_vertical = true,
                                               .scale = 1.4,
                                               .rotate = 180,
                                               .shift = 0.2,
                                               .crop = Window{40, 31}}};

}  // namespace trous
