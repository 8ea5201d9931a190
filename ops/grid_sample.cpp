#include <algorithm>
#include <limits>
#include <optional>

#include <trous/core/error.h>
#include <trous/ops/arithmetic.h>
#include <trous/ops/broadcast.h>
#include <trous/ops/cast.h>
#include <trous/ops/compare.h>
#include <trous/ops/gather.h>
#include <trous/ops/grid_sample.h>
#include <trous/ops/pointwise.h>
#include <trous/ops/reshape.h>
#include <trous/ops/slice.h>

namespace trous {
namespace {

void check_grid(const Variable& x, const Variable& grid) {
  const Shape &image = x.shape(), &places = grid.shape();
  if (image.rank() != 4 || places.rank() != 4) {
    throw ShapeError(text("grid_sample: ranks ", image.rank(), " and ", places.rank(), ", need 4 and 4. x ",
                          image, ", grid ", places,
                          " must be [batch, height, width, channels] and [batch, height, width, "
                          "2]."));
  }
  if (x.dtype() != grid.dtype()) {
    throw DTypeError(text("grid_sample: ", x.dtype(), " and ", grid.dtype(),
                          " do not mix. Cast one side: cast(x, DType::", grid.dtype(), ")."));
  }
  visit_floating("grid_sample", x.dtype(), []<class T> {});
  if (places[3] != 2 || places[0] != image[0]) {
    throw ShapeError(text("grid_sample: grid has ", places[3], " coordinates and a batch of ", places[0],
                          ", needs 2 and ", image[0], ". x ", image,
                          " is [batch, height, width, channels], grid ", places,
                          " is [batch, height, width, 2]."));
  }
  constexpr std::int64_t max_float32_extent = std::int64_t{1} << 21;  // of larger ones not all quarters exist
  if (x.dtype() == DType::float32 && std::max(image[1], image[2]) > max_float32_extent) {
    throw ShapeError(text("grid_sample: x ", image,
                          " is float32, which does not tell places among more than ", max_float32_extent,
                          " pixels apart. Cast both sides to float64."));
  }
  if (image.elements(1, 3) > std::numeric_limits<std::int32_t>::max()) {
    throw ShapeError(text("grid_sample: x ", image, " has ", image.elements(1, 3),
                          " pixels, needs fewer than 2^31. Cut the image into parts."));
  }
}

// Where a coordinate of the grid lies among `extent` pixels.
Variable place_among(const Variable& coordinate, std::int64_t extent, const GridSampleOptions& options) {
  const auto pixels = static_cast<double>(extent);
  const Variable place = options.align_corners ? (coordinate + 1.0) * ((pixels - 1) / 2)
                                               : ((coordinate + 1.0) * pixels - 1.0) / 2.0;
  return options.border == GridBorder::edge ? clip(place, 0, pixels - 1) : place;
}

// The pixel of 0 .. extent - 1 that is nearest to a whole number. The bounds of clip lie between whole
// numbers, where no value is.
Variable nearest_inside(const Variable& pixel, std::int64_t extent) {
  return floor(clip(pixel, -0.25, static_cast<double>(extent) - 0.75) + 0.5);
}

// One axis of the image as the grid meets it. All are [n, places, 1].
struct GridAxis {
  GridAxis(const Variable& coordinate, std::int64_t pixels, const GridSampleOptions& options)
      : extent(pixels),
        border(options.border),
        place(place_among(coordinate, pixels, options)),
        first(floor(place)),
        second_weight(place - first) {}

  // Pixel `number` of the two neighbours, 0 or 1, and its weight: 0 where it is beyond the image, but at an
  // edge, where it is read as the outer pixel.
  Variable pixel(int number) const { return first + static_cast<double>(number); }
  Variable weight(int number) const {
    Variable inside_cell = number == 0 ? 1.0 - second_weight : second_weight;
    if (border == GridBorder::edge) return inside_cell;
    const Variable at = pixel(number);
    return where(equal(at, nearest_inside(at, extent)), inside_cell, 0);
  }

  std::int64_t extent;
  GridBorder border;
  Variable place, first, second_weight;
};

// The places of pixels in an image that lies in one row, as whole numbers. float64 holds all of them.
Variable place_in_row(const Variable& row, const Variable& column, const GridAxis& rows,
                      const GridAxis& columns) {
  const auto whole = [](const Variable& at, std::int64_t extent) {
    return cast(nearest_inside(at, extent), DType::float64);
  };
  return cast(whole(row, rows.extent) * static_cast<double>(columns.extent) + whole(column, columns.extent),
              DType::int32);
}

}  // namespace

Variable grid_sample(const Variable& x, const Variable& grid, const GridSampleOptions& options) {
  check_grid(x, grid);
  const Shape &image = x.shape(), &places = grid.shape();
  const std::int64_t batch = image[0], channels = image[3], count = places.elements(1, 3);
  const Variable flat = reshape(x, {batch, image.elements(1, 3), channels}),
                 coordinates = reshape(grid, {batch, count, 2});
  const GridAxis columns(slice(coordinates, {0, 0, 0}, {batch, count, 1}), image[2], options),
      rows(slice(coordinates, {0, 0, 1}, {batch, count, 1}), image[1], options);
  std::optional<Variable> y;
  for (const int below : {0, 1}) {
    for (const int right : {0, 1}) {
      const Variable index = place_in_row(rows.pixel(below), columns.pixel(right), rows, columns);
      const Variable pixel = gather(flat, broadcast_to(index, {batch, count, channels}), 1);
      const Variable part = pixel * (rows.weight(below) * columns.weight(right));
      y = y ? *y + part : part;
    }
  }
  return reshape(*y, {batch, places[1], places[2], channels});
}

}  // namespace trous
