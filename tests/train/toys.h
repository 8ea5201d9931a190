// Tiny data sets and networks for the tests of the training loop.
#pragma once

#include <trous/data/dataset.h>
#include <trous/layers/conv.h>
#include <trous/layers/norm.h>
#include <trous/layers/sequential.h>
#include <trous/ops/pointwise.h>

namespace trous {

/// 12 x 12 images: left of a random column upright stripes (class 1), right of it level ones (class 2), each
/// with a random phase. A pixel alone is bright or dark with probability 1/2 in both classes, so it takes a
/// look at its neighbours; class 0 never occurs. Every 17th pixel is unknown.
inline Dataset stripes(std::int64_t size, std::uint64_t seed) {
  constexpr std::int64_t side = 12;
  return {.name = "stripes",
          .source = "the tests",
          .classes = {"background", "upright", "level"},
          .size = size,
          .image_shape = {side, side, 1},
          .sample = [seed](std::int64_t index) {
            Random random(fold_in(Key{seed}, static_cast<std::uint64_t>(index)));
            const std::int64_t border = 3 + random.below(7), first = random.below(2),
                               second = random.below(2);
            std::vector<float> image;
            std::vector<std::int32_t> mask;
            for (std::int64_t pixel = 0; pixel < side * side; ++pixel) {
              const std::int64_t row = pixel / side, column = pixel % side;
              const bool upright = column < border;
              image.push_back(static_cast<float>((upright ? column + first : row + second) % 2));
              mask.push_back(pixel % 17 == 16 ? 255 : upright ? 1 : 2);
            }
            return Sample{Tensor({side, side, 1}, image), Tensor({side, side}, mask)};
          }};
}

inline Splits striped() { return {stripes(64, 1), stripes(16, 2), stripes(16, 3)}; }

/// Learns stripes with 3x3 filters, and cannot with 1x1 ones.
inline Sequential small_net(PerAxis kernel = 3) {
  Sequential net{Conv2d{{.in_channels = 1, .out_channels = 8, .kernel = kernel}}, BatchNorm{{.channels = 8}},
                 [](const Variable& x) { return relu(x); }, Dropout{{.probability = 0.1}},
                 Conv2d{{.in_channels = 8, .out_channels = 3, .kernel = 1}}};
  initialize(net, Key{1});
  return net;
}

}  // namespace trous
