#include <algorithm>
#include <map>
#include <vector>

#include <trous/core/error.h>
#include <trous/data/image.h>
#include <trous/data/sample_parts.h>

namespace trous {
namespace {

// A pixel of the mask [h, w], drawn as SampleParts::pixel draws it.
std::optional<PixelPlace> drawn_pixel(const Tensor& mask, Key key,
                                      const std::vector<std::int32_t>& left_out) {
  const auto labels = mask.values<std::int32_t>();
  std::map<std::int32_t, std::int64_t> counts;
  for (const std::int32_t label : labels) ++counts[label];
  for (const std::int32_t label : left_out) counts.erase(label);
  if (counts.empty()) return std::nullopt;
  Random random(key);
  const auto [label, count] =
      *std::next(counts.begin(), random.below(static_cast<std::int64_t>(counts.size())));
  std::int64_t wanted = random.below(count);
  for (std::size_t i = 0;; ++i) {
    if (labels[i] != label || wanted-- > 0) continue;
    const auto at = static_cast<std::int64_t>(i), width = mask.shape()[1];
    return PixelPlace{at / width, at % width};
  }
}

// The labels that are no foreground.
std::vector<std::int32_t> background_of(const Dataset& data) {
  std::vector<std::int32_t> labels = uncounted_labels(data);
  labels.push_back(0);
  return labels;
}

}  // namespace

HeightWidth sample_extent(const Dataset& data, std::int64_t index) {
  if (data.parts) return data.parts->extent(index);
  if (data.image_shape.rank() != 3)
    throw ShapeError(text(data.name, ": numbers ", data.image_shape,
                          " have no height and width. Only images have parts."));
  return {data.image_shape[0], data.image_shape[1]};
}

Sample part_of(const Sample& sample, const PixelBox& box) {
  return {.image = cropped(sample.image, box), .target = cropped(sample.target, box)};
}

Sample part_of(const std::vector<SampleField>& fields, Sample sample, const PixelBox& box) {
  for (std::size_t k = 0; k < fields.size(); ++k) {
    if (!lies_on_pixels(fields[k].role)) continue;
    Tensor& tensor = tensor_of(sample, k);
    tensor = cropped(tensor, box);
  }
  return sample;
}

Sample sample_part(const Dataset& data, std::int64_t index, const PixelBox& box) {
  const HeightWidth extent = sample_extent(data, index);
  if (box.height < 1 || box.width < 1 || box.top < 0 || box.left < 0 ||
      box.top + box.height > extent.height || box.left + box.width > extent.width) {
    throw ArgumentError(text(data.name, ": rows ", box.top, " to ", box.top + box.height - 1, ", columns ",
                             box.left, " to ", box.left + box.width - 1, " are no part of sample ", index,
                             ", which has ", extent.height, 'x', extent.width,
                             " pixels. Give a box inside it."));
  }
  if (!data.parts) return part_of(fields_of(data), checked_sample(data, index), box);
  return data.parts->read(index, box);
}

std::optional<PixelPlace> foreground_pixel(const Dataset& data, const Sample& sample, Key key) {
  if (data.target.role != Role::mask) return std::nullopt;
  return drawn_pixel(sample.target, key, background_of(data));
}

std::optional<PixelPlace> foreground_pixel(const Dataset& data, std::int64_t index, Key key) {
  if (data.target.role != Role::mask) return std::nullopt;
  if (!data.parts) return foreground_pixel(data, checked_sample(data, index), key);
  return data.parts->pixel(index, key, background_of(data));
}

}  // namespace trous
