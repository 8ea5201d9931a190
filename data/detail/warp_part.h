// Warps that read only a part of a sample, as crops of large images do.
#pragma once

#include <cstdint>
#include <vector>

#include <trous/core/window.h>
#include <trous/data/sample.h>
#include <trous/data/warp.h>

namespace trous::detail {

/// The fields of an image and its mask, which a sample that comes without fields is. Throws ShapeError or
/// DTypeError, beginning with `op`, for other samples.
std::vector<SampleField> image_and_mask(const char* op, const Sample& sample);

/// Throws ShapeError unless the input is an image.
void check_input(const char* op, const SampleField& input);

/// Throws ShapeError unless the input is an image, and images and masks lie on it.
void check_on_image(const char* op, const std::vector<SampleField>& fields);

/// A place of an image or of its warp, in pixels from the upper left corner.
struct Point {
  double row, column;
};

/// The point that pixel (i, j) of the warp shows.
Point source(const Warp& warp, std::int64_t i, std::int64_t j);

/// Whether a pixel of the image [h, w, channels] covers the point. False for NaN too.
bool covered(const Point& point, const Shape& image);

/// The point of the result that shows `point` of the image, by Cramer's rule.
Point shown_at(const Warp& warp, const Point& point);

/// The pixels of `box` of the images and masks of a sample, whose image is [h, w, channels].
struct Part {
  const std::vector<SampleField>& fields;
  Sample sample;
  PixelBox box;
  Shape image;
};

/// The pixels of the image [h, w, channels] that `warp` reads.
PixelBox box_read(const Warp& warp, const Shape& image);

/// The warp of a sample of which `part` holds what the warp reads.
Sample warped(const Part& part, const Warp& warp);

}  // namespace trous::detail
