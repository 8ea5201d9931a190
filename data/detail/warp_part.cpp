#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include <trous/core/error.h>
#include <trous/data/detail/warp_part.h>
#include <trous/data/palette.h>

namespace trous::detail {
namespace {

// Two neighbours along an axis and the share of the second.
struct Taps {
  std::int64_t first, second;
  double share;
};

// The neighbours are the centres around `position`, which is inside 0 .. extent. A share of 0 leaves the
// value exact.
Taps taps(double position, std::int64_t extent) {
  const double centre = std::clamp(position - 0.5, 0.0, static_cast<double>(extent - 1));
  const auto first = static_cast<std::int64_t>(centre);
  return {first, std::min(first + 1, extent - 1), centre - static_cast<double>(first)};
}

double mix(double a, double b, double share) { return share == 0 ? a : (1 - share) * a + share * b; }

// One pixel of `image`, the part of an image, at `point`, which a pixel of the box covers, as do its
// neighbours.
void interpolate(const Part& part, const Tensor& image, const Point& point, float* out) {
  const Taps down = taps(point.row, part.image[0]), across = taps(point.column, part.image[1]);
  const std::int64_t channels = image.shape()[2], row = part.box.width * channels;
  const float* const pixels = image.values<float>().data();
  const float* above = pixels + (down.first - part.box.top) * row;
  const float* below = pixels + (down.second - part.box.top) * row;
  const std::int64_t left = (across.first - part.box.left) * channels,
                     right = (across.second - part.box.left) * channels;
  for (std::int64_t c = 0; c < channels; ++c) {
    const double upper = mix(above[left + c], above[right + c], across.share);
    const double lower = mix(below[left + c], below[right + c], across.share);
    out[c] = static_cast<float>(mix(upper, lower, down.share));
  }
}

Tensor warped_image(const Part& part, const Tensor& image, const Warp& warp) {
  const std::int64_t channels = image.shape()[2];
  Tensor result = Tensor::uninitialized({warp.height, warp.width, channels}, DType::float32);
  float* pixel = result.mutable_values<float>().data();
  for (std::int64_t i = 0; i < warp.height; ++i) {
    for (std::int64_t j = 0; j < warp.width; ++j, pixel += channels) {
      if (const Point point = source(warp, i, j); covered(point, part.image)) {
        interpolate(part, image, point, pixel);
      } else {
        std::fill_n(pixel, channels, 0.0F);
      }
    }
  }
  return result;
}

Tensor warped_mask(const Part& part, const Tensor& mask, const Warp& warp) {
  Tensor result = Tensor::uninitialized({warp.height, warp.width}, DType::int32);
  const std::int32_t* const labels = mask.values<std::int32_t>().data();
  std::int32_t* label = result.mutable_values<std::int32_t>().data();
  for (std::int64_t i = 0; i < warp.height; ++i) {
    for (std::int64_t j = 0; j < warp.width; ++j, ++label) {
      const Point point = source(warp, i, j);
      *label = covered(point, part.image)
                   ? labels[(static_cast<std::int64_t>(point.row) - part.box.top) * part.box.width +
                            static_cast<std::int64_t>(point.column) - part.box.left]
                   : static_cast<std::int32_t>(unknown_label);
    }
  }
  return result;
}

// The points of the result that show these points [n, 2] of the image.
Tensor warped_points(const Tensor& points, const Warp& warp) {
  Tensor result = Tensor::uninitialized(points.shape(), DType::float32);
  const std::span<const float> in = points.values<float>();
  const std::span<float> out = result.mutable_values<float>();
  for (std::size_t k = 0; k + 1 < in.size(); k += 2) {
    const Point shown = shown_at(warp, {in[k], in[k + 1]});
    out[k] = static_cast<float>(shown.row);
    out[k + 1] = static_cast<float>(shown.column);
  }
  return result;
}

// The pixels of an axis that points from `first` to `last` are interpolated from, at least one.
std::pair<std::int64_t, std::int64_t> range_read(double first, double last, std::int64_t extent) {
  const auto inside = [&](double at) {
    return static_cast<std::int64_t>(std::clamp(std::floor(at), 0.0, static_cast<double>(extent - 1)));
  };
  // Half a pixel for the neighbours, and the rest for rounding.
  const std::int64_t begin = inside(first - 1), end = inside(last + 1) + 1;
  return {begin, end - begin};
}

}  // namespace

std::vector<SampleField> image_and_mask(const char* op, const Sample& sample) {
  const Shape &image = sample.image.shape(), &mask = sample.target.shape();
  if (image.rank() != 3 || mask != Shape{image[0], image[1]}) {
    throw ShapeError(
        text(op, ": image ", image, " and mask ", mask,
             " do not lie on one another. They are [height, width, channels] and [height, width]."));
  }
  if (sample.image.dtype() != DType::float32 || sample.target.dtype() != DType::int32) {
    throw DTypeError(text(op, ": a ", sample.image.dtype(), " image and a ", sample.target.dtype(),
                          " mask. Images are float32, masks int32. Cast them."));
  }
  return {{.name = "image", .role = Role::image, .shape = image},
          {.name = "mask", .role = Role::mask, .shape = mask}};
}

void check_input(const char* op, const SampleField& input) {
  if (input.role == Role::image && input.shape.rank() == 3) return;
  throw ShapeError(text(op, ": the input is numbers ", input.shape,
                        ", which have no pixels. Leave out the augmentation."));
}

void check_on_image(const char* op, const std::vector<SampleField>& fields) {
  const Shape& image = fields.front().shape;
  check_input(op, fields.front());
  for (const SampleField& field : fields) {
    if (!lies_on_pixels(field.role)) continue;
    if (field.shape.rank() >= 2 && field.shape[0] == image[0] && field.shape[1] == image[1]) continue;
    throw ShapeError(
        text(op, ": image ", image, " and ", field.name, ' ', field.shape,
             " do not lie on one another. Give them one height and width, or leave out what moves "
             "pixels: flip, scale, rotate, shift and crop."));
  }
}

Point source(const Warp& warp, std::int64_t i, std::int64_t j) {
  const double y = static_cast<double>(i) + 0.5, x = static_cast<double>(j) + 0.5;
  return {warp.row[0] * y + warp.row[1] * x + warp.row[2],
          warp.column[0] * y + warp.column[1] * x + warp.column[2]};
}

bool covered(const Point& point, const Shape& image) {
  return point.row >= 0 && point.row < static_cast<double>(image[0]) && point.column >= 0 &&
         point.column < static_cast<double>(image[1]);
}

Point shown_at(const Warp& warp, const Point& point) {
  const double row = point.row - warp.row[2], column = point.column - warp.column[2];
  const double determinant = warp.row[0] * warp.column[1] - warp.row[1] * warp.column[0];
  return {(warp.column[1] * row - warp.row[1] * column) / determinant,
          (warp.row[0] * column - warp.column[0] * row) / determinant};
}

PixelBox box_read(const Warp& warp, const Shape& image) {
  Point low{1e300, 1e300}, high{-1e300, -1e300};
  for (const std::int64_t i : {std::int64_t{0}, warp.height - 1}) {
    for (const std::int64_t j : {std::int64_t{0}, warp.width - 1}) {
      const Point point = source(warp, i, j);
      low = {std::min(low.row, point.row), std::min(low.column, point.column)};
      high = {std::max(high.row, point.row), std::max(high.column, point.column)};
    }
  }
  const auto [top, rows] = range_read(low.row, high.row, image[0]);
  const auto [left, columns] = range_read(low.column, high.column, image[1]);
  return {top, left, rows, columns};
}

Sample warped(const Part& part, const Warp& warp) {
  Sample result = part.sample;
  for (std::size_t k = 0; k < part.fields.size(); ++k) {
    Tensor& tensor = tensor_of(result, k);
    switch (part.fields[k].role) {
      case Role::image:
        tensor = warped_image(part, tensor, warp);
        break;
      case Role::mask:
        tensor = warped_mask(part, tensor, warp);
        break;
      case Role::points:
        tensor = warped_points(tensor, warp);
        break;
      case Role::label:
      case Role::numbers:
        break;
    }
  }
  return result;
}

}  // namespace trous::detail
