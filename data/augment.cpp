#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <span>
#include <utility>

#include <trous/core/error.h>
#include <trous/data/augment.h>
#include <trous/data/palette.h>
#include <trous/data/sample_parts.h>

namespace trous {
namespace {

// The number with which a key is folded for each kind of draw. The result of a seed depends on these numbers.
enum class Draw : std::uint64_t {
  flip_horizontal = 1,
  flip_vertical,
  scale,
  rotate,
  shift,
  crop,
  brightness,
  contrast,
  noise,
  foreground
};

Key key_of(Key key, Draw draw) { return fold_in(key, static_cast<std::uint64_t>(draw)); }

double drawn(Key key, Draw draw, double low, double high) {
  return Random(key_of(key, draw)).uniform(low, high);
}

double drawn_flip(bool wanted, Key key, Draw draw) {
  return wanted && Random(key_of(key, draw)).below(2) == 1 ? -1 : 1;
}

void check_image_shape(const char* op, const Shape& image) {
  if (image.rank() != 3)
    throw ShapeError(text(op, ": image ", image, " has no pixels to move. It is [height, width, channels]."));
}

// The fields of an image and its mask, which a sample that comes without fields is.
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

// Throws unless the input is an image.
void check_input(const char* op, const SampleField& input) {
  if (input.role == Role::image && input.shape.rank() == 3) return;
  throw ShapeError(text(op, ": the input is numbers ", input.shape,
                        ", which have no pixels. Leave out the augmentation."));
}

// Throws unless images and masks lie on the first image.
void check_fields(const char* op, const std::vector<SampleField>& fields) {
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

bool moves_pixels(const Augmentation& a) {
  return a.flip_horizontal || a.flip_vertical || a.scale != 1 || a.rotate != 0 || a.shift != 0 || a.crop;
}

struct Point {
  double row, column;
};

Point source(const Warp& warp, std::int64_t i, std::int64_t j) {
  const double y = static_cast<double>(i) + 0.5, x = static_cast<double>(j) + 0.5;
  return {warp.row[0] * y + warp.row[1] * x + warp.row[2],
          warp.column[0] * y + warp.column[1] * x + warp.column[2]};
}

// False for NaN too.
bool covered(const Point& point, const Shape& image) {
  return point.row >= 0 && point.row < static_cast<double>(image[0]) && point.column >= 0 &&
         point.column < static_cast<double>(image[1]);
}

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

// The pixels of `box` of the images and masks of a sample, whose image is [h, w, channels].
struct Part {
  const std::vector<SampleField>& fields;
  Sample sample;
  PixelBox box;
  Shape image;
};

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

// mean + contrast (value - mean) + brightness, clamped.
Tensor recolored(const Tensor& image, double contrast, double brightness) {
  const std::span<const float> values = image.values<float>();
  const double mean =
      std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(image.elements());
  Tensor result = Tensor::uninitialized(image.shape(), DType::float32);
  std::transform(values.begin(), values.end(), result.mutable_values<float>().begin(), [&](double value) {
    return static_cast<float>(std::clamp(mean + contrast * (value - mean) + brightness, 0.0, 1.0));
  });
  return result;
}

// Noise on every pixel of `image` that shows a point of the sample it was warped from.
Tensor noisy(const Tensor& image, const Warp& warp, const Shape& from, double deviation, Key key) {
  const std::int64_t channels = image.shape()[2], row_elements = warp.width * channels;
  Tensor result = Tensor::uninitialized(image.shape(), DType::float32);
  const float* in = image.values<float>().data();
  float* out = result.mutable_values<float>().data();
  for (std::int64_t i = 0; i < warp.height; ++i, in += row_elements, out += row_elements) {
    // A row at a time is too little work for parallel_for to start threads.
    const Tensor noise =
        normal({row_elements}, DType::float32, fold_in(key, static_cast<std::uint64_t>(i)), 0, deviation);
    const float* added = noise.values<float>().data();
    for (std::int64_t at = 0; at < row_elements; ++at) {
      const bool shown = covered(source(warp, i, at / channels), from);
      out[at] = shown ? std::clamp(in[at] + added[at], 0.0F, 1.0F) : in[at];
    }
  }
  return result;
}

constexpr int max_attempts = 32;

// The map without a crop, of an image of this size.
Warp drawn_moves(const Augmentation& a, HeightWidth size, Key key) {
  const auto height = static_cast<double>(size.height), width = static_cast<double>(size.width);
  const double flip_rows = drawn_flip(a.flip_vertical, key, Draw::flip_vertical);
  const double flip_columns = drawn_flip(a.flip_horizontal, key, Draw::flip_horizontal);
  const double zoom = std::exp(drawn(key, Draw::scale, -std::log(a.scale), std::log(a.scale)));
  const double angle = drawn(key, Draw::rotate, -a.rotate, a.rotate) * std::numbers::pi / 180;
  Random shifts(key_of(key, Draw::shift));
  const double down = shifts.uniform(-a.shift, a.shift) * height;
  const double right = shifts.uniform(-a.shift, a.shift) * width;
  // With p a point of the result: point = centre + flip(turn^-1(p - centre - shift)) / zoom.
  const double sine = std::sin(angle) / zoom, cosine = std::cos(angle) / zoom;
  const double y = 0 - height / 2 - down, x = 0 - width / 2 - right;
  const auto line = [&](double centre, double flip, double of_row, double of_column) {
    return std::array{flip * of_row, flip * of_column, centre + flip * (of_row * y + of_column * x)};
  };
  return {.height = size.height,
          .width = size.width,
          .row = line(height / 2, flip_rows, cosine, sine),
          .column = line(width / 2, flip_columns, -sine, cosine)};
}

// The first pixel of a window inside an extent, or of one around it, which holds pixel `held`.
std::int64_t drawn_corner(std::int64_t extent, std::int64_t window, std::optional<std::int64_t> held,
                          Random& places) {
  std::int64_t low = std::min<std::int64_t>(extent - window, 0),
               high = std::max<std::int64_t>(extent - window, 0);
  if (held) {
    low = std::max(low, *held - window + 1);
    high = std::min(high, *held);
  }
  return low + places.below(high - low + 1);
}

// The point of the result that shows `point` of the image, by Cramer's rule.
Point shown_at(const Warp& warp, const Point& point) {
  const double row = point.row - warp.row[2], column = point.column - warp.column[2];
  const double determinant = warp.row[0] * warp.column[1] - warp.row[1] * warp.column[0];
  return {(warp.column[1] * row - warp.row[1] * column) / determinant,
          (warp.row[0] * column - warp.column[0] * row) / determinant};
}

// Whether a pixel of the result shows this pixel: its centre lies in the result.
bool shows(const Warp& warp, const PixelPlace& place) {
  const auto [i, j] =
      shown_at(warp, {static_cast<double>(place.row) + 0.5, static_cast<double>(place.column) + 0.5});
  return i >= 0 && i < static_cast<double>(warp.height) && j >= 0 && j < static_cast<double>(warp.width);
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

// The pixels of the image [h, w, channels] that `warp` reads.
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

// The transforms of a part that holds what `geometry` reads.
Sample transformed(Part part, const Augmentation& a, const Warp& geometry, Key key) {
  if (a.brightness != 0 || a.contrast != 0) {
    part.sample.image =
        recolored(part.sample.image, drawn(key, Draw::contrast, 1 - a.contrast, 1 + a.contrast),
                  drawn(key, Draw::brightness, -a.brightness, a.brightness));
  }
  const bool moved = geometry != Warp{.height = part.image[0], .width = part.image[1]};
  Sample result = moved ? warped(part, geometry) : part.sample;
  if (a.noise != 0)
    result.image = noisy(result.image, geometry, part.image, a.noise, key_of(key, Draw::noise));
  return result;
}

}  // namespace

Shape augmented_shape(const Shape& image, const Augmentation& augmentation) {
  check(augmentation);
  check_image_shape("augmented_shape", image);
  if (!augmentation.crop) return image;
  return {augmentation.crop->height, augmentation.crop->width, image[2]};
}

std::vector<SampleField> augmented_fields(std::vector<SampleField> fields, const Augmentation& a) {
  check(a);
  if (a == Augmentation()) return fields;
  check_input("augmented", fields.front());
  if (moves_pixels(a)) check_fields("augmented", fields);
  const SampleField& target = fields[1];
  if (target.role == Role::image && (a.brightness != 0 || a.contrast != 0)) {
    throw ArgumentError(text("augmented: brightness and contrast change the image and not its ", target.name,
                             ", so a network would learn to undo them. Leave them out."));
  }
  if (!a.crop) return fields;
  for (SampleField& field : fields) {
    if (field.role == Role::image) field.shape = {a.crop->height, a.crop->width, field.shape[2]};
    if (field.role == Role::mask) field.shape = {a.crop->height, a.crop->width};
  }
  return fields;
}

Warp draw_warp(const Augmentation& augmentation, const Shape& image, Key key,
               const std::optional<PixelPlace>& held) {
  check(augmentation);
  check_image_shape("draw_warp", image);
  if (!augmentation.crop) return drawn_moves(augmentation, {image[0], image[1]}, key);
  if (held && !PixelBox{0, 0, image[0], image[1]}.holds(*held)) {
    throw ArgumentError(text("draw_warp: there is no pixel at row ", held->row, ", column ", held->column,
                             " of an image ", image, " to be held. Count from 0."));
  }
  const HeightWidth window{augmentation.crop->height, augmentation.crop->width};
  const Warp moves = drawn_moves(augmentation, window, key);
  Random places(key_of(key, Draw::crop));
  Warp result = moves;
  // A crop that turns or shrinks may lose a pixel near its border, so its place is drawn again.
  for (int attempt = 0; attempt < max_attempts; ++attempt) {
    const std::int64_t top =
        drawn_corner(image[0], window.height, held ? std::optional(held->row) : std::nullopt, places);
    const std::int64_t left =
        drawn_corner(image[1], window.width, held ? std::optional(held->column) : std::nullopt, places);
    result.row[2] = moves.row[2] + static_cast<double>(top);
    result.column[2] = moves.column[2] + static_cast<double>(left);
    if (!held || shows(result, *held)) break;
  }
  return result;
}

Sample warp(const std::vector<SampleField>& fields, const Sample& sample, const Warp& warp) {
  check_fields("warp", fields);
  check_sample("warp: the sample", fields, sample);
  if (warp.height < 1 || warp.width < 1) {
    throw ArgumentError(text("warp: a result of ", warp.height, " x ", warp.width,
                             " pixels. Height and width are 1 or more."));
  }
  const Shape& shape = sample.image.shape();
  if (warp == Warp{.height = shape[0], .width = shape[1]}) return sample;
  return warped({fields, sample, {0, 0, shape[0], shape[1]}, shape}, warp);
}

Sample warp(const Sample& sample, const Warp& warp) {
  return trous::warp(image_and_mask("warp", sample), sample, warp);
}

Sample augmented(const std::vector<SampleField>& fields, const Sample& sample,
                 const Augmentation& augmentation, Key key, const std::optional<PixelPlace>& held) {
  augmented_fields(fields, augmentation);
  check_sample("augmented: the sample", fields, sample);
  if (augmentation == Augmentation()) return sample;
  const Shape& shape = sample.image.shape();
  const Warp geometry = draw_warp(augmentation, shape, key, held);
  if (!augmentation.crop)
    return transformed({fields, sample, {0, 0, shape[0], shape[1]}, shape}, augmentation, geometry, key);
  const PixelBox box = box_read(geometry, shape);
  return transformed({fields, part_of(fields, sample, box), box, shape}, augmentation, geometry, key);
}

Sample augmented(const Sample& sample, const Augmentation& augmentation, Key key,
                 const std::optional<PixelPlace>& held) {
  return augmented(image_and_mask("augmented", sample), sample, augmentation, key, held);
}

Sample augmented(const Dataset& data, std::int64_t index, const Augmentation& augmentation, Key key,
                 bool foreground) {
  const Augmentation& a = augmentation;
  const Key place = key_of(key, Draw::foreground);
  const std::vector<SampleField> fields = fields_of(data);
  std::optional<PixelPlace> held;
  if (!a.crop || !data.parts) {
    const Sample whole = checked_sample(data, index);
    if (a.crop && foreground) held = foreground_pixel(data, whole, place);
    return augmented(fields, whole, a, key, held);
  }
  if (foreground) held = foreground_pixel(data, index, place);
  const HeightWidth extent = sample_extent(data, index);
  const Shape image{extent.height, extent.width, data.image_shape[2]};
  const Warp geometry = draw_warp(a, image, key, held);
  const PixelBox box = box_read(geometry, image);
  return transformed({fields, sample_part(data, index, box), box, image}, a, geometry, key);
}

bool takes_foreground(const Augmentation& augmentation, std::uint64_t place) {
  const auto taken = [&](std::uint64_t n) {
    return std::floor(static_cast<double>(n) * augmentation.foreground);
  };
  return augmentation.crop && taken(place + 1) > taken(place);
}

}  // namespace trous
