// Tiny data sets and networks for the tests of the training loop.
#pragma once

#include <memory>
#include <vector>

#include <trous/data/dataset.h>
#include <trous/layers/conv.h>
#include <trous/layers/network.h>
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

/// A network whose validations are chosen, one image of 12 x 12 each: number k calls the first `columns[k]`
/// of the 12 columns class 1, and the others class 0.
struct Steered {
  std::vector<int> columns;
  std::shared_ptr<std::size_t> asked = std::make_shared<std::size_t>(0);
  Variable operator()(const Variable& logits, Pass& pass) const {
    if (pass.is_training()) return logits;
    Tensor result = Tensor::zeros(logits.shape(), DType::float32);
    const auto ones = static_cast<std::size_t>(columns.at((*asked)++));
    for (std::size_t pixel = 0; pixel < 144; ++pixel)
      result.mutable_values<float>()[3 * pixel + (pixel % 12 < ones ? 1 : 0)] = 1;
    return result;
  }
  static void parts(auto&, auto&&) {}
};

inline Sequential steered_net(const std::vector<int>& columns) {
  Sequential net{Conv2d{{.in_channels = 1, .out_channels = 3, .kernel = 1}}, Steered{columns}};
  initialize(net, Key{1});
  return net;
}

}  // namespace trous
