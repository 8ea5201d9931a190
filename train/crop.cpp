#include <algorithm>

#include <trous/layers/summary.h>
#include <trous/train/crop.h>

namespace trous {
namespace {

constexpr std::int64_t min_side = 256, max_side = 512, strides = 32;

std::int64_t side_for(std::optional<std::int64_t> field, std::int64_t extent) {
  const std::int64_t wanted = std::clamp(2 * field.value_or(0), min_side, max_side);
  return std::min((wanted + strides - 1) / strides * strides, extent);
}

}  // namespace

std::optional<Window> suggested_crop(const AnyLayer& net, const Shape& image) {
  if (image[0] * image[1] <= max_whole_pixels) return std::nullopt;
  const Shape small{1, std::min(image[0], min_side), std::min(image[1], min_side), image[2]};
  const ReceptiveField field = summarize(net, small).receptive_field;
  return Window{.height = side_for(field.height, image[0]), .width = side_for(field.width, image[1])};
}

}  // namespace trous
