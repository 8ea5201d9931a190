#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <span>

#include <trous/core/error.h>
#include <trous/data/augment.h>
#include <trous/data/palette.h>

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
  noise
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

void check_sample(const char* op, const Sample& sample) {
  const Shape &image = sample.image.shape(), &mask = sample.mask.shape();
  if (image.rank() != 3 || mask != Shape{image[0], image[1]}) {
    throw ShapeError(
        text(op, ": image ", image, " and mask ", mask,
             " do not lie on one another. They are [height, width, channels] and [height, width]."));
  }
  if (sample.image.dtype() != DType::float32 || sample.mask.dtype() != DType::int32) {
    throw DTypeError(text(op, ": a ", sample.image.dtype(), " image and a ", sample.mask.dtype(),
                          " mask. Images are float32, masks int32. Cast them."));
  }
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

// One pixel of `channels` values at `point`, which a pixel covers.
void interpolate(const float* image, const Shape& shape, const Point& point, float* out) {
  const Taps down = taps(point.row, shape[0]), across = taps(point.column, shape[1]);
  const std::int64_t channels = shape[2];
  const float* above = image + down.first * shape[1] * channels;
  const float* below = image + down.second * shape[1] * channels;
  const std::int64_t left = across.first * channels, right = across.second * channels;
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

}  // namespace

Shape augmented_shape(const Shape& image, const Augmentation& augmentation) {
  check(augmentation);
  check_image_shape("augmented_shape", image);
  if (!augmentation.crop) return image;
  return {augmentation.crop->height, augmentation.crop->width, image[2]};
}

Warp draw_warp(const Augmentation& augmentation, const Shape& image, Key key) {
  const Augmentation& a = augmentation;
  check(a);
  check_image_shape("draw_warp", image);
  const auto height = static_cast<double>(image[0]), width = static_cast<double>(image[1]);
  const double flip_rows = drawn_flip(a.flip_vertical, key, Draw::flip_vertical);
  const double flip_columns = drawn_flip(a.flip_horizontal, key, Draw::flip_horizontal);
  const double zoom = std::exp(drawn(key, Draw::scale, -std::log(a.scale), std::log(a.scale)));
  const double angle = drawn(key, Draw::rotate, -a.rotate, a.rotate) * std::numbers::pi / 180;
  Random shifts(key_of(key, Draw::shift));
  const double down = shifts.uniform(-a.shift, a.shift) * height;
  const double right = shifts.uniform(-a.shift, a.shift) * width;

  Warp result{.height = image[0], .width = image[1]};
  std::int64_t top = 0, left = 0;
  if (a.crop) {
    result.height = a.crop->height;
    result.width = a.crop->width;
    Random places(key_of(key, Draw::crop));
    const auto place = [&](std::int64_t extent, std::int64_t window) {
      return std::min<std::int64_t>(extent - window, 0) + places.below(std::abs(extent - window) + 1);
    };
    top = place(image[0], result.height);
    left = place(image[1], result.width);
  }
  // With p a point of the crop: point = centre + flip(turn^-1(p + corner - centre - shift)) / zoom.
  const double sine = std::sin(angle) / zoom, cosine = std::cos(angle) / zoom;
  const double y = static_cast<double>(top) - height / 2 - down;
  const double x = static_cast<double>(left) - width / 2 - right;
  const auto line = [&](double centre, double flip, double of_row, double of_column) {
    return std::array{flip * of_row, flip * of_column, centre + flip * (of_row * y + of_column * x)};
  };
  result.row = line(height / 2, flip_rows, cosine, sine);
  result.column = line(width / 2, flip_columns, -sine, cosine);
  return result;
}

Sample warp(const Sample& sample, const Warp& warp) {
  check_sample("warp", sample);
  if (warp.height < 1 || warp.width < 1) {
    throw ArgumentError(text("warp: a result of ", warp.height, " x ", warp.width,
                             " pixels. Height and width are 1 or more."));
  }
  const Shape& shape = sample.image.shape();
  if (warp == Warp{.height = shape[0], .width = shape[1]}) return sample;
  const std::int64_t channels = shape[2];
  Sample result{.image = Tensor::uninitialized({warp.height, warp.width, channels}, DType::float32),
                .mask = Tensor::uninitialized({warp.height, warp.width}, DType::int32)};
  const float* image = sample.image.values<float>().data();
  const std::int32_t* labels = sample.mask.values<std::int32_t>().data();
  float* pixel = result.image.mutable_values<float>().data();
  std::int32_t* label = result.mask.mutable_values<std::int32_t>().data();
  for (std::int64_t i = 0; i < warp.height; ++i) {
    for (std::int64_t j = 0; j < warp.width; ++j, pixel += channels, ++label) {
      if (const Point point = source(warp, i, j); covered(point, shape)) {
        interpolate(image, shape, point, pixel);
        *label =
            labels[static_cast<std::int64_t>(point.row) * shape[1] + static_cast<std::int64_t>(point.column)];
      } else {
        std::fill_n(pixel, channels, 0.0F);
        *label = static_cast<std::int32_t>(unknown_label);
      }
    }
  }
  return result;
}

Sample augmented(const Sample& sample, const Augmentation& augmentation, Key key) {
  check_sample("augmented", sample);
  const Augmentation& a = augmentation;
  const Shape from = sample.image.shape();
  const Warp geometry = draw_warp(a, from, key);
  Sample result = sample;
  if (a.brightness != 0 || a.contrast != 0) {
    result.image = recolored(result.image, drawn(key, Draw::contrast, 1 - a.contrast, 1 + a.contrast),
                             drawn(key, Draw::brightness, -a.brightness, a.brightness));
  }
  result = warp(result, geometry);
  if (a.noise != 0) result.image = noisy(result.image, geometry, from, a.noise, key_of(key, Draw::noise));
  return result;
}

}  // namespace trous
