#include <trous/core/error.h>
#include <trous/data/detail/limits.h>
#include <trous/data/detail/png_decoder.h>
#include <trous/data/png.h>
#include <trous/data/png_writer.h>

namespace trous {
namespace {

using detail::max_extent;
using detail::PngDecoder;
using detail::PngPixels;
using detail::Reading;

// Whether the sides are those of an image that read_png reads.
bool sides_fit(const Shape& shape) {
  return shape[0] >= 1 && shape[0] <= max_extent && shape[1] >= 1 && shape[1] <= max_extent;
}

}  // namespace

PngHeader read_png_header(const std::string& path) { return detail::png_header("read_png_header", path); }

Tensor read_png(const std::string& path) {
  return PngDecoder("read_png", path, PngPixels::colors, Reading::whole).read_image();
}

IndexedPng read_png_numbers(const std::string& path) {
  PngDecoder decoder("read_indexed_png", path, PngPixels::numbers, Reading::whole);
  const Shape shape = decoder.shape();
  const Tensor numbers = decoder.read_image().reshaped({shape[0], shape[1]});
  return {.numbers = numbers, .bits = decoder.bits(), .palette = decoder.palette()};
}

Tensor read_indexed_png(const std::string& path) { return read_png_numbers(path).numbers; }

void write_png(const std::string& path, const Tensor& image, PngEffort effort) {
  const Shape& shape = image.shape();
  if (shape.rank() != 3 || shape[2] < 1 || shape[2] > 4 || !sides_fit(shape)) {
    throw ShapeError(text("write_png: image ", shape, " is no picture. It is [height, width, channels] with ",
                          "sides of 1 to ", max_extent, " and 1 to 4 channels."));
  }
  PngWriter writer(path, shape, image.dtype(), effort);
  writer.write(image);
  writer.finish();
}

void write_indexed_png(const std::string& path, const Tensor& labels, std::span<const Color> palette) {
  const Shape& shape = labels.shape();
  if (labels.dtype() != DType::uint8 && labels.dtype() != DType::int32) {
    throw DTypeError(text("write_indexed_png: the labels are ", labels.dtype(),
                          ". Labels are uint8 or int32; take argmax of scores first."));
  }
  if (shape.rank() != 2 || !sides_fit(shape)) {
    throw ShapeError(text("write_indexed_png: labels ", shape,
                          " are no picture. They are [height, width] with ", "sides of 1 to ", max_extent,
                          "."));
  }
  PngWriter writer(path, shape, palette);
  writer.write(labels);
  writer.finish();
}

}  // namespace trous
