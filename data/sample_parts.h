// Parts of the samples of any data set, whether it can read parts or not.
#pragma once

#include <cstdint>
#include <optional>

#include <trous/data/dataset.h>

namespace trous {

/// The height and width of sample `index` without the pixels that pad it to Dataset::image_shape.
HeightWidth sample_extent(const Dataset& data, std::int64_t index);

/// The pixels of `box` of sample `index`. A data set without `parts` makes the whole sample for it. Throws
/// ArgumentError if the box holds no pixel or others than those of the image, and as checked_sample.
Sample sample_part(const Dataset& data, std::int64_t index, const PixelBox& box);

/// The pixels of `box` of an image and its mask.
Sample part_of(const Sample& sample, const PixelBox& box);
/// As above, of every image and mask of a sample of these fields; what is neither stays.
Sample part_of(const std::vector<SampleField>& fields, Sample sample, const PixelBox& box);

/// A pixel of sample `index` whose class counts and is not class 0, drawn by `key`: first the class, then one
/// of its pixels. Absent where the sample has none, or its target is no mask.
std::optional<PixelPlace> foreground_pixel(const Dataset& data, std::int64_t index, Key key);
/// As above, of a sample of `data` that was made.
std::optional<PixelPlace> foreground_pixel(const Dataset& data, const Sample& sample, Key key);

}  // namespace trous
