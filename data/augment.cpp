#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <span>

#include <trous/core/error.h>
#include <trous/data/augment.h>
#include <trous/data/detail/warp_part.h>
#include <trous/data/sample_parts.h>

namespace trous {
namespace {

using detail::Part, detail::box_read, detail::covered, detail::shown_at, detail::source, detail::warped;

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

bool moves_pixels(const Augmentation& a) {
  return a.flip_horizontal || a.flip_vertical || a.scale != 1 || a.rotate != 0 || a.shift != 0 || a.crop;
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

// Whether a pixel of the result shows this pixel: its centre lies in the result.
bool shows(const Warp& warp, const PixelPlace& place) {
  const auto [i, j] =
      shown_at(warp, {static_cast<double>(place.row) + 0.5, static_cast<double>(place.column) + 0.5});
  return i >= 0 && i < static_cast<double>(warp.height) && j >= 0 && j < static_cast<double>(warp.width);
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
  detail::check_input("augmented", fields.front());
  if (moves_pixels(a)) detail::check_on_image("augmented", fields);
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
  return augmented(detail::image_and_mask("augmented", sample), sample, augmentation, key, held);
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
  augmented_fields(fields, a);
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
